import { expect } from 'vitest'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, failure, find, idsOf, keyed, newJob, type TestWorker } from '../support/jobs.ts'
import { atMost, gate, limited } from './limits.ts'
import { doAll } from './operations.ts'
import type { StoreTest } from './store-test.ts'

/** What is done to many jobs at once, where they have to pass gates, or keep their keys. */
export function gatedOperationPromises(test: StoreTest): void {
  test('a running job that is cancelled leaves its gate, and one that waits there is gone from it', async ({
    store,
    worker,
  }) => {
    await oneRuns(store, worker, limited('a', ['api']), limited('b', ['api']), limited('c', ['api']))
    expect(await doAll(store, { verb: 'cancel', reason: 'no' }, ['a', 'b'])).toEqual(['a', 'b'])

    expect(idsOf(await worker.claim())).toEqual(['c'])
    expect(await find(store, 'b')).toMatchObject({ state: 'cancelled', gate: null })
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 0 })
  })

  test('what waits at a gate stays there with its new priority, and goes on by that', async ({
    store,
    worker,
  }) => {
    const running = await oneRuns(store, worker, ...['a', 'b', 'c'].map((id) => limited(id, ['api'])))
    expect(await doAll(store, { verb: 'reprioritise', priority: 5 }, ['c'])).toEqual(['c'])
    expect(await find(store, 'c')).toMatchObject({ priority: 5, gate: 'api' })
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 2 })
    expect(await worker.claim()).toEqual([])

    await worker.settle(running, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('what is rescheduled from a gate to later leaves it until it is due, and has to pass it then', async ({
    store,
    worker,
    clock,
  }) => {
    const running = await oneRuns(store, worker, ...['a', 'b', 'c'].map((id) => limited(id, ['api'])))
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() + 1_000 }, ['b'])
    expect(await find(store, 'b')).toMatchObject({ gate: null, dueAt: clock.now() + 1_000 })
    await worker.settle(running, COMPLETE)

    const [next, ...others] = await worker.claim()
    expect([next?.id, others]).toEqual(['c', []])
    await clock.advance(1_000)
    expect(await worker.claim()).toEqual([])
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 1 })
    if (next) await worker.settle(next, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['b'])
  })

  test('what is rescheduled at a gate to a time that has come stays there, in its new order', async ({
    store,
    worker,
    clock,
  }) => {
    const running = await oneRuns(store, worker, ...['a', 'b', 'c'].map((id) => limited(id, ['api'])))
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() - 1_000 }, ['c'])
    expect(await find(store, 'c')).toMatchObject({ gate: 'api' })
    expect(await worker.claim()).toEqual([])

    await worker.settle(running, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('what is scheduled passes its gates, too, when it is rescheduled to now', async ({
    store,
    worker,
    clock,
  }) => {
    await oneRuns(store, worker, limited('a', ['api']), limited('b', ['api'], { delayMs: 60_000 }))
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() }, ['b'])

    expect(await worker.claim()).toEqual([])
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 1 })
  })

  test('what is moved while it waits at a gate stays there, and goes on by the rules of its new queue', async ({
    store,
    worker,
  }) => {
    const running = await oneRuns(store, worker, ...['a', 'b', 'c'].map((id) => limited(id, ['api'])))
    await store.queues.pause('paused')
    await doAll(store, { verb: 'move', queue: 'paused' }, ['b'])
    await doAll(store, { verb: 'move', queue: 'aside' }, ['c'])
    expect(await find(store, 'c')).toMatchObject({ queue: 'aside', gate: 'api' })
    expect(await worker.claim()).toEqual([])

    await worker.settle(running, COMPLETE)
    expect(await worker.claim({ queues: ['default'] })).toEqual([])
    expect(idsOf(await worker.claim({ queues: ['aside'] }))).toEqual(['c'])
  })

  test('what is ready and has gates to pass keeps them, whatever is changed of it', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(3)])
    await enqueue(store, ...['a', 'b', 'c'].map((id) => limited(id, ['api'])))
    await doAll(store, { verb: 'reprioritise', priority: 3 }, ['b'])
    await doAll(store, { verb: 'reschedule', dueAt: 1 }, ['c'])
    await doAll(store, { verb: 'move', queue: 'aside' }, ['a', 'b'])

    expect(idsOf(await worker.claim())).toEqual(['b', 'c', 'a'])
    expect(await gate(store, 'api')).toMatchObject({ running: 3, waiting: 0 })
  })

  test('what is retried has to pass its gates again', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, ...['a', 'b'].map((id) => limited(id, ['api'], { retries: 0 })))
    for (const _ of ['a', 'b']) await worker.run(failure('no'))
    expect(await doAll(store, { verb: 'retry' }, ['a', 'b'])).toEqual(['a', 'b'])

    expect(idsOf(await worker.claim())).toEqual(['a'])
    expect(await worker.claim()).toEqual([])
  })

  test('a key that is kept stays held when its job is deleted', async ({ store, worker }) => {
    await enqueue(store, keyed('a', { keptMs: Number.POSITIVE_INFINITY }))
    await worker.run(COMPLETE)
    expect(await doAll(store, { verb: 'delete' }, ['a'])).toEqual(['a'])

    expect(await enqueue(store, keyed('b'))).toEqual([{ id: 'a', existed: true }])
    expect(await enqueue(store, newJob('other'))).toEqual([{ id: 'other', existed: false }])
  })
}

/** The first of these jobs runs, and the others wait at the gate of `api`. */
async function oneRuns(store: Store, worker: TestWorker, ...jobs: readonly NewJob[]) {
  await store.limits.declare([atMost(1)])
  await enqueue(store, ...jobs)
  const running = await worker.claimOne()
  await worker.claim()
  return running
}
