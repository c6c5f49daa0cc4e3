import { expect } from 'vitest'
import type { ConflictPolicy } from '../../src/job/key.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, find, idsOf, keyed, newJob } from '../support/jobs.ts'
import { atMost, limited } from './limits.ts'
import type { StoreTest } from './store-test.ts'

const FULL = { code: 'queue_full', facts: { queue: 'mail', limit: 1, option: 'maxSize' } }
const IN_MAIL = { queue: 'mail' }

const inMail = (id: string) => newJob(id, IN_MAIL)
const meeting = (id: string, onConflict: ConflictPolicy, given: Partial<NewJob> = IN_MAIL) =>
  keyed(id, { onConflict }, given)

/** One job of queue `mail` may wait, or the newest one only. */
const keepOne = (store: Store) => store.queues.configure('mail', { maxSize: 1 })
const keepNewest = (store: Store) => store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })

/** What a queue does that is full, with jobs that wait at a gate and jobs that meet a key. */
export function fullQueuePromises(test: StoreTest): void {
  test('a job that has to pass a gate, or waits at one, waits in its queue like any other', async ({
    store,
    worker,
  }) => {
    await keepOne(store)
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api'], IN_MAIL))
    await expect(enqueue(store, inMail('more'))).rejects.toMatchObject(FULL)

    const job = await worker.claimOne()
    await enqueue(store, limited('b', ['api'], IN_MAIL))
    await worker.claim()
    expect(await find(store, 'b')).toMatchObject({ gate: 'api' })
    await expect(enqueue(store, inMail('more'))).rejects.toMatchObject(FULL)

    await worker.settle(job, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['b'])
    await enqueue(store, inMail('more'))
  })

  test('one that drops its oldest drops what waits at a gate too, and nobody waits there any more', async ({
    store,
    worker,
  }) => {
    await keepNewest(store)
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api'], IN_MAIL))
    const job = await worker.claimOne()
    await enqueue(store, limited('b', ['api'], IN_MAIL))
    await worker.claim()
    await enqueue(store, inMail('c'))
    expect(await find(store, 'b')).toMatchObject({ state: 'cancelled', gate: null })
    await enqueue(store, limited('d', ['api'], IN_MAIL))
    expect(await find(store, 'c')).toMatchObject({ state: 'cancelled' })

    await worker.settle(job, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['d'])
  })

  test('so it does with one that has still to pass its gates', async ({ store }) => {
    await keepNewest(store)
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api'], IN_MAIL))
    await enqueue(store, inMail('b'))
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled' })
  })

  test('a job that replaces another one of its queue takes no room, and pushes nobody out', async ({
    store,
  }) => {
    await keepOne(store)
    await enqueue(store, meeting('a', 'replace'))
    expect(await enqueue(store, meeting('b', 'replace'))).toMatchObject([{ id: 'a', replaced: true }])
    await expect(enqueue(store, inMail('more'))).rejects.toMatchObject(FULL)

    await keepNewest(store)
    await enqueue(store, meeting('c', 'replace'))
    expect(await find(store, 'a')).toMatchObject({ state: 'pending' })
  })

  test('one that comes from another queue takes room here, and leaves it there', async ({ store }) => {
    await keepOne(store)
    await enqueue(store, meeting('a', 'replace', {}), inMail('full'))
    await expect(enqueue(store, meeting('b', 'replace'))).rejects.toMatchObject(FULL)
    expect(await find(store, 'a')).toMatchObject({ state: 'pending', queue: 'default' })

    await store.queues.configure('default', { maxSize: 1 })
    await store.catalog.cancel(['full'], 'no more')
    await enqueue(store, meeting('c', 'replace'))
    await enqueue(store, newJob('room'))
    expect(await find(store, 'a')).toMatchObject({ state: 'pending', queue: 'mail' })
  })

  test('where jobs say what becomes of their keys, the oldest are dropped all the same', async ({
    store,
  }) => {
    await keepNewest(store)
    await enqueue(store, inMail('a'))
    expect(await enqueue(store, meeting('b', 'reject'))).toEqual([{ id: 'b', existed: false }])
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled' })
    expect(await find(store, 'b')).toMatchObject({ state: 'pending' })
  })

  test('a key that is held is told of before a queue that is full, and pushes nobody out', async ({
    store,
  }) => {
    await keepOne(store)
    await enqueue(store, meeting('a', 'reject'))
    const both = () => enqueue(store, inMail('more'), meeting('b', 'reject'))
    await expect(both()).rejects.toMatchObject({ code: 'key_conflict' })
    await keepNewest(store)
    await expect(both()).rejects.toMatchObject({ code: 'key_conflict' })
    expect(await find(store, 'a')).toMatchObject({ state: 'pending' })
  })

  test('a purge cancels what waits at a gate, or has still to pass one, and a drained queue has neither', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(1), atMost(1, 'other')])
    await enqueue(store, limited('runs', ['api']), limited('parked', ['api'], IN_MAIL))
    await worker.claimOne()
    await worker.claim()
    expect(await find(store, 'parked')).toMatchObject({ gate: 'api' })
    expect(await store.queues.unfinished('mail')).toBe(true)
    expect((await store.queues.purge('mail', { reason: 'old', limit: 9 })).ids).toEqual(['parked'])
    expect(await find(store, 'parked')).toMatchObject({ state: 'cancelled', reason: 'old', gate: null })

    expect(await store.queues.unfinished('mail')).toBe(false)
    await enqueue(store, limited('ready', ['other'], IN_MAIL))
    expect(await store.queues.unfinished('mail')).toBe(true)
    expect((await store.queues.purge('mail', { reason: 'old', limit: 9 })).ids).toEqual(['ready'])
    expect(await store.queues.unfinished('mail')).toBe(false)
  })
}
