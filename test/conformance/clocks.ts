import { expect } from 'vitest'
import { defineJob, Worker } from '../../src/index.ts'
import type { Clock } from '../../src/kit/clock.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { queueOn } from '../support/queue.ts'
import type { StoreTest } from './store-test.ts'

const HOUR_MS = 3_600_000

/** Only the store's clock counts: a process whose own is wrong behaves like the others. */
export function clockPromises(test: StoreTest): void {
  for (const [what, offMs] of [
    ['fast', HOUR_MS],
    ['slow', -HOUR_MS],
  ] as const) {
    test(`where the clock is an hour ${what}, delays, retries and expiry take as long as elsewhere`, async ({
      store,
      clock,
    }) => {
      const queue = queueOn(store, off(clock, offMs))
      const starts: number[] = []
      const fails = defineJob({
        name: 'test.fails',
        retries: 1,
        backoff: { kind: 'fixed', base: '5s', jitter: 0 },
        run() {
          starts.push(clock.now())
          throw new Error('no')
        },
      })
      const nowMs = clock.now()
      const job = await queue.enqueue(fails, null, { delay: '2s' })
      const absolute = await queue.enqueue(fails, null, { runAt: new Date(nowMs + 15_000), retries: 0 })
      const expiring = await queue.enqueue(fails, null, { queue: 'other', expiresIn: '30s' })
      const worker = new Worker(queue, { jobs: [fails], queues: ['default'], pollInterval: '5s' })
      await worker.start()

      await clock.advance('10s')
      expect(starts.map((at) => at - nowMs)).toEqual([2_000, 7_000])
      expect(await job.get()).toMatchObject({ state: 'failed', createdAt: new Date(nowMs) })
      expect(await expiring.get()).toMatchObject({ state: 'pending' })
      expect(await absolute.get()).toMatchObject({ state: 'pending' })
      await clock.advance('31s')
      expect(starts.map((at) => at - nowMs)).toEqual([2_000, 7_000, 15_000])
      expect(await expiring.get()).toMatchObject({ state: 'failed', failure: { kind: 'expired' } })
      expect(await queue.workers()).toHaveLength(1)
      const stopped = worker.stop({ timeout: 0 })
      await clock.advance('1s')
      await stopped
    })

    test(`where the clock is an hour ${what}, a list by age is the same`, async ({ store, clock }) => {
      const queue = queueOn(store, off(clock, offMs))
      const work = defineJob({ name: 'test.work', run: () => {} })
      const old = await queue.enqueue(work)
      await clock.advance('20m')
      const young = await queue.enqueue(work)

      expect(await queue.list({ olderThan: '10m' })).toMatchObject([{ id: old.id }])
      expect(await queue.list({ newerThan: '10m' })).toMatchObject([{ id: young.id }])
      expect(await queue.count({ olderThan: '30m' })).toBe(0)
    })

    test(`a worker whose clock is an hour ${what} keeps its lease and takes nobody else's`, async ({
      store,
      clock,
    }) => {
      const { promise, resolve } = Promise.withResolvers<void>()
      const work = defineJob({ name: 'test.work', run: () => promise })
      const right = queueOn(store, clock)
      // First, so that the two queues, whose ids come from the same seed, are at different places.
      const jobs = await right.enqueueMany(work, [1, 2])
      const workers = [queueOn(store, off(clock, offMs)), right].map(
        (queue) => new Worker(queue, { jobs: [work], concurrency: 1 }),
      )
      for (const worker of workers) await worker.start()
      await clock.advance('35s')
      const running = await Promise.all(jobs.map((job) => job.get()))
      expect(running).toMatchObject([1, 2].map(() => ({ state: 'running', epoch: 1, crashes: 0 })))
      expect((await right.workers()).map((worker) => worker.running)).toEqual([1, 1])

      resolve()
      await clock.settle()
      const stopped = workers.map((worker) => worker.stop())
      await clock.advance('1s')
      await Promise.all(stopped)
      expect(await right.count({ state: 'complete' })).toBe(2)
    })
  }
}

/** A machine's clock that is wrong: time goes on as elsewhere, from another hour. */
function off(clock: VirtualClock, offMs: number): Clock {
  return {
    now: () => clock.now() + offMs,
    elapsed: () => clock.elapsed(),
    timer: (delayMs, callback) => clock.timer(delayMs, callback),
    during: (work) => clock.during(work),
  }
}
