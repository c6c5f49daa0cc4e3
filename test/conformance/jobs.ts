import { expect } from 'vitest'
import { parseFailures } from '../../src/job/failure.ts'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
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
  snooze,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/**
 * The promises of the system. Whatever else a store does, whatever crashes, and however late an answer comes: these
 * hold. The files beside this one say the rest, role by role.
 */
export function jobPromises(test: StoreTest): void {
  test('an acknowledged job outlives the process that enqueued it', async ({ store, reopen }) => {
    await enqueue(store, newJob('a', { input: '{"path":"a.pdf"}' }))
    await store.close()

    const elsewhere = await reopen()
    const worker = await startWorker(elsewhere, 'in another process')
    expect(await worker.claimOne()).toMatchObject({ id: 'a', input: '{"path":"a.pdf"}' })
  })

  test('a job is claimed by one worker, however many want it', async ({ store }) => {
    await enqueue(store, ...newJobs(100))
    const workers = await Promise.all(['x', 'y', 'z'].map((id) => startWorker(store, id)))

    const claims = await Promise.all(workers.map((worker) => worker.claim({ limit: 50 })))

    const claimed = idsOf(claims.flat())
    expect(claimed).toHaveLength(100)
    expect(new Set(claimed).size).toBe(100)
  })

  test('the best job runs first: priority, then due time, then arrival', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('idle', { priority: -1 }), newJob('late', { delayMs: 20 }))
    await enqueue(store, newJob('soon', { delayMs: 10 }), newJob('soon too', { delayMs: 10 }))
    await enqueue(store, newJob('urgent', { priority: 5, delayMs: 20 }))
    await clock.advance(20)

    expect(idsOf(await worker.claim())).toEqual(['urgent', 'soon', 'soon too', 'late', 'idle'])
  })

  test('a settled job never runs again: a late writer is refused', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    expect(await worker.settle(job, COMPLETE)).toBe('settled')

    expect(await worker.settle(job, failure('too late'))).toBe('refused')

    expect(await worker.claim()).toEqual([])
    expect(await find(store, 'a')).toMatchObject({ state: 'complete', outcome: 'done', errors: null })
  })

  test('a worker that was taken for lost can no longer write', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const before = await worker.claimOne()
    await loseWorkers(store, clock)

    const second = await startWorker(store, 'second')
    const after = await second.claimOne()

    expect(after.epoch).toBe(before.epoch + 1)
    expect(await worker.settle(before, COMPLETE)).toBe('refused')
    expect(await worker.report(before, { progress: { fraction: 1 } })).toBe('refused')
    expect(await find(store, 'a')).toMatchObject({ state: 'running', worker: 'second', progress: null })
  })

  test('an earlier attempt is refused, even of the same worker', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const earlier = await worker.claimOne()
    await worker.settle(earlier, RELEASE)
    const later = await worker.claimOne()

    expect(await worker.settle(earlier, COMPLETE)).toBe('refused')
    expect(await worker.settle(later, COMPLETE)).toBe('settled')
  })

  test('a job is not lost when its worker is: it runs again', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const { attempt, dueAt } = await worker.claimOne()

    expect(await loseWorkers(store, clock)).toMatchObject({ workers: ['first'], rescued: ['a'] })

    const second = await startWorker(store, 'second')
    expect(await second.claimOne()).toMatchObject({ id: 'a', attempt, dueAt, crashes: 1 })
  })

  test('a job that takes its workers down is quarantined, not passed on', async ({ store, clock }) => {
    await enqueue(store, newJob('poison'))
    for (let crash = 1; crash <= CRASH_LIMIT; crash += 1) {
      const victim = await startWorker(store, `victim ${crash}`)
      await victim.claimOne()
      await loseWorkers(store, clock)
    }

    expect(await find(store, 'poison')).toMatchObject({ state: 'failed', failureKind: 'crashed' })
    const next = await startWorker(store, 'next')
    expect(await next.claim()).toEqual([])
  })

  test('a worker that lost its lease is told so at its next beat', async ({ store, worker, clock }) => {
    expect(await worker.beat()).toEqual({ lost: false, order: 'run', cancelled: [] })

    await loseWorkers(store, clock)

    expect(await worker.beat()).toEqual({ lost: true, order: 'run', cancelled: [] })
  })

  test('a retry is a due time in the store, never a sleep in a slot', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.run(failure('the mail server is away'))

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', worker: null })
    expect(await store.jobs.nextDueAt()).toBe(clock.now() + RETRY_DELAY_MS)
    expect(await worker.claim()).toEqual([])

    await clock.advance(RETRY_DELAY_MS)
    expect(await worker.claimOne()).toMatchObject({ id: 'a', attempt: 2 })
  })

  test('a job fails for good when its retries are used up', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { retries: 1 }))
    await worker.run(failure('first'))
    await clock.advance(RETRY_DELAY_MS)
    await worker.run(failure('second'))

    const job = await find(store, 'a')
    expect(job).toMatchObject({ state: 'failed', failureKind: 'error', finishedAt: clock.now() })
    expect(parseFailures(job.errors)).toMatchObject([
      { message: 'first', attempt: 1 },
      { message: 'second', attempt: 2 },
    ])
  })

  test('to snooze, to be released and to be rescued burn no attempt', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { retries: 0 }))
    await worker.run(snooze(500))
    await clock.advance(500)
    await worker.run(RELEASE)
    await worker.claimOne()
    await loseWorkers(store, clock)

    const second = await startWorker(store, 'second')
    expect(await second.claimOne()).toMatchObject({ attempt: 1, epoch: 4, errors: null })
  })

  test('a cancelled job stays cancelled: no completion overwrites it', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()

    expect(await store.catalog.cancel(['a'], 'too late')).toEqual(['a'])

    expect(await worker.settle(job, COMPLETE)).toBe('cancelled')
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', reason: 'too late', output: null })
  })

  test('a cancel reaches the worker that runs the job, with its next beat', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const [job] = await worker.claim()

    await store.catalog.cancel(['a'], 'no longer wanted')

    const { seq, epoch } = job ?? {}
    expect((await worker.beat()).cancelled).toEqual([{ seq, id: 'a', epoch, reason: 'no longer wanted' }])
  })

  test('while a job is unfinished, to enqueue its key again gives that one', async ({ store, worker }) => {
    const [first] = await enqueue(store, newJob('a', { key: 'report' }))
    expect(first).toEqual({ id: 'a', existed: false })

    expect(await enqueue(store, newJob('b', { key: 'report' }))).toEqual([{ id: 'a', existed: true }])
    const job = await worker.claimOne()
    expect(await enqueue(store, newJob('c', { key: 'report' }))).toEqual([{ id: 'a', existed: true }])

    await worker.settle(job, COMPLETE)
    expect(await enqueue(store, newJob('d', { key: 'report' }))).toEqual([{ id: 'd', existed: false }])
  })

  test('a full queue refuses a call as a whole, and says so', async ({ store }) => {
    const pendingMax = 3
    await store.jobs.insert([newJob('a'), newJob('b')], pendingMax)

    const refused = store.jobs.insert([newJob('c'), newJob('d')], pendingMax)

    await expect(refused).rejects.toMatchObject({ code: 'queue_full', facts: { queue: 'default', limit: 3 } })
    expect(await store.catalog.count({})).toBe(2)
  })
}
