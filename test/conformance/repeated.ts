import { expect } from 'vitest'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import { STATEMENT_ROWS_MAX } from '../../src/job/limits.ts'
import { CALLS_KEPT_MS } from '../../src/store/catalog.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  newJob,
  newJobs,
  RELEASE,
  settlement,
} from '../support/jobs.ts'
import { atMost } from './limits.ts'
import type { StoreTest } from './store-test.ts'

const NOTHING_KEPT = { complete: 0, failed: 0, cancelled: 0 }

/** A call whose answer was lost is made again, and answers as if it had been made once. */
export function repeatedPromises(test: StoreTest): void {
  test('an enqueue that is made again stores its job once', async ({ store }) => {
    const jobs = [newJob('a', { key: 'k' }), newJob('b'), newJob('c', { key: 'k' })]
    const answer = [
      { id: 'a', existed: false },
      { id: 'b', existed: false },
      { id: 'a', existed: true },
    ]
    expect(await enqueue(store, ...jobs)).toEqual(answer)
    expect(await enqueue(store, ...jobs)).toEqual(answer)
    expect(await store.catalog.count({})).toBe(2)
  })

  test('an enqueue that is made again takes no key for a job that has ended', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { key: 'k' }))
    await worker.run(COMPLETE)

    expect(await enqueue(store, newJob('a', { key: 'k' }))).toEqual([{ id: 'a', existed: false }])
    expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'b', existed: false }])
    expect(await find(store, 'a')).toMatchObject({ state: 'complete' })
  })

  test('a settlement that is made again was settled', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('done'), newJob('fails', { retries: 0 }), newJob('again'), newJob('back'))
    const jobs = await worker.claim()
    const outcomes = [COMPLETE, failure('broken'), failure('broken'), RELEASE]
    const written = jobs.map((job, index) =>
      settlement(job, worker.id, { outcome: outcomes[index] ?? COMPLETE, nowMs: clock.now() }),
    )
    expect(await store.jobs.settle(written)).toEqual(Array(4).fill('settled'))
    expect(await store.jobs.settle(written, true)).toEqual(Array(4).fill('settled'))
    // Somebody else's settlement of the same attempt was not written, however often it is made.
    const others = written.map((each) => ({ ...each, epoch: each.epoch - 1 }))
    expect(await store.jobs.settle(others, true)).toEqual(Array(4).fill('refused'))
    expect(await find(store, 'again')).toMatchObject({ state: 'pending', attempt: 1 })
  })

  test('a settlement that was never written was not settled by what came in its place', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('retried'), newJob('rescued'))
    const late = (await worker.claim()).map((job) =>
      settlement(job, worker.id, { outcome: failure('broken'), nowMs: clock.now() }),
    )
    await store.catalog.cancel(['retried'], 'stop')
    await store.catalog.retry(['retried'])
    await clock.advance(60_000)
    await store.upkeep.rescue(CRASH_LIMIT)

    expect(await store.jobs.settle(late, true)).toEqual(Array(2).fill('refused'))
    expect(await find(store, 'rescued')).toMatchObject({ state: 'pending', errors: null })
  })

  test('a cancel that is made again says what it did', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'), newJob('c'))
    await worker.run(COMPLETE)
    await worker.claimOne()

    const answer = await store.catalog.cancel(['a', 'b', 'c'], 'stop', 'call-1')
    expect(answer.toSorted()).toEqual(['b', 'c'])
    expect((await store.catalog.cancel(['a', 'b', 'c'], 'stop', 'call-1')).toSorted()).toEqual(['b', 'c'])
    expect(await store.catalog.cancel(['a', 'b', 'c'], 'stop', 'call-2')).toEqual([])
  })

  test('a retry that is made again says what it did, and does it once', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { retries: 0 }))
    await worker.run(failure('broken'))

    expect(await store.catalog.retry(['a'], 'call-1')).toEqual(['a'])
    const job = await worker.run(failure('broken'))
    expect(job).toMatchObject({ attempt: 1 })
    expect(await store.catalog.retry(['a'], 'call-1')).toEqual(['a'])
    expect(await find(store, 'a')).toMatchObject({ state: 'failed' })
    expect(await store.catalog.retry(['a'], 'call-2')).toEqual(['a'])
  })

  test('a purge that is made again says what it did, up to where it did it', async ({ store }) => {
    await enqueue(store, ...newJobs(3))
    const piece = { reason: 'old', limit: 2 }
    const first = await store.queues.purge('default', { ...piece, call: 'call-1' })
    expect(first.ids).toHaveLength(2)
    await enqueue(store, newJob('later'))
    const again = await store.queues.purge('default', { ...piece, call: 'call-1' })
    expect({ ...again, ids: again.ids.toSorted() }).toEqual({ ...first, ids: first.ids.toSorted() })
    const { until } = first
    const rest = await store.queues.purge('default', { ...piece, until, call: 'call-2' })
    expect(rest.ids).toHaveLength(1)
    expect(await store.catalog.count({ states: ['pending'] })).toBe(1)
  })

  test('a limit that is set again by the same call stays as others have set it since', async ({ store }) => {
    const change = { concurrency: 3 }
    const again = () => store.limits.override('api', change, 'call-1')
    expect(await again()).toBeNull()
    await store.limits.declare([atMost(9)])
    const set = () => store.limits.override('api', change, 'call-2')
    expect(await set()).toMatchObject({ override: change })
    await store.limits.override('api', { concurrency: 5, rateCount: 7, ratePerMs: 1_000 })
    expect(await set()).toMatchObject({ name: 'api', override: change })
    expect(await again()).toBeNull()
    const override = { concurrency: 5, rateCount: 7, ratePerMs: 1_000 }
    expect(await store.limits.list()).toMatchObject([{ override }])
  })

  test('what calls answered is not kept for ever', async ({ store, clock }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    expect(await store.catalog.cancel(['a'], 'stop', 'call-1')).toEqual(['a'])
    await clock.advance(CALLS_KEPT_MS)
    await store.upkeep.prune({ ...NOTHING_KEPT, cancelled: 10 * CALLS_KEPT_MS }, STATEMENT_ROWS_MAX)
    expect(await store.catalog.cancel(['b'], 'stop', 'call-1')).toEqual(['b'])
    expect(idsOf(await store.catalog.list({ states: ['cancelled'] }, { limit: 10 }))).toEqual(['b', 'a'])
  })
}
