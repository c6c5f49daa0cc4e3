import { expect } from 'vitest'
import type { QueueSettings } from '../../src/job/queue-settings.ts'
import type { Store } from '../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  loseWorkers,
  newJob,
  newJobs,
  RELEASE,
  RETRY_DELAY_MS,
  startWorker,
} from '../support/jobs.ts'
import { atMost, limited } from './limits.ts'
import { GPU, requiring } from './routing.ts'
import type { StoreTest } from './store-test.ts'

/** Sets the order of a queue, for what waits already as well. */
export async function arrange(store: Store, queue: string, settings: QueueSettings): Promise<void> {
  await store.queues.configure(queue, settings)
  while ((await store.queues.place(queue)) > 0);
}

/** Orders of queues other than by priority. */
export function orderPromises(test: StoreTest): void {
  test('a first-in, first-out queue heeds no priority', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'fifo' })
    for (const [id, priority] of [
      ['a', -5],
      ['b', 9],
      ['c', 0],
    ] as const) {
      await enqueue(store, newJob(id, { queue: 'mail', priority }))
      await clock.advance(10)
    }
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['a', 'b'])
    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('a last-in, first-out queue begins with what came last, also between two claims', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    for (const id of ['a', 'b', 'c', 'd']) {
      await enqueue(store, newJob(id, { queue: 'mail' }))
      await clock.advance(10)
    }
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['d', 'c'])
    await enqueue(store, newJob('e', { queue: 'mail', priority: -1 }))
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['e', 'b'])
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('of what a last-in, first-out queue gets in one millisecond, what came first starts first', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    await enqueue(store, newJob('before', { queue: 'mail' }))
    await clock.advance(1)
    await enqueue(store, ...['a', 'b', 'c'].map((id) => newJob(id, { queue: 'mail' })))
    expect(idsOf(await worker.claim())).toEqual(['a', 'b', 'c', 'before'])
  })

  test('so much waiting makes good a step of priority', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { aging: 1_000 })
    await enqueue(store, newJob('old', { queue: 'mail' }))
    await clock.advance(2_000)
    await enqueue(store, newJob('less', { queue: 'mail', priority: 1 }))
    await enqueue(store, newJob('more', { queue: 'mail', priority: 3 }))
    expect(idsOf(await worker.claim())).toEqual(['more', 'old', 'less'])
  })

  test('with aging, nothing waits for ever behind better jobs that keep coming', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { aging: 1_000 })
    await enqueue(store, newJob('poor', { queue: 'mail' }))
    const begun: string[] = []
    for (let round = 0; round < 20 && !begun.includes('poor'); round += 1) {
      await enqueue(store, newJob(`rich-${round}`, { queue: 'mail', priority: 10 }))
      await clock.advance(1_000)
      await worker.beat()
      begun.push(...idsOf(await worker.claim({ limit: 1 })))
    }
    expect(begun).toHaveLength(11)
  })

  test('queues of different orders are served side by side, each in its own', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'stack', { order: 'lifo' })
    await arrange(store, 'line', { order: 'fifo' })
    for (const [index, queue] of ['stack', 'line', 'plain', 'stack', 'line', 'plain'].entries()) {
      await enqueue(store, newJob(`${queue}-${index}`, { queue, priority: index }))
      await clock.advance(10)
    }
    const ids = idsOf(await worker.claim())
    const of = (queue: string) => ids.filter((id) => id.startsWith(queue))
    expect(of('stack')).toEqual(['stack-3', 'stack-0'])
    expect(of('line')).toEqual(['line-1', 'line-4'])
    expect(of('plain')).toEqual(['plain-5', 'plain-2'])
  })

  test('the jobs of a queue are in one order, whatever their names', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    for (const [index, name] of ['mail.a', 'mail.b', 'mail.a', 'mail.c'].entries()) {
      await enqueue(store, newJob(String(index), { queue: 'mail', name }))
      await clock.advance(10)
    }
    expect(idsOf(await worker.claim({ limit: 3 }))).toEqual(['3', '2', '1'])
    expect(idsOf(await worker.claim())).toEqual(['0'])
  })

  test('what requires something stands in the order of its queue, when it comes back as well', async ({
    store,
    clock,
    worker,
  }) => {
    const queue = 'mail'
    await arrange(store, queue, { order: 'lifo' })
    for (const job of [newJob('a', { queue }), requiring('b', 'gpu', { queue, priority: 9 })]) {
      await enqueue(store, job)
      await clock.advance(10)
    }
    await enqueue(store, requiring('c', 'gpu', { queue, priority: -9 }))
    await worker.settle(await worker.claimOne(GPU), RELEASE)
    expect(await find(store, 'c')).toMatchObject({ priority: -9, dueAt: clock.now() })
    await clock.advance(10)
    await enqueue(store, newJob('d', { queue }))
    expect(idsOf(await worker.claim(GPU))).toEqual(['d', 'c', 'b', 'a'])
  })

  test('what becomes due, or comes back, goes by the order of its queue', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    await enqueue(store, newJob('a', { queue: 'mail' }), newJob('later', { queue: 'mail', delayMs: 500 }))
    const failing = await worker.claimOne()
    await worker.settle(failing, failure('not yet'))
    await clock.advance(RETRY_DELAY_MS)
    await enqueue(store, newJob('new', { queue: 'mail' }))
    await clock.advance(1)
    const [first, second] = await worker.claim({ limit: 2 })
    // Both the retry and the new job were due at that time.
    expect(idsOf([first, second].filter((job) => job !== undefined))).toEqual(['a', 'new'])
    if (first) await worker.settle(first, RELEASE)
    expect(idsOf(await worker.claim())).toEqual(['a', 'later'])
  })

  test('what a lost worker leaves goes by the order of its queue', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'fifo' })
    await enqueue(store, newJob('a', { queue: 'mail' }), newJob('b', { queue: 'mail', priority: 5 }))
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['a'])
    await loseWorkers(store, clock)
    const other = await startWorker(store, 'second')
    expect(idsOf(await other.claim())).toEqual(['a', 'b'])
  })

  test('what is shown of a job is what was asked for, whatever the order', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    const dueAt = clock.now()
    await enqueue(store, newJob('a', { queue: 'mail', priority: 7 }), newJob('b', { queue: 'mail' }))
    await clock.advance(5)
    const asked = { priority: 7, dueAt }
    expect(await find(store, 'a')).toMatchObject({ ...asked, rank: 0, place: -dueAt })
    expect(await store.catalog.count({ scheduled: false })).toBe(2)
    expect(await store.catalog.count({ scheduled: true })).toBe(0)
    expect(await store.catalog.tally()).toMatchObject([{ oldestDueAt: dueAt, scheduled: 0 }])
    expect(await store.ledger.depths()).toMatchObject([{ queue: 'mail', pending: 2, oldestDueAt: dueAt }])

    const [, job] = [await worker.claimOne(), await worker.claimOne()].toSorted((one) =>
      one.id === 'a' ? 1 : -1,
    )
    expect(job).toMatchObject({ id: 'a', ...asked })
    expect(await find(store, 'a')).toMatchObject({ state: 'running', ...asked })
    if (job) await worker.settle(job, COMPLETE)
    expect(await find(store, 'a')).toMatchObject({ state: 'complete', ...asked })
    await store.catalog.cancel(['b'], 'no')
    expect(await find(store, 'b')).toMatchObject({ priority: 0, dueAt })
  })

  test('the oldest job of a queue is as old as it is while its order is taken away', async ({
    store,
    clock,
  }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    const oldestDueAt = clock.now()
    await enqueue(store, newJob('a', { queue: 'mail' }))
    await clock.advance(10)
    await store.queues.configure('mail', {})
    expect(await store.ledger.depths()).toMatchObject([{ queue: 'mail', oldestDueAt }])
  })

  test('what is cancelled while it waits, and retried, keeps its priority', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'fifo' })
    await enqueue(store, newJob('a', { queue: 'mail', priority: 7 }))
    await store.catalog.cancel(['a'], 'no')
    const nowhere = { rank: null, place: null }
    expect(await find(store, 'a')).toMatchObject({ priority: 7, dueAt: clock.now(), ...nowhere })
    await clock.advance(10)
    await store.catalog.retry(['a'])
    expect(await find(store, 'a')).toMatchObject({ priority: 7, dueAt: clock.now() })
    expect(await worker.claim()).toMatchObject([{ id: 'a', priority: 7, dueAt: clock.now() }])
  })

  test('a change of the order holds for what waits, and for what was taken and comes back', async ({
    store,
    clock,
    worker,
  }) => {
    for (const [index, id] of ['a', 'b', 'c', 'd'].entries()) {
      await enqueue(store, newJob(id, { queue: 'mail', priority: index }))
      await clock.advance(10)
    }
    await enqueue(store, newJob('later', { queue: 'mail', delayMs: 10 }))
    const [held] = await worker.claim({ limit: 1 })
    expect(held?.id).toBe('d')
    await arrange(store, 'mail', { order: 'lifo' })
    expect(await store.queues.unplaced()).toEqual([])
    if (held) await worker.settle(held, RELEASE)
    await clock.advance(20)
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['later', 'd'])
    await arrange(store, 'mail', { order: 'fifo' })
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['a'])
    await arrange(store, 'mail', {})
    expect(await find(store, 'b')).toMatchObject({ priority: 1, rank: null, place: null })
    expect(idsOf(await worker.claim())).toEqual(['c', 'b'])
  })

  test('what no claim has seen to be due is told as due after a change of the order', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, newJob('a', { queue: 'mail', delayMs: 500 }))
    const dueAt = clock.now() + 500
    expect(await worker.claim()).toEqual([])
    await clock.advance(500)
    await arrange(store, 'mail', { aging: 500 })

    expect(await store.jobs.nextDueAt()).toBe(dueAt)
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('a change of the order is made in pieces, and what comes meanwhile goes by the new one', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, ...newJobs(2_500, { queue: 'mail' }))
    await clock.advance(10)
    await store.queues.configure('mail', { order: 'lifo' })
    expect(await store.queues.unplaced()).toEqual(['mail'])
    await enqueue(store, newJob('new', { queue: 'mail' }))
    const left = [await store.queues.place('mail')]
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['new'])
    while (left.at(-1) !== 0) left.push(await store.queues.place('mail'))
    expect(left).toEqual([...left].sort((one, other) => other - one))
    expect(left.length).toBeGreaterThan(2)
    expect(await store.queues.unplaced()).toEqual([])
    expect(await store.queues.place('mail')).toBe(0)
    expect(await worker.claim({ limit: 2_500 })).toHaveLength(2_500)
  })

  test('reprioritised, rescheduled and moved jobs go by the order of their queue', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { aging: 1_000 })
    await enqueue(store, ...['a', 'b', 'c'].map((id) => newJob(id, { queue: 'mail' })), newJob('d'))
    await clock.advance(100)
    const run = async (
      id: string,
      deed: Parameters<Store['operations']['step']>[0]['deed'],
      ids: string[],
    ) => {
      const { beforeSeq } = await store.operations.begin({ id, verb: deed.verb, asked: '{}', by: null })
      await store.operations.step({ operation: id, deed, ids, fromSeq: beforeSeq, toSeq: 0 })
    }
    await run('one', { verb: 'reprioritise', priority: 2 }, ['c'])
    await run('two', { verb: 'reschedule', dueAt: clock.now() - 50 }, ['a'])
    await run('three', { verb: 'move', queue: 'mail' }, ['d'])
    expect(await find(store, 'c')).toMatchObject({ priority: 2, dueAt: clock.now() - 100 })
    expect(await find(store, 'a')).toMatchObject({ priority: 0, dueAt: clock.now() - 50 })
    expect((await find(store, 'd')).place).toBe(clock.now() - 100)
    await run('four', { verb: 'move', queue: 'other' }, ['b'])
    expect(await find(store, 'b')).toMatchObject({ queue: 'other', priority: 0, place: null })
    expect(idsOf(await worker.claim({ queues: ['mail'] }))).toEqual(['c', 'd', 'a'])
  })

  test('a job that replaces another one goes by the order of its queue', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'fifo' })
    const given = { queue: 'mail', key: 'k', keyRule: { keptMs: 0, onConflict: 'replace' } } as const
    await enqueue(store, newJob('a', given), newJob('b', { queue: 'mail' }))
    await clock.advance(10)
    await enqueue(store, newJob('c', { ...given, priority: 9 }))
    expect(await find(store, 'a')).toMatchObject({ priority: 9, dueAt: clock.now() })
    expect(idsOf(await worker.claim())).toEqual(['b', 'a'])
  })

  test('a job tells how many of its queue start before it', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    for (const id of ['a', 'b', 'c']) {
      await enqueue(store, newJob(id, { queue: 'mail', name: `mail.${id}` }), newJob(`${id}-plain`))
      await clock.advance(10)
    }
    await enqueue(store, newJob('later', { queue: 'mail', delayMs: 1_000 }))
    const ahead = (...ids: string[]) => Promise.all(ids.map((id) => store.catalog.ahead(id)))
    expect(await ahead('a', 'b', 'c', 'later', 'nobody')).toEqual([2, 1, 0, 0, 0])
    expect(await ahead('a-plain', 'b-plain', 'c-plain')).toEqual([0, 1, 2])
    await worker.claim({ limit: 1, queues: ['mail'] })
    expect(await ahead('a', 'b')).toEqual([1, 0])
  })

  test('a job that waits at a gate is in no line of those that are ready', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api'], { queue: 'mail' }))
    await worker.claim()
    await enqueue(store, newJob('plain', { queue: 'mail' }), limited('b', ['api'], { queue: 'mail' }))
    expect(await store.catalog.ahead('b')).toBe(0)
  })

  test('jobs that wait at a gate go on in the order of their queue', async ({ store, clock, worker }) => {
    await store.limits.declare([atMost(1)])
    await arrange(store, 'mail', { order: 'lifo' })
    for (const id of ['a', 'b', 'c']) {
      await enqueue(store, limited(id, ['api'], { queue: 'mail' }))
      await clock.advance(10)
    }
    const begun: string[] = []
    for (let count = 0; count < 3; count += 1) {
      const [job] = await worker.claim()
      if (!job) break
      begun.push(job.id)
      await worker.settle(job, COMPLETE)
    }
    expect(begun).toEqual(['c', 'b', 'a'])
  })

  test('jobs that come while another process serves an ordered queue are found by it', async ({
    store,
    clock,
    reopen,
  }) => {
    await arrange(store, 'mail', { order: 'fifo' })
    const other = await reopen()
    const worker = await startWorker(other, 'other')
    await enqueue(store, ...newJobs(3, { queue: 'mail', priority: 5 }))
    expect(await worker.claim({ limit: 2 })).toHaveLength(2)
    await enqueue(store, newJob('new', { queue: 'mail', priority: -5 }))
    await clock.advance(1_000)
    expect(idsOf(await worker.claim())).toEqual(['job-2', 'new'])
  })
}
