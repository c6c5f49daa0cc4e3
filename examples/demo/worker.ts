import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { openQueue, Worker } from 'millhand'
import { indexing } from './index-file.ts'
import { indexFile } from './jobs.ts'
import type { News, Order, Start, WorkSettings } from './messages.ts'

/** A worker process of the demo: works as soon as it is told to, until it is told to stop or nobody is there to tell. */

const { url, number, concurrency } = await firstOrder()
const queue = await openQueue(url)
queue.on('rescue', ({ rescued }) => tell({ kind: 'rescued', jobs: rescued.length }))
queue.on('loop_error', ({ loop, error }) => tell({ kind: 'trouble', message: `${loop}: ${error.message}` }))

let worker: Worker | undefined
let paceMs = 0
let held = false
let stopping = false

process.on('message', (order: Order) => {
  if (order.kind === 'work') void work(order.settings)
  else if (order.kind === 'hold') held = true
  else if (order.kind === 'stop') void stop()
})
process.on('disconnect', () => void stop())
// Ctrl-C reaches every process of a terminal: the demo decides what comes of it.
process.on('SIGINT', () => {})
tell({ kind: 'ready' })

async function firstOrder(): Promise<Start> {
  const [order] = (await once(process, 'message')) as [Order]
  if (order.kind !== 'start') throw new Error(`told to ${order.kind} before it was started`)
  // Nobody listens until the queue is open, and what is said meanwhile waits.
  process.channel?.ref()
  return order.start
}

async function work({ paceMs: given, lease }: WorkSettings): Promise<void> {
  if (stopping) return
  paceMs = given
  worker = new Worker(queue, {
    jobs: [indexFile.handle(run)],
    name: `demo-${number}`,
    concurrency,
    ...(lease && { lease: lease.leaseMs, beat: lease.beatMs }),
  })
  await worker.start()
  tell({ kind: 'claiming' })
}

const run: ReturnType<typeof indexing> = async (input, ctx) => {
  const job = ctx.job.id
  tell({ kind: 'begin', job, path: input.path })
  try {
    return await indexing((signal) => pause(input.path, signal))(input, ctx)
  } finally {
    tell({ kind: 'end', job })
  }
}

async function pause(path: string, signal: AbortSignal): Promise<void> {
  if (paceMs > 0) await sleep(paceMs, undefined, { signal })
  if (!held) return
  tell({ kind: 'holding', path })
  await sleep(UNTIL_KILLED_MS, undefined, { signal })
}

/** Past the time-out of the job: a worker that is held and not killed loses the job, not the demo. */
const UNTIL_KILLED_MS = 3_600_000

async function stop(): Promise<void> {
  if (stopping) return
  stopping = true
  await worker?.stop({ timeout: '1s' })
  await queue.close()
  if (process.connected) process.disconnect()
}

function tell(news: News): void {
  // Nobody listens any more when the demo itself was killed, and then that is no error.
  if (process.connected) process.send?.(news, undefined, undefined, () => {})
}
