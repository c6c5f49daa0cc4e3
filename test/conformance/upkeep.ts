import { expect } from 'vitest'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import type { LogLine } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  LEASE_MS,
  loseWorkers,
  newJob,
  newJobs,
  RELEASE,
  settlement,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const KEEP_NOTHING = { complete: 0, failed: 0, cancelled: 0 }

/** What keeps the store in order, run by whoever leads. */
export function upkeepPromises(test: StoreTest): void {
  test('one leads, as long as it says so again in time', async ({ store, clock }) => {
    expect(await store.upkeep.elect('a', 1_000)).toMatchObject({ leads: true })
    expect(await store.upkeep.elect('b', 1_000)).toMatchObject({ leads: false })
    await clock.advance(999)
    expect(await store.upkeep.elect('b', 1_000)).toMatchObject({ leads: false })
    expect(await store.upkeep.elect('a', 1_000)).toMatchObject({ leads: true })

    await clock.advance(1_000)
    expect(await store.upkeep.elect('b', 1_000)).toMatchObject({ leads: true })
    expect(await store.upkeep.elect('a', 1_000)).toMatchObject({ leads: false })
  })

  test('whoever asks who leads is told for how long, so that it can ask again just then', async ({
    store,
    clock,
  }) => {
    expect(await store.upkeep.elect('a', 1_000)).toEqual({ leads: true, forMs: 1_000 })
    await clock.advance(300)
    expect(await store.upkeep.elect('b', 5_000)).toEqual({ leads: false, forMs: 700 })
    expect(await store.upkeep.elect('a', 2_000)).toEqual({ leads: true, forMs: 2_000 })
  })

  test('a leader that is told that nothing is to be done for a while finds nothing to do', async ({
    store,
    worker,
    clock,
  }) => {
    // Memory and PostgreSQL tell nobody: there the leader looks by itself.
    const idleForMs = async () => (await store.upkeep.elect('first', LEASE_MS)).idleForMs
    await enqueue(store, newJob('held'), newJob('expires', { expiresInMs: 5 }))
    await worker.claim({ limit: 1 })
    expect([undefined, LEASE_MS]).toContain(await idleForMs())
    await clock.advance(5)
    expect(await idleForMs()).toBeUndefined()
    await store.upkeep.expire(10)
    expect([undefined, LEASE_MS - 5]).toContain(await idleForMs())
    await clock.advance(LEASE_MS)
    expect(await idleForMs()).toBeUndefined()
    await store.upkeep.rescue(CRASH_LIMIT, 0)
    await startWorker(store, 'second')
    expect(await idleForMs()).toBeUndefined()
  })

  test('a leader that resigns is followed at once; nobody else can resign for it', async ({ store }) => {
    await store.upkeep.elect('a', 1_000)
    await store.upkeep.resign('b')
    expect(await store.upkeep.elect('b', 1_000)).toMatchObject({ leads: false })

    await store.upkeep.resign('a')
    expect(await store.upkeep.elect('b', 1_000)).toMatchObject({ leads: true })
  })

  test('only lapsed leases are ended, and the next lapse is foretold', async ({ store, clock }) => {
    const lost = await startWorker(store, 'lost', { leaseMs: 1_000 })
    await startWorker(store, 'alive', { leaseMs: 1_500 })
    await enqueue(store, newJob('a'))
    await lost.claim()
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toMatchObject({
      workers: [],
      nextLapseAt: clock.now() + 1_000,
    })

    await clock.advance(1_000)
    const nextLapseAt = clock.now() + 500
    const rescued = { workers: ['lost'], rescued: ['a'], quarantined: [], more: false, nextLapseAt }
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toEqual(rescued)
    expect(idsOf(await store.workers.list())).toEqual(['alive'])
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toEqual({ ...rescued, workers: [], rescued: [] })
  })

  test('where there is no worker there is no lapse', async ({ store }) => {
    const nothing = { workers: [], rescued: [], quarantined: [], more: false, nextLapseAt: null }
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toEqual(nothing)
  })

  test('a rescued job keeps its place and what it has told', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await worker.report(job, { checkpoint: '{"page":9}', progress: { fraction: 0.9 } })
    await loseWorkers(store, clock)

    const rescued = { state: 'pending', worker: null, attempt: 0, crashes: 1, errors: null }
    expect(await find(store, 'a')).toMatchObject({ ...rescued, dueAt: job.dueAt, checkpoint: '{"page":9}' })
  })

  test('a quarantined job says what became of its workers', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    await worker.claim({ limit: 1 })
    await clock.advance(LEASE_MS)

    expect(await store.upkeep.rescue(1)).toMatchObject({ rescued: [], quarantined: ['a'] })

    const { errors, ...rest } = await find(store, 'a')
    const end = {
      state: 'failed',
      failureKind: 'crashed',
      reason: null,
      worker: null,
      finishedAt: clock.now(),
    }
    expect(rest).toMatchObject({ ...end, attempt: 1, crashes: 1 })
    expect(JSON.parse(errors ?? '')).toMatchObject([
      { kind: 'crashed', message: expect.stringContaining("'first'") },
    ])
  })

  test('a quarantined job that is retried is trusted again', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    await clock.advance(LEASE_MS)
    await store.upkeep.rescue(1)
    await store.catalog.retry(['a'])

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', crashes: 0 })
    const next = await startWorker(store, 'next')
    expect(idsOf(await next.claim({ takesAlone: false }))).toEqual(['a'])
  })

  test('a cancelled job belongs to nobody once its worker is lost', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    await store.catalog.cancel(['a'], 'stop')
    await clock.advance(LEASE_MS)

    expect(await store.upkeep.rescue(CRASH_LIMIT)).toMatchObject({
      workers: ['first'],
      rescued: [],
      quarantined: [],
    })
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: null, crashes: 0 })
  })

  test('a job that nobody started in time fails as expired', async ({ store, clock }) => {
    await enqueue(store, newJob('a', { expiresInMs: 1_000 }), newJob('b'))
    await clock.advance(999)
    expect(await store.upkeep.expire(10)).toEqual([])
    await clock.advance(1)
    expect(await store.upkeep.expire(10)).toEqual(['a'])

    const { errors, ...rest } = await find(store, 'a')
    expect(rest).toMatchObject({
      state: 'failed',
      failureKind: 'expired',
      finishedAt: clock.now(),
      startedAt: null,
    })
    expect(JSON.parse(errors ?? '')).toMatchObject([{ kind: 'expired' }])
    expect(await store.upkeep.expire(10)).toEqual([])
  })

  test('a job that was started in time does not expire when it runs again', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a', { expiresInMs: 1_000 }))
    await worker.settle(await worker.claimOne(), RELEASE)
    await clock.advance(1_000)

    expect(await store.upkeep.expire(10)).toEqual([])
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('a running job does not expire', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { expiresInMs: 1_000 }))
    const job = await worker.claimOne()
    await clock.advance(1_000)

    expect(await store.upkeep.expire(10)).toEqual([])
    expect(await worker.settle(job, COMPLETE)).toBe('settled')
  })

  test('a scheduled job expires even before it is due', async ({ store, clock }) => {
    await enqueue(store, newJob('a', { delayMs: 5_000, expiresInMs: 1_000 }))
    await clock.advance(1_000)

    expect(await store.upkeep.expire(10)).toEqual(['a'])
    expect(await store.jobs.nextDueAt()).toBeNull()
  })

  test('an expired job lets go of its key', async ({ store, clock }) => {
    await enqueue(store, newJob('a', { key: 'k', expiresInMs: 1 }))
    await clock.advance(1)
    await store.upkeep.expire(10)

    expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'b', existed: false }])
  })

  test('one round expires no more than it is told to', async ({ store, clock }) => {
    await enqueue(store, ...newJobs(5, { expiresInMs: 1 }))
    await clock.advance(1)

    expect(await store.upkeep.expire(0)).toEqual([])
    expect(await store.upkeep.expire(3)).toHaveLength(3)
    expect(await store.upkeep.expire(3)).toHaveLength(2)
  })

  test('settled jobs are deleted after the retention of their state', async ({ store, clock }) => {
    await settleThree(store)
    const retention = { complete: 100, failed: 200, cancelled: 300 }
    const left = async () => (await store.catalog.list({}, { limit: 9 })).map(({ state }) => state).toSorted()

    await clock.advance(99)
    expect(await store.upkeep.prune(retention, 10)).toBe(0)
    await clock.advance(1)
    expect(await store.upkeep.prune(retention, 10)).toBe(1)
    expect(await left()).toEqual(['cancelled', 'failed', 'pending'])
    await clock.advance(100)
    expect(await store.upkeep.prune(retention, 10)).toBe(1)
    expect(await left()).toEqual(['cancelled', 'pending'])
  })

  test('what is not settled is never deleted', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('running'), newJob('scheduled', { delayMs: 1e12 }))
    await worker.claim()
    await clock.advance(1e9)

    expect(await store.upkeep.prune(KEEP_NOTHING, 10)).toBe(0)
    expect(await store.catalog.count({})).toBe(2)
  })

  test('one round deletes no more than it is told to, the oldest first', async ({ store, clock }) => {
    for (const id of ['a', 'b', 'c']) {
      await enqueue(store, newJob(id))
      await store.catalog.cancel([id], 'no')
      await clock.advance(10)
    }

    expect(await store.upkeep.prune(KEEP_NOTHING, 0)).toBe(0)
    expect(await store.upkeep.prune(KEEP_NOTHING, 2)).toBe(2)
    expect(idsOf(await store.catalog.list({}, { limit: 9 }))).toEqual(['c'])
  })

  test('of jobs that completed together no more are deleted either, and the others stay whole', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, ...newJobs(5))
    const jobs = await worker.claim()
    const nowMs = await store.now()
    await store.jobs.settle(jobs.map((job) => settlement(job, worker.id, { outcome: COMPLETE, nowMs })))
    await clock.advance(10)

    expect(await store.upkeep.prune(KEEP_NOTHING, 2)).toBe(2)
    const left = await store.catalog.list({ states: ['complete'] }, { limit: 9 })
    expect(left).toMatchObject([{ attempt: 1 }, { attempt: 1 }, { attempt: 1 }])
    expect(await store.catalog.get(idsOf(jobs))).toHaveLength(3)
    expect(await store.catalog.cancel(idsOf(left), 'too late')).toEqual([])
    expect(await store.upkeep.prune(KEEP_NOTHING, 10)).toBe(3)
    expect(await store.catalog.count({})).toBe(0)
  })

  test('the log lines of a deleted job go with it', async ({ store, worker, clock }) => {
    const line: LogLine = { at: 1, level: 'info', message: 'was here', data: null }
    for (const id of ['a', 'b']) {
      await enqueue(store, newJob(id))
      const job = await worker.claimOne()
      await worker.report(job, { logs: [line] })
      await worker.settle(job, COMPLETE)
      await clock.advance(10)
    }
    await store.upkeep.prune({ ...KEEP_NOTHING, complete: 15 }, 10)

    expect(await store.catalog.logs('a')).toEqual([])
    expect(await store.catalog.logs('b')).toEqual([line])
  })
}

/** One job each that completed, failed and was cancelled now, and one that is pending. */
async function settleThree(store: Store): Promise<void> {
  const worker = await startWorker(store, 'settler')
  await enqueue(store, ...newJobs(4, { retries: 0 }))
  await worker.run(COMPLETE)
  await worker.run(failure('no'))
  await store.catalog.cancel(['job-2'], 'no')
}
