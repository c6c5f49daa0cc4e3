import { expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { isTransient } from '../../src/store/errors.ts'
import { enqueue, find, idsOf, newJob, newJobs } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const FULL = { code: 'queue_full', facts: { queue: 'mail', limit: 2, option: 'maxSize' } }

/** What is set for a queue, and how many jobs wait in it at most. */
export function sizePromises(test: StoreTest): void {
  test('what is set for a queue is there until it is set anew, whatever is paused meanwhile', async ({
    store,
  }) => {
    expect(await store.queues.configured()).toEqual([])
    await store.queues.pause('mail')
    await store.queues.configure('mail', { maxSize: 2 })
    await store.queues.configure("o'queue", { maxSize: 9, overflow: 'dropOldest' })
    await store.queues.resume('mail')
    const other = { queue: "o'queue", settings: { maxSize: 9, overflow: 'dropOldest' } }
    expect(await store.queues.configured()).toEqual([{ queue: 'mail', settings: { maxSize: 2 } }, other])

    await store.queues.pause('mail')
    await store.queues.configure('mail', {})
    expect(await store.queues.configured()).toEqual([other])
    expect(await store.queues.paused()).toMatchObject([{ queue: 'mail' }])
  })

  test('it holds for whoever opens the store', async ({ store, reopen }) => {
    const other = await reopen()
    await other.queues.configure('mail', { maxSize: 2 })
    await enqueue(store, ...newJobs(2, { queue: 'mail' }))

    await expect(enqueue(store, newJob('more', { queue: 'mail' }))).rejects.toMatchObject(FULL)
    await enqueue(store, newJob('elsewhere'))
    await other.queues.configure('mail', {})
    await enqueue(store, newJob('more', { queue: 'mail' }))
  })

  test('a queue that is full refuses what is too much, and nothing of the call is stored', async ({
    store,
    worker,
  }) => {
    await store.queues.configure('mail', { maxSize: 2 })
    await enqueue(store, newJob('now', { queue: 'mail' }), newJob('later', { queue: 'mail', delayMs: 500 }))
    const more = enqueue(store, newJob('other'), newJob('more', { queue: 'mail' }))
    await expect(more).rejects.toMatchObject(FULL)
    expect(await store.catalog.count({})).toBe(2)

    expect(idsOf(await worker.claim())).toEqual(['now'])
    await enqueue(store, newJob('more', { queue: 'mail' }))
  })

  test('a size of its own holds in place of that of all, be it larger or smaller', async ({ store }) => {
    await store.queues.configure('mail', { maxSize: 4 })
    await store.jobs.insert(newJobs(4, { queue: 'mail' }), 3)
    await expect(store.jobs.insert([newJob('more', { queue: 'mail' })], 3)).rejects.toMatchObject({
      facts: { limit: 4 },
    })
    const other = ['a', 'b', 'c', 'd'].map((id) => newJob(id, { queue: 'other' }))
    await expect(store.jobs.insert(other, 3)).rejects.toMatchObject({ facts: { queue: 'other', limit: 3 } })
  })

  test('one that drops its oldest keeps the newest: the others are cancelled, and say why', async ({
    store,
  }) => {
    await store.queues.configure('mail', { maxSize: 2, overflow: 'dropOldest' })
    await enqueue(store, newJob('other'), newJob('a', { queue: 'mail', priority: 9 }))
    await enqueue(store, newJob('b', { queue: 'mail', delayMs: 9_000 }), newJob('c', { queue: 'mail' }))
    expect(await find(store, 'a')).toMatchObject({
      state: 'cancelled',
      reason: "dropped as one of the oldest: newer jobs came, and queue 'mail' keeps 2 (maxSize)",
    })

    const many = [
      newJob('d', { queue: 'mail' }),
      newJob('e', { queue: 'mail' }),
      newJob('f', { queue: 'mail' }),
    ]
    expect(await enqueue(store, ...many)).toMatchObject([{ id: 'd' }, { id: 'e' }, { id: 'f' }])
    const pending = await store.catalog.list({ states: ['pending'], queues: ['mail'] }, { limit: 9 })
    expect(idsOf(pending)).toEqual(['f', 'e'])
    expect(await find(store, 'other')).toMatchObject({ state: 'pending' })
  })

  test('it drops none that a worker has, running or held', async ({ store, worker }) => {
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await enqueue(store, newJob('a', { queue: 'mail' }))
    await worker.claim({ limit: 1 })
    await enqueue(store, newJob('b', { queue: 'mail' }))
    await worker.claim({ limit: 1, begins: 0 })
    await enqueue(store, newJob('c', { queue: 'mail' }))
    await enqueue(store, newJob('d', { queue: 'mail' }))

    const cancelled = await store.catalog.list({ states: ['cancelled'] }, { limit: 9 })
    expect(idsOf(cancelled)).toEqual(['c'])
  })

  test('a key that a dropped job held is free, and a job whose key is held pushes nobody out', async ({
    store,
  }) => {
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await enqueue(store, newJob('a', { queue: 'mail', key: 'k' }))
    expect(await enqueue(store, newJob('b', { queue: 'mail', key: 'k' }))).toEqual([
      { id: 'a', existed: true },
    ])
    await enqueue(store, newJob('c', { queue: 'mail' }))

    expect(await enqueue(store, newJob('d', { queue: 'mail', key: 'k' }))).toEqual([
      { id: 'd', existed: false },
    ])
    expect(await find(store, 'c')).toMatchObject({ state: 'cancelled' })
  })

  test('a call that is made again drops nothing', async ({ store }) => {
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await enqueue(store, newJob('a', { queue: 'mail' }))
    await enqueue(store, newJob('b', { queue: 'mail' }))
    await enqueue(store, newJob('a', { queue: 'mail' }))
    expect(await find(store, 'b')).toMatchObject({ state: 'pending' })
  })

  test('in a transaction that is undone, nothing was dropped', async ({ store }) => {
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await enqueue(store, newJob('a', { queue: 'mail' }))
    const undone = store.transaction(async (tx) => {
      await tx.insert([newJob('b', { queue: 'mail' })], PENDING_MAX)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await find(store, 'a')).toMatchObject({ state: 'pending' })
  })

  test('however many enqueue at once, never more wait than may', async ({ store, reopen }) => {
    const stores = [store, await reopen()]
    await store.queues.configure('mail', { maxSize: 5 })
    await store.queues.configure('news', { maxSize: 5, overflow: 'dropOldest' })
    const calls = Array.from({ length: 24 }, (_, index) => {
      const queue = index % 3 === 0 ? 'news' : 'mail'
      const each = stores[index % 2] ?? store
      return until(() => enqueue(each, newJob(`job-${index}`, { queue })))
    })
    const ends = await Promise.allSettled(calls)

    expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(11)
    for (const queues of [['mail'], ['news']])
      expect(await store.catalog.count({ states: ['pending'], queues })).toBe(5)
  })

  test('a limit that is lowered is made good by the inserts that follow', async ({ store }) => {
    await enqueue(store, ...newJobs(6, { queue: 'mail' }))
    await store.queues.configure('mail', { maxSize: 2, overflow: 'dropOldest' })
    expect(await store.catalog.count({ states: ['pending'] })).toBe(6)
    await enqueue(store, newJob('new', { queue: 'mail' }))
    expect(await store.catalog.count({ states: ['pending'] })).toBe(2)
  })
}

/** A store that is busy is asked again, as the instrument does it. */
async function until<Result>(call: () => Promise<Result>): Promise<Result> {
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (!isTransient(error)) throw error
    }
  }
}
