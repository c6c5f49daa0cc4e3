import { expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import {
  ANY_JOB,
  enqueue,
  find,
  idsOf,
  LEASE_MS,
  loseWorkers,
  newJob,
  newJobs,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** Who gets what, and in which order: the order first, then who may have a job, then claims that ask before they take. */
export function claimPromises(test: StoreTest): void {
  test('a claim gives the job to its worker, in a new epoch', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await clock.advance(700)

    await worker.claim()

    expect(await find(store, 'a')).toMatchObject({
      state: 'running',
      worker: 'first',
      startedAt: clock.now(),
    })
    expect(await find(store, 'a')).toMatchObject({ epoch: 1, attempt: 1 })
  })

  test('a worker gets all that it needs to run the job', async ({ store, worker }) => {
    const given = { key: 'k', tags: '["x"]', context: '{}', input: '{"n":1}', timeoutMs: 9, retries: 2 }
    await enqueue(store, newJob('a', { ...given, expiresInMs: 99 }))
    const { seq, dueAt, createdAt } = await find(store, 'a')

    const claimed = await worker.claimOne()

    expect(claimed).toMatchObject({
      ...given,
      seq,
      id: 'a',
      name: 'test.work',
      queue: 'default',
      priority: 0,
    })
    expect(claimed).toMatchObject({
      attempt: 1,
      epoch: 1,
      crashes: 0,
      care: 0,
      checkpoint: null,
      errors: null,
    })
    expect(claimed).toMatchObject({ dueAt, createdAt, expiresAt: null, begun: true })
    expect(claimed.claimedAt).toBe((await find(store, 'a')).startedAt)
  })

  test('a claim takes no more than it asks for, be it nothing', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(5))

    expect(await worker.claim({ limit: 0 })).toEqual([])
    expect(await worker.claim({ limit: 3 })).toHaveLength(3)
    expect(await worker.claim({ limit: 3 })).toHaveLength(2)
    expect(await worker.claim({ limit: 3 })).toEqual([])
  })

  test('jobs that are alike run in the order of arrival', async ({ store, worker }) => {
    const jobs = newJobs(300)
    await enqueue(store, ...jobs)

    const claimed = [...(await worker.claim({ limit: 100 })), ...(await worker.claim({ limit: 200 }))]
    expect(idsOf(claimed)).toEqual(idsOf(jobs))
  })

  test('order holds across names and queues', async ({ store, worker }) => {
    const jobs = newJobs(30).map((job, index) => ({
      ...job,
      name: `test.kind-${index % 3}`,
      queue: `queue-${index % 2}`,
      priority: -(index % 5),
    }))
    await enqueue(store, ...jobs)

    const inOrder = jobs.toSorted((left, right) => right.priority - left.priority)
    expect(idsOf(await worker.claim({ limit: 30 }))).toEqual(idsOf(inOrder))
  })

  test('a better job that comes while others are claimed is next', async ({ store, worker, clock }) => {
    await enqueue(store, ...newJobs(6, { priority: -5 }))
    await clock.advance(10)
    await worker.claimOne()

    await enqueue(store, newJob('better', { priority: -4 }))
    expect(await worker.claimOne()).toMatchObject({ id: 'better' })

    await enqueue(store, newJob('earlier', { priority: -5, runAtMs: clock.now() - 11 }))
    expect(await worker.claimOne()).toMatchObject({ id: 'earlier' })
  })

  test('so is one that comes in a transaction of the caller', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(6, { priority: -5 }))
    await worker.claimOne()

    await store.transaction((tx) => tx.insert([newJob('best', { priority: -3 })], PENDING_MAX))
    expect(await worker.claimOne()).toMatchObject({ id: 'best' })
  })

  test('a job is not claimed before it is due', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { delayMs: 1_000, priority: 9 }))
    await clock.advance(999)
    expect(await worker.claim()).toEqual([])

    await clock.advance(1)
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('a time in the past is due now, before what came since', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('now'), newJob('overdue', { runAtMs: clock.now() - 5_000 }))

    expect(idsOf(await worker.claim())).toEqual(['overdue', 'now'])
  })

  test('the store says when the next job will be due', async ({ store, worker, clock }) => {
    expect(await store.jobs.nextDueAt()).toBeNull()
    await enqueue(store, newJob('due'), newJob('later', { delayMs: 900 }), newJob('soon', { delayMs: 300 }))

    expect(await store.jobs.nextDueAt()).toBe(clock.now() + 300)
    await clock.advance(300)
    await worker.claim()
    expect(await store.jobs.nextDueAt()).toBe(clock.now() + 600)
    await store.catalog.cancel(['later'], 'not needed')
    expect(await store.jobs.nextDueAt()).toBeNull()
  })

  test('a worker gets only names that it has handlers for', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { name: 'test.a' }), newJob('b', { name: 'test.b' }))

    expect(await worker.claim({ names: [] })).toEqual([])
    expect(await worker.claim({ names: ['test.c', "test.a' or true --"] })).toEqual([])
    expect(idsOf(await worker.claim({ names: ['test.b', 'test.c'] }))).toEqual(['b'])
  })

  test('a worker gets only jobs of the queues that it serves', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { queue: 'mail' }), newJob('b', { queue: 'print' }), newJob('c'))

    expect(await worker.claim({ queues: [] })).toEqual([])
    expect(idsOf(await worker.claim({ queues: ['print', 'default'] }))).toEqual(['b', 'c'])
    expect(idsOf(await worker.claim({ names: ['test.work'], queues: ['mail'] }))).toEqual(['a'])
  })

  test('a job that nobody here serves keeps nobody waiting', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(1_500, { name: 'test.foreign', priority: 1 }), newJob('own'))

    expect(idsOf(await worker.claim({ names: ['test.work'] }))).toEqual(['own'])
  })

  test('an expired job is not started, though nobody failed it yet', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { expiresInMs: 1_000 }), newJob('b', { expiresInMs: 1_001 }))
    await clock.advance(1_000)

    expect(idsOf(await worker.claim())).toEqual(['b'])
    expect(await find(store, 'a')).toMatchObject({ state: 'pending' })
  })

  test('a worker without a lease claims nothing', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const request = { ...ANY_JOB, limit: 1 }
    expect(await store.jobs.claim({ worker: 'nobody', ...request })).toEqual([])

    await clock.advance(LEASE_MS)
    expect(await worker.claim()).toEqual([])

    await worker.beat()
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('a worker that was rescued or has signed off claims nothing', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const other = await startWorker(store, 'other')
    await other.stop()
    expect(await other.claim()).toEqual([])

    await loseWorkers(store, clock)
    await worker.beat()
    expect(await worker.claim()).toEqual([])
  })

  test('a claim asks before it takes: what is refused stays as it was', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'), newJob('c'))
    const before = await find(store, 'a')

    const claimed = await worker.claim({ limit: 1, accepts: (job) => job.id === 'b' })

    expect(idsOf(claimed)).toEqual(['b'])
    expect(await find(store, 'a')).toEqual(before)
    expect(await find(store, 'c')).toMatchObject({ state: 'pending', epoch: 0, attempt: 0 })
  })

  test('what a claim asks about is the job as it would be claimed', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const asked: unknown[] = []
    const [claimed] = await worker.claim({ accepts: (job) => asked.push(job) > 0 })

    expect(asked).toMatchObject([{ id: 'a', epoch: claimed?.epoch, attempt: 1, input: '{}', begun: false }])
  })

  test('a question that throws ends the claim, and nothing was taken', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const accepts = (job: { id: string }) => {
      if (job.id === 'b') throw new Error('broken filter')
      return true
    }

    await expect(worker.claim({ accepts })).rejects.toThrow('broken filter')
    expect(await store.catalog.count({ states: ['pending'] })).toBe(2)
    expect(await worker.claim()).toHaveLength(2)
  })

  test('a claim that is refused everything gives up after a thousand jobs', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(1_200), newJob('last'))
    let asked = 0
    const accepts = (job: { id: string }) => {
      asked += 1
      return job.id === 'last'
    }

    expect(await worker.claim({ accepts })).toEqual([])
    expect(asked).toBe(1_000)
  })

  test('a claim goes on where an earlier one gave up', async ({ store, worker }) => {
    await enqueue(store, newJob('refused before'), newJob('refused now'), newJob('wanted'))
    const after = await find(store, 'refused before')
    const asked: string[] = []
    const accepts = ({ id }: { id: string }) => asked.push(id) > 0 && id === 'wanted'

    expect(idsOf(await worker.claim({ accepts, after }))).toEqual(['wanted'])
    expect(asked).toEqual(['refused now', 'wanted'])
  })
}
