import { expect } from 'vitest'
import type { Limit } from '../../src/job/limit.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, find, idsOf, newJob, newJobs, startWorker } from '../support/jobs.ts'
import { atMost, gate, limited } from './limits.ts'
import type { StoreTest } from './store-test.ts'

const perMinute = (rateCount: number): Limit => ({
  ...{ name: 'api', concurrency: null, rateCount, ratePerMs: 60_000 },
})

/** A worker whose lease outlives what a test waits for. */
const lasting = (store: Store) => startWorker(store, 'lasting', { leaseMs: 3_600_000 })

/** Limits of how many jobs start in a time, and what a handler says of a limit. */
export function ratePromises(test: StoreTest): void {
  test('never more jobs start in any window than the rate lets', async ({ store, clock }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(3)])
    await enqueue(store, ...newJobs(20, { limits: '[["api",1]]' }))
    const starts: number[] = []
    for (let step = 0; step < 70; step += 1) {
      const jobs = await worker.claim()
      starts.push(...jobs.map(() => clock.now()))
      await worker.settleAll(jobs, COMPLETE)
      await clock.advance(7_000)
    }

    expect(starts).toHaveLength(20)
    for (const start of starts)
      expect(starts.filter((at) => at > start - 60_000 && at <= start).length).toBeLessThanOrEqual(3)
  })

  test('what a rate has spent is forgotten when only expired jobs wait for it', async ({ store, clock }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(1)])
    await enqueue(store, limited('a', ['api']), limited('late', ['api'], { expiresInMs: 90_000 }))
    await worker.settleAll(await worker.claim(), COMPLETE)
    const spent = async () => {
      await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 100)
      return (await store.limits.gates({ names: ['api'] }, 1))[0]?.grants
    }
    await clock.advance(89_999)
    expect(await spent()).toHaveLength(1)
    await clock.advance(1)
    expect(await spent()).toEqual([])
  })

  test('a rate counts from when its jobs were claimed, however long after the look at its key', async ({
    store,
    clock,
  }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(1)])
    await enqueue(store, ...newJobs(2, { limits: '[["api",1]]' }))
    const [first] = await worker.claim({
      accepts() {
        clock.jump(20_000)
        return true
      },
    })
    const openMs = (first?.claimedAt ?? 0) + 60_000

    await clock.advance(openMs - clock.now() - 1)
    expect(await worker.claim()).toEqual([])
    await clock.advance(1)
    expect(await worker.claim()).toMatchObject([{ id: 'job-1', claimedAt: openMs }])
  })

  test('what a rate counts is told with its gate', async ({ store, clock }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(3)])
    await enqueue(store, ...newJobs(4, { limits: '[["api",1]]' }))
    const startMs = clock.now()
    await worker.claim({ limit: 1 })
    await clock.advance(1_000)
    await worker.claim()
    expect(await store.limits.gates({ names: ['api'] }, 1)).toMatchObject([
      {
        grants: [
          [startMs, 1],
          [startMs + 1_000, 2],
        ],
        waiting: 1,
      },
    ])
  })

  test('a store tells when a rate lets the next one start, and then it does', async ({ store, clock }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(2)])
    await enqueue(store, ...newJobs(3, { limits: '[["api",1]]' }))
    const startMs = clock.now()
    expect(await worker.claim()).toHaveLength(2)
    expect(await worker.claim()).toHaveLength(0)
    expect(await store.jobs.nextDueAt()).toBe(startMs + 60_000)

    await clock.advance(59_999)
    expect(await worker.claim()).toHaveLength(0)
    await clock.advance(1)
    expect(idsOf(await worker.claim())).toEqual(['job-2'])
    expect(await store.jobs.nextDueAt()).toBeNull()
  })

  test('a job takes its cost of the rate', async ({ store, worker }) => {
    await store.limits.declare([perMinute(10)])
    await enqueue(store, ...newJobs(4, { limits: '[["api",4]]' }))
    expect(await worker.claim()).toHaveLength(2)
  })

  test('a key that a handler has closed lets nobody pass until then, and burns no attempt', async ({
    store,
    clock,
  }) => {
    const worker = await lasting(store)
    await store.limits.declare([atMost(5)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']), newJob('c', { priority: -1 }))
    const job = await worker.claimOne()
    const delayMs = 30_000
    await worker.settle(job, { kind: 'snooze', delayMs, limited: { limit: 'api' } })

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', attempt: 0 })
    expect(idsOf(await worker.claim())).toEqual(['c'])
    expect(await gate(store, 'api')).toMatchObject({ waiting: 2, closedUntil: clock.now() + delayMs })
    expect(await store.jobs.nextDueAt()).toBe(clock.now() + delayMs)
    await clock.advance(delayMs)
    expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
    expect(await gate(store, 'api')).toMatchObject({ waiting: 0, closedUntil: null })
  })

  test('a rate, and a key that is closed, outlast whatever is pruned', async ({ store, clock }) => {
    const worker = await lasting(store)
    await store.limits.declare([perMinute(1), atMost(5, 'mail')])
    await enqueue(store, limited('a', ['api']), limited('closes', ['mail']))
    for (const job of await worker.claim())
      if (job.id === 'a') await worker.settle(job, COMPLETE)
      else await worker.settle(job, { kind: 'snooze', delayMs: 60_000, limited: { limit: 'mail' } })
    await store.catalog.cancel(['closes'], 'not needed')
    await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 10)
    await enqueue(store, limited('b', ['api']), limited('c', ['mail']))

    await clock.advance(59_999)
    await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 10)
    expect(await worker.claim()).toEqual([])
    await clock.advance(1)
    await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 10)
    expect(idsOf(await worker.claim())).toEqual(['b', 'c'])
  })

  test('a job that has no such limit is snoozed', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await worker.settle(job, { kind: 'snooze', delayMs: 500, limited: { limit: undefined } })

    expect(await worker.claim()).toEqual([])
    await clock.advance(500)
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })
}
