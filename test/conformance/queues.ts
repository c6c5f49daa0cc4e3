import { expect } from 'vitest'
import { COMPLETE, enqueue, find, idsOf, newJob } from '../support/jobs.ts'
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

  test('a pause holds for everybody who opens the store', async ({ store, reopen, worker }) => {
    await enqueue(store, newJob('a'))
    const other = await reopen()
    await other.queues.pause('default')

    expect(await worker.claim()).toEqual([])
  })
}
