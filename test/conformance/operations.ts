import { expect } from 'vitest'
import type { Deed } from '../../src/job/operation.ts'
import type { NewOperation, Piece } from '../../src/store/operations.ts'
import type { Store } from '../../src/store/store.ts'
import { changesUntil } from '../support/feed.ts'
import { COMPLETE, enqueue, failure, find, idsOf, newJob, newJobs, startWorker } from '../support/jobs.ts'
import { ledgerOf } from '../support/ledger.ts'
import type { StoreTest } from './store-test.ts'

const CANCEL: Deed = { verb: 'cancel', reason: 'no longer' }
const RETRY: Deed = { verb: 'retry' }
const DELETE: Deed = { verb: 'delete' }

/** What is done to many jobs at once. */
export function operationPromises(test: StoreTest): void {
  test('an operation that begins again is given as it stands', async ({ store, clock }) => {
    await enqueue(store, ...newJobs(3))
    const begun = await store.operations.begin(operation('o'))
    const startedAt = clock.now()
    expect(begun).toMatchObject({ ...operation('o'), startedAt, finishedAt: null, done: 0 })
    await store.operations.step(piece(begun.beforeSeq, { ids: ['job-2'], toSeq: begun.beforeSeq - 1 }))
    await clock.advance(5)

    expect(await store.operations.begin(operation('o'))).toEqual({
      ...begun,
      done: 1,
      beforeSeq: begun.beforeSeq - 1,
    })
  })

  test('a piece whose answer was lost is not done again, and the operation says how far it is', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('a', { retries: 0 }))
    await worker.run(failure('no'))
    const { beforeSeq } = await store.operations.begin(operation('o'))
    const wanted = piece(beforeSeq, { deed: RETRY, ids: ['a'] })
    expect(await store.operations.step(wanted)).toMatchObject({ record: { done: 1 }, ids: ['a'] })
    await worker.run(failure('again'))
    await worker.run(failure('again')).catch(() => {})

    const again = await store.operations.step(wanted)

    expect(again).toMatchObject({ record: { done: 1, beforeSeq: 0 }, ids: [] })
    expect(await find(store, 'a')).toMatchObject({ state: 'failed' })
  })

  test('of two who make the same step at once, one does it', async ({ store }) => {
    await enqueue(store, ...newJobs(50))
    const { beforeSeq } = await store.operations.begin(operation('o'))
    const ids = newJobs(50).map(({ id }) => id)
    const steps = await Promise.all(
      [1, 2, 3].map(() => store.operations.step(piece(beforeSeq, { deed: CANCEL, ids }))),
    )

    expect(steps.map((step) => step?.ids.length).sort()).toEqual([0, 0, 50])
    expect(await store.operations.list(1)).toMatchObject([{ done: 50 }])
  })

  test('an operation that is not kept is not gone on with', async ({ store }) => {
    expect(await store.operations.step(piece(1, { ids: [] }))).toBeNull()
  })

  test('operations are listed, the newest first, with when they ended', async ({ store, clock }) => {
    for (const id of ['first', 'second']) await store.operations.begin(operation(id))
    const { beforeSeq } = await store.operations.begin(operation('third', { by: 'ada', verb: 'delete' }))
    await clock.advance(7)
    await store.operations.step(piece(beforeSeq, { operation: 'third', ids: [] }))

    expect(await store.operations.list(2)).toMatchObject([
      { id: 'third', verb: 'delete', by: 'ada', finishedAt: clock.now(), done: 0 },
      { id: 'second', by: null, finishedAt: null },
    ])
  })

  test('jobs are found without what they bring, newest first, in pages', async ({ store }) => {
    await enqueue(store, ...newJobs(5), newJob('other', { queue: 'mail' }))
    const first = await store.catalog.find({ queues: ['default'] }, { limit: 3 })
    const beforeSeq = first.at(-1)?.seq ?? 0

    expect(idsOf(first)).toEqual(['job-4', 'job-3', 'job-2'])
    expect(idsOf(await store.catalog.find({ queues: ['default'] }, { limit: 3, beforeSeq }))).toEqual([
      'job-1',
      'job-0',
    ])
  })

  test('many are cancelled, those that run too, and settled ones are not', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(3))
    await worker.run(COMPLETE)
    const running = await worker.claimOne()
    expect(await doAll(store, CANCEL, ['job-0', 'job-1', 'job-2', 'nobody'])).toEqual(['job-1', 'job-2'])

    expect(await find(store, 'job-2')).toMatchObject({ state: 'cancelled', reason: 'no longer' })
    expect((await worker.beat()).cancelled).toMatchObject([{ id: running.id, reason: 'no longer' }])
    expect(await ledgerOf(store)).toMatchObject([{ completed: 1, cancelled: 2 }])
  })

  test('settled jobs are deleted with all that was kept of them, and those beside them stay', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...newJobs(6, { retries: 0 }))
    const jobs = await worker.claim({ limit: 4 })
    await worker.settleAll(jobs, COMPLETE)
    const failing = await worker.claimOne()
    await worker.report(failing, {
      progress: { fraction: 0.5 },
      logs: [{ at: 1, level: 'info', message: 'hello', data: null }],
    })
    await worker.settle(failing, failure('no'))

    const asked = ['job-0', 'job-2', 'job-4', 'job-5']
    expect(await doAll(store, DELETE, asked)).toEqual(['job-0', 'job-2', 'job-4'])

    expect(await store.catalog.count({})).toBe(3)
    expect(await store.catalog.logs('job-4')).toEqual([])
    for (const id of ['job-1', 'job-3'])
      expect(await find(store, id)).toMatchObject({ state: 'complete', attempt: 1 })
    expect(await doAll(store, DELETE, ['job-1', 'job-3'])).toEqual(['job-1', 'job-3'])
    expect(await store.catalog.list({}, { limit: 9 })).toMatchObject([{ id: 'job-5', state: 'pending' }])
  })

  test('a job that was cancelled while it ran is deleted when its worker has let go of it', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await store.catalog.cancel(['a'], 'no')
    expect(await doAll(store, DELETE, ['a'])).toEqual([])
    expect((await worker.beat()).cancelled).toHaveLength(1)

    await worker.settle(job, COMPLETE)
    expect(await doAll(store, DELETE, ['a'])).toEqual(['a'])
  })

  test('what waits is claimed by its new priority', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { priority: 5 }), newJob('b'), newJob('c'))
    expect(await doAll(store, { verb: 'reprioritise', priority: 9 }, ['b'])).toEqual(['b'])

    expect(await find(store, 'b')).toMatchObject({ priority: 9 })
    expect(idsOf(await worker.claim())).toEqual(['b', 'a', 'c'])
  })

  test('what is put behind others comes after them, though a claim has looked before', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...newJobs(4, { priority: 3 }))
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['job-0'])
    await doAll(store, { verb: 'reprioritise', priority: 1 }, ['job-1'])
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['job-2'])
    await doAll(store, { verb: 'reprioritise', priority: 7 }, ['job-1'])

    expect(idsOf(await worker.claim({ limit: 9 }))).toEqual(['job-1', 'job-3'])
  })

  test('what is due later is due when it is rescheduled to, and the other way round', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('now'), newJob('later', { delayMs: 60_000 }))
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() + 1_000 }, ['now'])
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() }, ['later'])

    expect(idsOf(await worker.claim())).toEqual(['later'])
    expect(await store.jobs.nextDueAt()).toBe(clock.now() + 1_000)
    await clock.advance(1_000)
    expect(idsOf(await worker.claim())).toEqual(['now'])
  })

  test('what is moved to another queue is claimed from that one, by its rules', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(2), newJob('scheduled', { delayMs: 1_000 }))
    await store.queues.pause('aside')
    const moved = await doAll(store, { verb: 'move', queue: 'aside' }, ['job-0', 'scheduled'])

    expect(moved.sort()).toEqual(['job-0', 'scheduled'])
    expect(idsOf(await worker.claim())).toEqual(['job-1'])
    expect(await store.catalog.count({ queues: ['aside'] })).toBe(2)
    await store.queues.resume('aside')
    expect(idsOf(await worker.claim({ queues: ['aside'] }))).toEqual(['job-0'])
  })

  test('what a worker holds, runs or has settled keeps its place', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(2))
    await worker.run(COMPLETE)
    await worker.hold()
    for (const deed of [
      { verb: 'reprioritise', priority: 1 },
      { verb: 'reschedule', dueAt: 1 },
      { verb: 'move', queue: 'aside' },
    ] as const) {
      expect(await doAll(store, deed, ['job-0', 'job-1'])).toEqual([])
    }

    expect(await find(store, 'job-1')).toMatchObject({ priority: 0, queue: 'default' })
  })

  test('subscribers hear of what was done to waiting jobs', async ({ store, clock }) => {
    await enqueue(store, newJob('a'))
    const cursor = await store.feed.subscribe('me', 60_000)
    await doAll(store, { verb: 'reprioritise', priority: 1 }, ['a'])
    await doAll(store, { verb: 'reschedule', dueAt: clock.now() + 5 }, ['a'])
    await doAll(store, { verb: 'move', queue: 'aside' }, ['a'])

    const changes = await changesUntil(store, cursor, ({ verb }) => verb === 'move')
    expect(changes).toMatchObject([
      { id: 'a', verb: 'reprioritise', state: 'pending', queue: 'default' },
      { id: 'a', verb: 'reschedule', state: 'pending' },
      { id: 'a', verb: 'move', state: 'pending', queue: 'aside' },
    ])
  })

  test('another worker that has looked already claims what has come before its place', async ({
    store,
    worker,
    reopen,
  }) => {
    await enqueue(store, ...newJobs(3), newJob('late', { delayMs: 60_000 }))
    const other = await reopen()
    const elsewhere = await startWorker(other, 'second')
    expect(idsOf(await elsewhere.claim({ limit: 1 }))).toEqual(['job-0'])
    await doAll(store, { verb: 'reprioritise', priority: 5 }, ['late'])
    await doAll(store, { verb: 'reschedule', dueAt: 1 }, ['late'])

    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['late'])
    expect(idsOf(await elsewhere.claim({ limit: 9 }))).toEqual(['job-1', 'job-2'])
  })
}

function operation(id: string, given: Partial<NewOperation> = {}): NewOperation {
  return { id, verb: 'cancel', asked: '{"queue":"mail"}', by: null, ...given }
}

function piece(fromSeq: number, given: Partial<Piece>): Piece {
  return { operation: 'o', deed: CANCEL, ids: [], fromSeq, toSeq: 0, ...given }
}

/** Does one thing to jobs, as the only piece of an operation. */
export async function doAll(store: Store, deed: Deed, ids: readonly string[]): Promise<string[]> {
  const id = `operation ${(await store.operations.list(1_000)).length}`
  const { beforeSeq } = await store.operations.begin(operation(id, { verb: deed.verb }))
  const stepped = await store.operations.step({ operation: id, deed, ids, fromSeq: beforeSeq, toSeq: 0 })
  return [...(stepped?.ids ?? [])].sort()
}
