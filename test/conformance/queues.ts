import { expect } from 'vitest'
import { COMPLETE, enqueue, find, idsOf, newJob, newJobs } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** Queues and their pause. */
export function queuePromises(test: StoreTest): void {
  test('nothing is claimed from a paused queue, and the others go on', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { queue: 'mail', priority: 9 }), newJob('b'))
    await store.queues.pause('mail')

    expect(idsOf(await worker.claim())).toEqual(['b'])
    expect(await worker.claim({ queues: ['mail'] })).toEqual([])
  })

  test('what runs when its queue is paused goes on and ends well', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await store.queues.pause('default')

    expect(await worker.settle(job, COMPLETE)).toBe('settled')
    expect(await find(store, 'a')).toMatchObject({ state: 'complete' })
  })

  test('a paused queue still takes jobs, and runs them when it is resumed', async ({ store, worker }) => {
    await store.queues.pause('default')
    await enqueue(store, newJob('a'))
    expect(await worker.claim()).toEqual([])

    await store.queues.resume('default')
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('the store tells which queues are paused, and since when', async ({ store, clock }) => {
    expect(await store.queues.paused()).toEqual([])
    const pausedAt = clock.now()
    await store.queues.pause("o'queue")
    await clock.advance(100)
    await store.queues.pause("o'queue")

    expect(await store.queues.paused()).toEqual([{ queue: "o'queue", pausedAt, by: null, reason: null }])
    await store.queues.resume("o'queue")
    expect(await store.queues.paused()).toEqual([])
  })

  test('a pause keeps who paused the queue and why, the newest that were said', async ({ store, clock }) => {
    const pausedAt = clock.now()
    await store.queues.pause('mail', { by: 'ana', reason: 'down' })
    await clock.advance(100)
    await store.queues.pause('mail')
    expect(await store.queues.paused()).toEqual([{ queue: 'mail', pausedAt, by: 'ana', reason: 'down' }])

    await store.queues.pause('mail', { by: null, reason: 'it moves' })
    expect(await store.queues.paused()).toEqual([{ queue: 'mail', pausedAt, by: null, reason: 'it moves' }])

    await store.queues.resume('mail')
    await store.queues.pause('mail')
    expect(await store.queues.paused()).toMatchObject([{ pausedAt: pausedAt + 100, by: null, reason: null }])
  })

  test('to resume what is not paused changes nothing', async ({ store }) => {
    await store.queues.pause('mail')
    await store.queues.resume('other')

    expect((await store.queues.paused()).map(({ queue }) => queue)).toEqual(['mail'])
  })

  test('a purge cancels what waits, piece by piece, and leaves what arrived later or is in a worker', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('runs', { queue: 'mail' }), newJob('held', { queue: 'mail' }))
    await worker.claim({ begins: 1 })
    await enqueue(store, newJob('other'), ...newJobs(3, { queue: 'mail' }))
    await enqueue(store, newJob('due later', { queue: 'mail', delayMs: 60_000, key: 'k' }))
    const first = await store.queues.purge('mail', { reason: 'enough', limit: 3 })
    await enqueue(store, newJob('new', { queue: 'mail' }))
    const second = await store.queues.purge('mail', { reason: 'enough', limit: 3, until: first.until })

    expect(first.ids).toHaveLength(3)
    expect([...first.ids, ...second.ids].sort()).toEqual(['due later', 'job-0', 'job-1', 'job-2'])
    expect(await find(store, 'due later')).toMatchObject({ state: 'cancelled', reason: 'enough' })
    expect(
      await store.queues.purge('mail', { reason: 'enough', limit: 3, until: first.until }),
    ).toMatchObject({
      ids: [],
    })
    const left = await store.catalog.list({ states: ['pending', 'running'] }, { limit: 9 })
    expect(idsOf(left)).toEqual(['new', 'other', 'held', 'runs'])
    expect(await enqueue(store, newJob('next', { key: 'k' }))).toEqual([{ id: 'next', existed: false }])
  })

  test('a queue is unfinished while a job of it waits, is held, or runs', async ({ store, worker }) => {
    const unfinished = () => store.queues.unfinished('mail')
    await enqueue(store, newJob('other'))
    expect(await unfinished()).toBe(false)
    await enqueue(store, newJob('later', { queue: 'mail', delayMs: 1_000 }))
    expect(await unfinished()).toBe(true)
    await store.catalog.cancel(['later'], 'enough')
    await enqueue(store, newJob('a', { queue: 'mail' }))
    expect(await unfinished()).toBe(true)
    const [job] = await worker.claim({ queues: ['mail'], begins: 0 })
    expect(await unfinished()).toBe(true)
    if (job) await worker.begin(job)
    expect(await unfinished()).toBe(true)
    if (job) await worker.settle(job, COMPLETE)
    expect(await unfinished()).toBe(false)
  })

  test('a pause holds for everybody who opens the store', async ({ store, reopen, worker }) => {
    await enqueue(store, newJob('a'))
    const other = await reopen()
    await other.queues.pause('default')

    expect(await worker.claim()).toEqual([])
  })
}
