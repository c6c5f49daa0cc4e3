import { expect } from 'vitest'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, failure, keyed, newJob, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const FOREVER = Number.POSITIVE_INFINITY
const HOUR_MS = 3_600_000
const LABEL = { name: 'test.work', key: 'k' }

const isNew = (id: string) => ({ id, existed: false })
const isThere = (id: string) => ({ id, existed: true })

const prune = (store: Store) => store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 100)

/** How long a key is held. */
export function keyPromises(test: StoreTest): void {
  test('a key that is kept for ever is never stored twice, also when its job is gone', async ({
    store,
    worker,
    clock,
  }) => {
    expect(await enqueue(store, keyed('a', { keptMs: FOREVER }))).toEqual([isNew('a')])
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('b'), keyed('c', { keptMs: FOREVER }))).toEqual([
      isThere('a'),
      isThere('a'),
    ])

    await clock.advance(1)
    expect(await prune(store)).toBe(1)
    await clock.advance(1_000 * HOUR_MS)
    await prune(store)

    expect(await enqueue(store, keyed('d'), newJob('e', { key: 'other' }))).toEqual([
      isThere('a'),
      isNew('e'),
    ])
    expect(await store.catalog.count({ key: 'k' })).toBe(0)
  })

  test('a key that is kept for a time is free when that is over', async ({ store, worker, clock }) => {
    await enqueue(store, keyed('a', { keptMs: HOUR_MS }))
    await worker.run(COMPLETE)
    await clock.advance(HOUR_MS - 1)
    await prune(store)
    expect(await enqueue(store, keyed('b'))).toEqual([isThere('a')])

    await clock.advance(1)
    expect(await enqueue(store, keyed('c', { keptMs: HOUR_MS }))).toEqual([isNew('c')])
    expect(await enqueue(store, keyed('d'))).toEqual([isThere('c')])
  })

  test('a key that is kept for a time is held by its job for as long as that is unfinished', async ({
    store,
    clock,
  }) => {
    await enqueue(store, keyed('a', { keptMs: 1_000 }))
    await clock.advance(2_000)
    await prune(store)
    expect(await enqueue(store, keyed('b'))).toEqual([isThere('a')])

    const worker = await startWorker(store, 'late')
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('c'))).toEqual([isNew('c')])
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('d'))).toEqual([isNew('d')])
  })

  test('however a job ends, a key that is kept stays its own', async ({ store, worker, clock }) => {
    const kept = (id: string, given: Partial<NewJob>) => keyed(id, { keptMs: FOREVER }, { key: id, ...given })
    await enqueue(store, kept('fails', { retries: 0 }), kept('expires', { expiresInMs: 1, delayMs: 5 }))
    await worker.run(failure('broken'))
    await enqueue(store, kept('cancelled', {}), kept('running', { delayMs: 0 }))
    await store.catalog.cancel(['cancelled'], 'no')
    await worker.claimOne()
    await store.catalog.cancel(['running'], 'no')
    await clock.advance(10)
    await store.upkeep.expire(10)

    const ids = ['fails', 'expires', 'cancelled', 'running']
    const again = ids.map((id) => kept(`${id} again`, { key: id }))
    expect(await enqueue(store, ...again)).toEqual(ids.map(isThere))
  })

  test('a key that was freed is nobody’s; an unfinished job holds it all the same', async ({
    store,
    worker,
  }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }))
    expect(await store.catalog.freeKey(LABEL)).toEqual(['a'])
    expect(await store.catalog.freeKey(LABEL)).toEqual([])
    expect(await enqueue(store, keyed('b'))).toEqual([isThere('a')])
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('c', { keptMs: FOREVER }))).toEqual([isNew('c')])
    await worker.run(COMPLETE)

    expect(await store.catalog.freeKey(LABEL, 'call-1')).toEqual(['c'])
    expect(await store.catalog.freeKey(LABEL, 'call-1')).toEqual(['c'])
    expect(await store.catalog.freeKey({ name: 'test.other', key: 'k' })).toEqual([])
    expect(await enqueue(store, keyed('d'))).toEqual([isNew('d')])
  })

  test('a job that keeps its key may be retried; one whose key another job has may not', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }, { retries: 0 }))
    await worker.run(failure('broken'))
    expect(await store.catalog.retry(['a'])).toEqual(['a'])
    await worker.run(failure('broken'))

    await store.catalog.freeKey(LABEL)
    await enqueue(store, keyed('b', { keptMs: 1_000 }))
    expect(await store.catalog.retry(['a'])).toEqual([])
    await worker.run(COMPLETE)
    expect(await store.catalog.retry(['a'])).toEqual([])
    await clock.advance(1_000)
    expect(await store.catalog.retry(['a'])).toEqual(['a'])
    expect(await enqueue(store, keyed('c'))).toEqual([isThere('a')])
  })

  test('the jobs of a call arrive in its order, one with a key of a job that has ended among them', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, keyed('a', { keptMs: 500 }, { expiresInMs: 500 }))
    await clock.advance(500)
    expect(await store.upkeep.expire(10)).toEqual(['a'])
    await enqueue(store, newJob('b', LABEL), newJob('c'), newJob('d', { key: 'other' }))

    const [d, c, b] = await store.catalog.list({}, { limit: 3 })
    expect([b, c, d].map((job) => job?.id)).toEqual(['b', 'c', 'd'])
    expect((await worker.claim()).map(({ id }) => id)).toEqual(['b', 'c', 'd'])
    expect(await enqueue(store, keyed('e'))).toEqual([isThere('b')])
  })
}
