import fs, { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import type { DatabaseSync } from 'node:sqlite'
import { type JobContext, openQueue, Worker } from 'millhand'
import type { ClientBase } from 'pg'
import { deferred } from '../../src/kit/deferred.ts'
import { effectsTable, type Script, scripted, type WorkerProcessOptions, type WorkerTold } from './script.ts'

/** A worker in a process of its own: runs scripted jobs, tells its test what happens, stops gracefully on SIGTERM. */

const options = JSON.parse(process.argv[2] ?? '') as WorkerProcessOptions
if (options.deaf) beDeaf()
if (options.clockOffMs !== 0) setClock(options.clockOffMs)
const go = deferred<void>()
process.on('message', () => go.resolve())

const queue = await openQueue(options.url, {
  ...(options.busyTimeout && { busyTimeout: options.busyTimeout }),
})
for (const name of options.tells) queue.on(name, (event) => tell({ kind: name, event } as WorkerTold))
const worker = new Worker(queue, { ...options.worker, jobs: [scripted.handle(run)] })
await worker.start()
process.on('SIGTERM', stop)
tell({ kind: 'ready', worker: worker.id })

async function stop(): Promise<void> {
  tell({ kind: 'stopping' })
  await worker.stop()
  await queue.close()
  // What was told before is on its way, too, when this is: a disconnect drops the rest.
  await tellNow({ kind: 'stopped' })
  process.disconnect()
}

async function run(script: Script, ctx: JobContext): Promise<{ pid: number; epoch: number }> {
  const { id, epoch } = ctx.job
  const done = { pid: process.pid, epoch }
  if (script.act === 'transaction') return ctx.transaction(leaveRow)
  if (script.act === 'effect') appendFileSync(options.effects, `${id}\n`)
  if (script.act === 'return' || script.act === 'effect' || (script.once && epoch > 1)) return done
  const running = { kind: 'running', id, attempt: ctx.attempt, worker: ctx.job.worker } as const
  if (script.act === 'hang')
    return ctx.transaction((tx: DatabaseSync | ClientBase) => leaveRow(tx).then(hang))
  await tellNow(running)
  await act(script, ctx)
  return done

  async function hang(): Promise<never> {
    await tellNow(running)
    return new Promise(() => {})
  }

  async function leaveRow(tx: DatabaseSync | ClientBase): Promise<typeof done> {
    if ('prepare' in tx) tx.prepare('insert into effects (job) values (?)').run(id)
    else await tx.query(`insert into ${effectsTable(options.url)} (job) values ($1)`, [id])
    return done
  }
}

async function act(script: Script, ctx: JobContext): Promise<void> {
  switch (script.act) {
    case 'fail':
      throw new Error('told to')
    case 'exit':
      return process.exit(1)
    case 'kill':
      process.kill(process.pid, 'SIGKILL')
      return block(60_000)
    case 'block':
      return block(script.forMs)
    case 'progress':
      ctx.progress({ fraction: 0.5, message: 'half way' })
      return aborted(ctx)
    case 'wait':
      return aborted(ctx)
    case 'ignore':
      ctx.signal.addEventListener('abort', () => tellAbort(ctx))
      return go.promise
  }
}

/** Until the test says go; throws when the signal aborts before that. */
function aborted(ctx: JobContext): Promise<void> {
  return new Promise((resolve, reject) => {
    void go.promise.then(resolve)
    ctx.signal.addEventListener('abort', () => {
      tellAbort(ctx)
      reject(ctx.signal.reason)
    })
  })
}

function tellAbort(ctx: JobContext): void {
  tell({ kind: 'aborted', id: ctx.job.id, because: (ctx.signal.reason as { code: string }).code })
}

function block(forMs: number): void {
  const untilMs = performance.now() + forMs
  while (performance.now() < untilMs);
}

/** No file can be watched, as with a full inotify table. */
function beDeaf(): void {
  fs.watch = () => {
    throw new Error('no space left for another watch')
  }
  syncBuiltinESMExports()
}

/** As on a machine whose clock somebody has set wrong. */
function setClock(offMs: number): void {
  const { now } = Date
  Date.now = () => now() + offMs
}

function tell(told: WorkerTold): void {
  // Nobody listens any more when the test is over.
  if (process.connected) process.send?.(told)
}

/** Resolves when it is on its way: what the handler does next may end the process. */
function tellNow(told: WorkerTold): Promise<void> {
  return new Promise((resolve) => {
    process.send?.(told, undefined, undefined, () => resolve())
  })
}
