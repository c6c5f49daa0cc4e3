import { expect } from 'vitest'
import { parseFailures } from '../../src/job/failure.ts'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import type { ClaimedJob } from '../../src/store/jobs.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  LEASE_MS,
  newJob,
  newJobs,
  RELEASE,
  RETRY_DELAY_MS,
  settlement,
  skip,
  snooze,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** How a running job leaves `running`. */
export function settlePromises(test: StoreTest): void {
  test('a completed job keeps its output', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await clock.advance(40)

    await worker.settle(job, { kind: 'complete', output: '{"words":3}' })

    expect(await find(store, 'a')).toMatchObject({
      ...{ state: 'complete', outcome: 'done', output: '{"words":3}', reason: null, failureKind: null },
      ...{ startedAt: job.claimedAt, finishedAt: job.claimedAt + 40, worker: null, attempt: 1 },
    })
  })

  test('a job may complete without an output', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.run({ kind: 'complete', output: null })

    expect(await find(store, 'a')).toMatchObject({ state: 'complete', outcome: 'done', output: null })
  })

  test('a skipped job is complete, and says why nothing was done', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.run(skip('already indexed'))

    expect(await find(store, 'a')).toMatchObject({
      ...{ state: 'complete', outcome: 'skipped', reason: 'already indexed', output: null },
    })
  })

  test('a permanent failure is not retried, and says of which kind it was', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.run(failure('no field "path"', 'invalid_input'))

    expect(await find(store, 'a')).toMatchObject({
      state: 'failed',
      failureKind: 'invalid_input',
      worker: null,
    })
  })

  test('a failed job keeps what was done before it failed', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.run({
      ...{ kind: 'failure', failureKind: 'error', error: new Error('declined') },
      ...{ permanent: true, output: '{"tried":2}' },
    })
    expect(await find(store, 'a')).toMatchObject({ state: 'failed', output: '{"tried":2}', outcome: null })

    await store.catalog.retry(['a'])
    expect(await find(store, 'a')).toMatchObject({ state: 'pending', output: null })
  })

  test('a retry keeps its errors, and what the attempt has told', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await worker.report(job, { progress: { fraction: 0.4 }, checkpoint: '{"page":4}' })
    await worker.settle(job, failure('away'))

    const again = await find(store, 'a')
    expect(again).toMatchObject({ state: 'pending', attempt: 1 })
    expect(again).toMatchObject({ progress: '{"fraction":0.4}', checkpoint: '{"page":4}' })
    expect(parseFailures(again.errors)).toMatchObject([{ kind: 'error', message: 'away', attempt: 1 }])
  })

  test('the next attempt starts its progress anew, from the checkpoint', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await worker.report(job, { progress: { fraction: 0.4 }, checkpoint: '{"page":4}' })
    await worker.settle(job, failure('away'))
    await clock.advance(RETRY_DELAY_MS)

    expect(await worker.claimOne()).toMatchObject({ checkpoint: '{"page":4}', attempt: 2 })
    expect(await find(store, 'a')).toMatchObject({ progress: null, checkpoint: '{"page":4}' })
  })

  test('a snooze that says nothing of errors leaves those that there are', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a', { retries: 0 }))
    await worker.run(failure('broken'))
    await store.catalog.retry(['a'])
    const job = await worker.claimOne()
    const snoozed = settlement({ ...job, errors: null }, 'first', { outcome: snooze(1), nowMs: clock.now() })
    expect(await store.jobs.settle([snoozed])).toEqual(['settled'])
    expect(parseFailures((await find(store, 'a')).errors)).toMatchObject([{ message: 'broken' }])
  })

  test('a snoozed job is due after its snooze', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.run(snooze(2_500))

    const dueAt = clock.now() + 2_500
    expect(await find(store, 'a')).toMatchObject({ state: 'pending', dueAt, worker: null })
    expect(await find(store, 'a')).toMatchObject({ attempt: 0, epoch: 1 })
  })

  test('a released job keeps its place: it is due when it was', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const { dueAt } = await find(store, 'a')
    await clock.advance(100)
    await enqueue(store, newJob('b'))
    await worker.run(RELEASE)

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', dueAt, attempt: 0, worker: null })
    expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
  })

  test('only the worker that holds a job can settle it', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const other = await startWorker(store, 'other')

    expect(await other.settle(job, COMPLETE)).toBe('refused')
    expect(await find(store, 'a')).toMatchObject({ state: 'running', worker: 'first' })
  })

  test('a worker may settle after its lease, but not after a rescue', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const [a, b] = [await worker.claimOne(), await worker.claimOne()]
    await clock.advance(LEASE_MS * 2)

    expect(await worker.settle(a, COMPLETE)).toBe('settled')
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toMatchObject({ rescued: ['b'] })
    expect(await worker.settle(b, COMPLETE)).toBe('refused')
  })

  test('each settlement of a call is judged by itself', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'), newJob('b'), newJob('c'))
    const claimed = await worker.claim()
    await store.catalog.cancel(['b'], 'stop')
    const written = claimed.map((job) => settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() }))
    const late = written.map((each) => ({ ...each, epoch: 0 }))

    const answers = await store.jobs.settle([...written, ...late])

    expect(answers).toEqual(['settled', 'cancelled', 'settled', 'refused', 'refused', 'refused'])
  })

  test('a job is settled once, even by one call', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()

    expect(await worker.settleAll([job, job], COMPLETE, RELEASE)).toEqual(['settled', 'refused'])

    expect(await find(store, 'a')).toMatchObject({ state: 'complete' })
  })

  test('a job is settled once, however often one call says that it is complete', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const [a, b] = (await worker.claim()) as [ClaimedJob, ClaimedJob]

    const answers = await worker.settleAll([a, a, b, a, a, a], COMPLETE)

    expect(answers).toEqual(['settled', 'refused', 'settled', 'refused', 'refused', 'refused'])
  })

  test('one call settles 1,500 jobs', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(1_500))
    const claimed = await worker.claim({ limit: 1_500 })

    expect(await worker.settleAll(claimed, COMPLETE)).toEqual(Array(1_500).fill('settled'))

    expect(await store.catalog.count({ states: ['complete'] })).toBe(1_500)
  })

  test('jobs that were claimed together are each what they came to', async ({ store, worker }) => {
    const ids = ['nothing', 'output', 'fails', 'again', 'runs']
    await enqueue(store, ...ids.map((id) => newJob(id, { retries: 0 })))
    const together = (await worker.claim()).slice(0, 4)
    const outcomes = [COMPLETE, { kind: 'complete', output: '1' }, failure('broken'), RELEASE] as const

    expect(await worker.settleAll(together, ...outcomes)).toEqual(Array(4).fill('settled'))
    expect(await worker.settleAll(together, ...outcomes)).toEqual(Array(4).fill('refused'))

    expect(await find(store, 'nothing')).toMatchObject({ state: 'complete', outcome: 'done', output: null })
    expect(await find(store, 'output')).toMatchObject({ state: 'complete', outcome: 'done', output: '1' })
    expect(await find(store, 'fails')).toMatchObject({ state: 'failed', failureKind: 'error' })
    expect(await find(store, 'again')).toMatchObject({ state: 'pending', worker: null })
    expect(await find(store, 'runs')).toMatchObject({ state: 'running', worker: 'first' })
  })

  test('a job that completes among others keeps when it began and where it was', async ({
    store,
    worker,
  }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const claimed = await worker.claim()
    const [a = await worker.claimOne()] = claimed
    await worker.report(a, { progress: { fraction: 0.5 }, checkpoint: '"half"' })

    await worker.settleAll(claimed, COMPLETE)

    expect(await find(store, 'a')).toMatchObject({
      startedAt: a.claimedAt,
      checkpoint: '"half"',
      worker: null,
    })
  })

  test('jobs that were claimed together and complete together free their keys', async ({ store, worker }) => {
    const jobs = newJobs(70).map((job, index) => ({ ...job, key: index % 2 === 0 ? job.id : null }))
    await enqueue(store, ...jobs)
    const claimed = await worker.claim({ limit: 70 })

    expect(await worker.settleAll(claimed, COMPLETE)).toEqual(Array(70).fill('settled'))

    const again = jobs.map((job) => ({ ...job, id: `${job.id}-again` }))
    expect(await enqueue(store, ...again)).toEqual(again.map(({ id }) => ({ id, existed: false })))
    expect(await store.catalog.count({ states: ['complete'] })).toBe(70)
  })

  test('jobs that were claimed together complete without one that was cancelled', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...newJobs(70))
    const claimed = await worker.claim({ limit: 70 })
    await store.catalog.cancel(['job-7'], 'not that one')

    const results = await worker.settleAll(claimed, COMPLETE)

    const unsettled = claimed.filter((_, place) => results[place] !== 'settled')
    expect(idsOf(unsettled)).toEqual(['job-7'])
    expect(results[claimed.indexOf(unsettled[0] as ClaimedJob)]).toBe('cancelled')
    expect(await store.catalog.count({ states: ['complete'] })).toBe(69)
  })

  test('an empty call settles nothing', async ({ store }) => {
    expect(await store.jobs.settle([])).toEqual([])
  })

  test('what does not exist, or no longer, cannot be settled', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.run(COMPLETE)
    await clock.advance(1)
    expect(await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 10)).toBe(1)

    expect(await worker.settle(job, COMPLETE)).toBe('refused')
    expect(await worker.settle({ ...job, seq: 999, id: 'never' }, COMPLETE)).toBe('refused')
  })

  test('a late writer of a job that was deleted does not hit the next one', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('old'))
    const late = await worker.run(COMPLETE)
    await clock.advance(1)
    await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 0 }, 10)
    await enqueue(store, newJob('new'))
    await worker.claimOne()

    expect(await worker.report(late, { checkpoint: '"of the old one"' })).toBe('refused')
    expect(await worker.settle(late, COMPLETE)).toBe('refused')
    expect(await find(store, 'new')).toMatchObject({ state: 'running', checkpoint: null })
  })

  test('a worker is told once that its job was cancelled', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await store.catalog.cancel(['a'], 'stop')
    expect(await find(store, 'a')).toMatchObject({ worker: 'first', epoch: 1 })

    expect(await worker.settle(job, failure('aborted'))).toBe('cancelled')

    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: null, errors: null })
    expect((await worker.beat()).cancelled).toEqual([])
    expect(await worker.settle(job, COMPLETE)).toBe('refused')
  })
}
