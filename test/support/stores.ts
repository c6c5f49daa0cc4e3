import { type OpenOptions, openQueue, type Queue, Worker, type WorkerOptions } from 'millhand'
import { type VirtualClock, virtualClock } from 'millhand/testing'
import { test as base, describe } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { emptySchema } from './postgres.ts'
import { emptyFile } from './sqlite.ts'

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

/** Runs the cases on PostgreSQL alone: they are about its clients and its pools, and have none of another test. */
export function describePostgres(name: string, cases: (test: QueueTest) => void): void {
  describe(`${name} (postgres)`, () => cases(testOn('postgres', { keepsConnections: false })))
}

/**
 * What a server refuses in passing, since the machine is busy, is asked again after a wait: on a clock that stands still, that would
 * never be over. It grows with each try, up to half a second: see `Patience`.
 */
function passTime(queue: Queue, clock: VirtualClock): void {
  queue.on(
    'store_retry',
    ({ tries }) => void clock.settle().then(() => clock.advance(Math.min(2 * 2 ** tries, 500))),
  )
}

function testOn(kind: Kind, { keepsConnections = true } = {}) {
  return base
    .extend('clock', () => virtualClock())
    .extend('url', async ({ clock: _ }, { onCleanup }) => {
      if (kind === 'memory') return 'memory:'
      const { url, release } = kind === 'sqlite' ? emptyFile() : await emptySchema({ keepsConnections })
      onCleanup(release)
      return url
    })
    .extend('open', ({ clock, url }, { onCleanup }) => {
      const queues: Queue[] = []
      onCleanup(async () => void (await Promise.all(queues.map((queue) => queue.close()))))
      return async (options: OpenOptions = {}): Promise<Queue> => {
        const random = seededRandom(queues.length + 1)
        const queue = await openQueue(url, { clock, random, logger: false, ...options })
        queues.push(queue)
        if (kind === 'postgres') passTime(queue, clock)
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
