import { expect } from 'vitest'
import { renewing } from '../../src/job/cache.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Outcome } from '../../src/job/outcome.ts'
import type { ClaimedJob } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import {
  enqueue,
  failure,
  find,
  idsOf,
  loseWorkers,
  newJob,
  RELEASE,
  settlement,
  skip,
  snooze,
  startWorker,
  type TestWorker,
} from '../support/jobs.ts'
import { atMost, gate } from './limits.ts'
import { doAll } from './operations.ts'
import type { StoreTest } from './store-test.ts'

const TTL_MS = 60_000
const GATE = 'cache of test.work=k'
const LIMITS = JSON.stringify([[GATE, 1]])

/** A job that is equal to all others of these. */
const equal = (id: string, given: Partial<NewJob> = {}): NewJob => newJob(id, { limits: LIMITS, ...given })

interface Ended {
  readonly worker: TestWorker
  readonly job: ClaimedJob
}

/** Its job comes to this, which is the result of its equals. */
async function complete(store: Store, { worker, job }: Ended, output = '{"n":1}') {
  const outcome: Outcome = { kind: 'complete', output }
  const written = settlement(job, worker.id, { outcome, nowMs: await store.now() })
  return store.jobs.settle([{ ...written, answers: { gate: GATE, forMs: TTL_MS } }])
}

/** Runs the next job, which comes to a result. */
async function run(store: Store, worker: TestWorker, output?: string): Promise<ClaimedJob> {
  const job = await worker.claimOne()
  await complete(store, { worker, job }, output)
  return job
}

const answersOf = (jobs: readonly ClaimedJob[]) => jobs.map(({ id, answer }) => [id, answer])

/** Equal jobs, of which one runs. */
export function cachePromises(test: StoreTest): void {
  test('of equal jobs one runs, and all others have its result when it is there', async ({
    store,
    worker,
  }) => {
    await enqueue(store, equal('a'), equal('b'), newJob('other'), equal('c'))
    const [first, other, ...more] = await worker.claim()
    expect([first?.id, other?.id, more]).toEqual(['a', 'other', []])
    expect(first?.answer).toBeUndefined()

    if (first) await complete(store, { worker, job: first })
    expect(answersOf(await worker.claim())).toEqual([
      ['b', 'a'],
      ['c', 'a'],
    ])
  })

  test('of workers that claim at the same time one begins an equal job', async ({
    store,
    worker,
    reopen,
  }) => {
    const other = await startWorker(await reopen(), 'other')
    for (const round of ['a', 'b', 'c', 'd', 'e']) {
      const limits = JSON.stringify([[`cache of test.work=${round}`, 1]])
      await enqueue(store, ...['1', '2', '3', '4'].map((id) => newJob(`${round}${id}`, { limits })))
      await Promise.all([worker.claim(), other.claim(), worker.claim(), other.claim()])
      await other.claim()
      expect(await gate(store, `cache of test.work=${round}`)).toMatchObject({ running: 1, waiting: 3 })
    }
  })

  test('an equal job that comes later has the result as long as it counts, and not a moment longer', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, equal('a'))
    await run(store, worker)
    await clock.advance(TTL_MS - 1)
    await worker.beat(TTL_MS)
    await enqueue(store, equal('b'))
    expect(answersOf(await worker.claim())).toEqual([['b', 'a']])

    await clock.advance(1)
    await enqueue(store, equal('c'), equal('d'))
    expect(answersOf(await worker.claim())).toEqual([['c', undefined]])
  })

  test('who has the result of another holds nothing, and says whose it is', async ({ store, worker }) => {
    await enqueue(store, equal('a'))
    await run(store, worker, '{"n":2}')
    await enqueue(store, equal('b'))
    const job = await worker.claimOne()
    expect(await gate(store, GATE).then((found) => found?.running ?? 0)).toBe(0)
    expect(await store.limits.strays(10)).toEqual({ holders: [], unheld: [], waiting: [] })

    await worker.settle(job, { kind: 'cached', output: '{"n":2}', from: 'a' })
    expect(await find(store, 'b')).toMatchObject({
      ...{ state: 'complete', outcome: 'cached', reason: 'a', output: '{"n":2}' },
    })
  })

  for (const [how, outcome] of Object.entries({
    'fails for good': { ...failure('no'), permanent: true },
    'fails and is retried': failure('not yet'),
    'is snoozed': snooze(TTL_MS),
    'is skipped': skip('nothing to do'),
    'is given back': RELEASE,
  } as const)) {
    test(`when the one that runs ${how}, the next runs`, async ({ store, worker }) => {
      await enqueue(store, equal('a', { priority: 9 }), equal('b'), equal('c'))
      const job = await worker.claimOne()
      expect(await worker.claim()).toEqual([])
      await worker.settle(job, outcome)

      const [next, ...more] = await worker.claim()
      expect(next?.id).toBe(outcome.kind === 'release' ? 'a' : 'b')
      expect([next?.answer, more]).toEqual([undefined, []])
    })
  }

  test('when the one that runs is cancelled or loses its worker, the next runs', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, equal('a'), equal('b'), equal('c'))
    await worker.claimOne()
    await store.catalog.cancel(['a'], 'no more')
    expect(answersOf(await worker.claim())).toEqual([['b', undefined]])

    await loseWorkers(store, clock)
    const second = await startWorker(store, 'second')
    expect(answersOf(await second.claim())).toEqual([['b', undefined]])
  })

  test('a job that was to be retried has the result that came meanwhile', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, equal('a'), equal('b'))
    await worker.run(failure('not yet'))
    await run(store, worker)
    await clock.advance(5_000)
    expect(answersOf(await worker.claim())).toEqual([['a', 'b']])
  })

  test('a rerun runs whatever there is of a result, and comes to the one that counts', async ({
    store,
    worker,
  }) => {
    await enqueue(store, equal('a'))
    await run(store, worker)
    await enqueue(store, equal('again', { limits: renewing(LIMITS), rerunOf: 'a' }))
    const again = await worker.claimOne()
    expect(again.answer).toBeUndefined()

    await complete(store, { worker, job: again }, '{"n":2}')
    await enqueue(store, equal('b'))
    expect(answersOf(await worker.claim())).toEqual([['b', 'again']])
  })

  test('reruns of equal jobs run one at a time', async ({ store, worker }) => {
    await enqueue(store, equal('a'))
    await run(store, worker)
    const limits = renewing(LIMITS)
    await enqueue(store, equal('one', { limits }), equal('two', { limits }), equal('b'))
    expect(answersOf(await worker.claim())).toEqual([
      ['one', undefined],
      ['b', 'a'],
    ])
    expect(await worker.claim()).toEqual([])
  })

  test('who has the result of another waits for no limit, and takes nothing of a rate', async ({
    store,
    worker,
  }) => {
    const limits = JSON.stringify([
      [GATE, 1],
      ['api', 1],
    ])
    await store.limits.declare([{ ...atMost(1), rateCount: 1, ratePerMs: 3_600_000 }])
    await enqueue(store, equal('a', { limits }), equal('b', { limits }), equal('c', { limits }))
    await run(store, worker)
    expect(answersOf(await worker.claim())).toEqual([
      ['b', 'a'],
      ['c', 'a'],
    ])
  })

  test('a late or a lost worker leaves no result', async ({ store, worker, clock }) => {
    await enqueue(store, equal('a'), equal('b'))
    const late = await worker.claimOne()
    await loseWorkers(store, clock)
    const second = await startWorker(store, 'second')
    const [again] = await second.claim()
    expect(again?.id).toBe('a')
    expect(await complete(store, { worker, job: late })).toEqual(['refused'])
    await enqueue(store, equal('c'))
    expect(await second.claim()).toEqual([])
  })

  test('a settlement that is written again, since its answer was lost, is written once', async ({
    store,
    worker,
  }) => {
    await enqueue(store, equal('a'), equal('b'))
    const job = await worker.claimOne()
    const outcome: Outcome = { kind: 'complete', output: '1' }
    const written = settlement(job, worker.id, { outcome, nowMs: await store.now() })
    const answers = { gate: GATE, forMs: TTL_MS }
    expect(await store.jobs.settle([{ ...written, answers }])).toEqual(['settled'])
    expect(await store.jobs.settle([{ ...written, answers }], true)).toEqual(['settled'])
    expect(answersOf(await worker.claim())).toEqual([['b', 'a']])
  })

  test('what a transaction has come to is the result once it is committed, and never where it is not', async ({
    store,
    worker,
  }) => {
    await enqueue(store, equal('a'), equal('b'))
    const job = await worker.claimOne()
    const outcome: Outcome = { kind: 'complete', output: '1' }
    const written = settlement(job, worker.id, { outcome, nowMs: await store.now() })
    const settlements = [{ ...written, answers: { gate: GATE, forMs: TTL_MS } }]
    const undone = store.transaction(async (tx) => {
      await tx.settle(settlements)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await worker.claim()).toEqual([])

    await store.transaction((tx) => tx.settle(settlements))
    expect(answersOf(await worker.claim())).toEqual([['b', 'a']])
  })

  test('a result is gone with its job', async ({ store, worker }) => {
    await enqueue(store, equal('a'))
    await run(store, worker)
    await doAll(store, { verb: 'delete' }, ['a'])
    await enqueue(store, equal('b'))
    expect(answersOf(await worker.claim())).toEqual([['b', undefined]])
  })

  test('a prune leaves results that count, and takes those whose jobs it deletes', async ({
    store,
    worker,
  }) => {
    const retention = { complete: 1e9, failed: 1e9, cancelled: 1e9 }
    await enqueue(store, equal('a'))
    await run(store, worker)
    await store.upkeep.prune(retention, 100)
    await enqueue(store, equal('b'))
    expect(answersOf(await worker.claim())).toEqual([['b', 'a']])

    expect(await store.upkeep.prune({ ...retention, complete: 0 }, 100)).toBe(1)
    await enqueue(store, equal('c'))
    expect(answersOf(await worker.claim())).toEqual([['c', undefined]])
  })

  test('more equal jobs than go on at once all get the result', async ({ store, worker, clock }) => {
    await enqueue(store, equal('a'))
    const first = await worker.claimOne()
    await enqueue(store, ...Array.from({ length: 1_100 }, (_, index) => equal(`job-${index}`)))
    await worker.claim()
    await complete(store, { worker, job: first })
    const taken: string[] = []
    for (let jobs = await worker.claim({ limit: 2_000 }); jobs.length > 0; ) {
      taken.push(...idsOf(jobs.filter(({ answer }) => answer === 'a')))
      await clock.advance(0)
      jobs = await worker.claim({ limit: 2_000 })
    }
    expect(taken).toHaveLength(1_100)
  })
}
