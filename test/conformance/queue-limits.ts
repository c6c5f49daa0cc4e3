import { expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { ALL_QUEUES } from '../../src/job/queue-limits.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, find, idsOf, keyed, newJob } from '../support/jobs.ts'
import { atMost, gate, limited } from './limits.ts'
import type { StoreTest } from './store-test.ts'

/** Limits that are set for queues, and not by who enqueues. */
export function queueLimitPromises(test: StoreTest): void {
  const mail = { queue: 'mail' }

  async function set(store: Store, queue: string, [name, concurrency]: [string, number]): Promise<void> {
    await store.queues.configure(queue, { limits: [{ key: name, name, cost: 1, concurrency }] })
  }

  test('every job of a queue is held to the limits of the queue, whoever enqueues it', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('before', { ...mail, priority: 9 }))
    await set(store, 'mail', ['smtp', 1])
    await enqueue(store, newJob('a', mail), newJob('b', mail), newJob('other'))

    expect(idsOf(await worker.claim())).toEqual(['before', 'a', 'other'])
    expect(await worker.claim()).toEqual([])
    expect(await gate(store, 'smtp')).toMatchObject({ running: 1, waiting: 1 })
    expect((await store.queues.configured()).map(({ queue }) => queue)).toEqual(['mail'])
  })

  test('what is set for all queues holds in each of them, beside their own limits', async ({
    store,
    worker,
  }) => {
    await set(store, ALL_QUEUES, ['all', 2])
    await set(store, 'mail', ['smtp', 1])
    await enqueue(store, newJob('a', mail), newJob('b', mail), newJob('c'), newJob('d'))

    expect(idsOf(await worker.claim())).toEqual(['a', 'c'])
    expect(await gate(store, 'all')).toMatchObject({ running: 2 })
  })

  test('a job keeps the limits of its own beside those of its queue', async ({ store, worker }) => {
    await store.limits.declare([atMost(1, 'api')])
    await set(store, 'mail', ['smtp', 2])
    await enqueue(store, limited('a', ['api'], mail), limited('b', ['api'], mail), newJob('c', mail))

    expect(idsOf(await worker.claim())).toEqual(['a', 'c'])
    expect(await gate(store, 'smtp')).toMatchObject({ running: 2 })
  })

  test('a limit that is changed holds for what waits, and one that is taken away for what comes', async ({
    store,
    worker,
  }) => {
    await set(store, 'mail', ['smtp', 1])
    await enqueue(store, newJob('a', mail), newJob('b', mail))
    expect(idsOf(await worker.claim())).toEqual(['a'])
    await worker.claim()
    await set(store, 'mail', ['smtp', 2])
    expect(idsOf(await worker.claim())).toEqual(['b'])

    await store.queues.configure('mail', {})
    await enqueue(store, newJob('c', mail))
    expect(await find(store, 'c')).toMatchObject({ limits: null })
    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('what is set for a queue stands, whatever a definition declares of it then or at the same time', async ({
    store,
  }) => {
    const smtp = { declared: { concurrency: 2 } }
    await Promise.all([store.limits.declare([atMost(9, 'smtp')]), set(store, 'mail', ['smtp', 2])])
    expect(await store.limits.list()).toMatchObject([smtp])

    await store.limits.declare([atMost(7, 'smtp'), atMost(1, 'api')])
    expect(await store.limits.list()).toMatchObject([{ declared: { concurrency: 1 } }, smtp])
    await store.queues.configure('mail', {})
    await store.limits.declare([atMost(7, 'smtp')])
    expect(await store.limits.list()).toMatchObject([{ name: 'api' }, { declared: { concurrency: 7 } }])
  })

  test('a job that is moved has the limits of the queue that it is in by then', async ({ store, worker }) => {
    await set(store, 'mail', ['smtp', 1])
    await enqueue(store, newJob('a', mail), newJob('b', mail), newJob('c', mail), newJob('d'))
    expect(idsOf(await worker.claim({ queues: ['mail'] }))).toEqual(['a'])
    await worker.claim({ queues: ['mail'] })
    const move = async (id: string, queue: string) => {
      const operation = `move-${id}`
      const { beforeSeq } = await store.operations.begin({
        id: operation,
        verb: 'move',
        asked: '{}',
        by: null,
      })
      const piece = {
        operation,
        deed: { verb: 'move', queue },
        ids: [id],
        fromSeq: beforeSeq,
        toSeq: 0,
      } as const
      await store.operations.step(piece)
    }
    await move('b', 'default')
    await move('d', 'mail')

    expect(await find(store, 'b')).toMatchObject({ limits: null, gate: null })
    expect(idsOf(await worker.claim())).toEqual(['b'])
    expect(await gate(store, 'smtp')).toMatchObject({ running: 1, waiting: 2 })
  })

  test('a job that replaces another has the limits of its own queue', async ({ store, worker }) => {
    await set(store, 'mail', ['smtp', 1])
    await enqueue(store, newJob('a', mail))
    await worker.claim()
    await enqueue(store, keyed('old'))
    await enqueue(store, keyed('new', { onConflict: 'replace' }, mail))
    expect(await worker.claim()).toEqual([])
    expect(await gate(store, 'smtp')).toMatchObject({ running: 1, waiting: 1 })
  })

  test('a job that is enqueued in a transaction is held to them as well', async ({ store, worker }) => {
    await set(store, 'mail', ['smtp', 1])
    await store.transaction((tx) => tx.insert([newJob('a', mail), newJob('b', mail)], PENDING_MAX))
    const [job, ...others] = await worker.claim()
    expect([job?.id, others]).toEqual(['a', []])
    if (job) await worker.settle(job, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['b'])
  })
}
