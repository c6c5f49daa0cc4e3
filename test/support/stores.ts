import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type OpenOptions, openQueue, type Queue, Worker, type WorkerOptions } from 'millhand'
import { virtualClock } from 'millhand/testing'
import { afterAll, test as base, describe } from 'vitest'
import { emptySchema } from './postgres.ts'

const KINDS = ['memory', 'sqlite', 'postgres'] as const

type Kind = (typeof KINDS)[number]

/** `test`, with what a case asks for by name: made for this case alone, and closed when it has ended. */
export type QueueTest = ReturnType<typeof testOn>

/** Runs the cases once for each store, through the public API alone. */
export function describeStores(name: string, cases: (test: QueueTest) => void): void {
  for (const kind of KINDS) describe(`${name} (${kind})`, () => cases(testOn(kind)))
}

/** Runs the cases on SQLite alone: what they are about is a file, or a transaction of the caller's own. */
export function describeSqlite(name: string, cases: (test: QueueTest) => void): void {
  describe(`${name} (sqlite)`, () => cases(testOn('sqlite')))
}

/** Runs the cases on PostgreSQL alone: they are about its clients and its pools. */
export function describePostgres(name: string, cases: (test: QueueTest) => void): void {
  describe(`${name} (postgres)`, () => cases(testOn('postgres')))
}

function testOn(kind: Kind) {
  const folder = temporaryFolder()
  return base
    .extend('clock', () => virtualClock())
    .extend('url', async ({ clock: _ }, { onCleanup }) => {
      if (kind === 'memory') return 'memory:'
      if (kind === 'sqlite') return `sqlite:${join(mkdtempSync(join(folder(), 'q-')), 'jobs.db')}`
      const { url, release } = await emptySchema()
      onCleanup(release)
      return url
    })
    .extend('open', ({ clock, url }, { onCleanup }) => {
      const queues: Queue[] = []
      onCleanup(async () => void (await Promise.all(queues.map((queue) => queue.close()))))
      return async (options: OpenOptions = {}): Promise<Queue> => {
        const queue = await openQueue(url, { clock, logger: false, ...options })
        queues.push(queue)
        return queue
      }
    })
    .extend('queue', ({ open }) => open())
    .extend('start', ({ queue, clock }, { onCleanup }) => {
      const workers: Worker[] = []
      onCleanup(async () => {
        const stopped = workers.map((worker) => worker.stop({ timeout: 0 }))
        // Past the grace of handlers that a case left hanging.
        await clock.advance('1m')
        await Promise.all(stopped)
      })
      return async (options: WorkerOptions, on: Queue = queue): Promise<Worker> => {
        const worker = new Worker(on, options)
        workers.push(worker)
        await worker.start()
        await clock.settle()
        return worker
      }
    })
}

/** A folder for the files of this test file, made when it is first asked for. */
function temporaryFolder(): () => string {
  let folder: string | undefined
  afterAll(() => folder && rmSync(folder, { recursive: true, force: true }))
  return () => {
    folder ??= mkdtempSync(join(tmpdir(), 'millhand-'))
    return folder
  }
}
