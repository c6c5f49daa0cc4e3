import { expect } from 'vitest'
import type { Limit } from '../../src/job/limit.ts'
import type { NewJob } from '../../src/job/new-job.ts'
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
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** What lets at most so many run at a time. */
export const atMost = (concurrency: number, name = 'api'): Limit => ({
  ...{ name, concurrency, rateCount: null, ratePerMs: null },
})

/** A job that has to pass these gates. */
export const limited = (id: string, gates: readonly string[], given: Partial<NewJob> = {}): NewJob =>
  newJob(id, { limits: JSON.stringify([...gates].sort().map((gate) => [gate, 1])), ...given })

export async function gate(store: Store, name: string) {
  const [found] = await store.limits.gates({ names: [name] }, 1)
  return found
}

/** Limits of how many jobs run at a time. */
export function limitPromises(test: StoreTest): void {
  test('never more jobs of a limit run than it lets', async ({ store, worker }) => {
    await store.limits.declare([atMost(2)])
    await enqueue(store, ...['a', 'b', 'c', 'd'].map((id) => limited(id, ['api'])))

    expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
    expect(await worker.claim()).toEqual([])
    expect(await gate(store, 'api')).toMatchObject({ running: 2, waiting: 2 })
  })

  test('what has a limit does not go before a better job that has none', async ({ store, worker }) => {
    await store.limits.declare([atMost(4)])
    const [first, second, third] = [3, 2, 1].map((priority) => ({ priority }))
    await enqueue(store, limited('a', ['api'], first), newJob('b', second), limited('c', ['api'], third))
    for (const id of ['a', 'b', 'c']) expect(idsOf(await worker.claim({ limit: 1 }))).toEqual([id])
  })

  test('whoever ends lets the next one go on, in the order of jobs', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']), limited('c', ['api'], { priority: 5 }))
    for (const id of ['c', 'a', 'b']) {
      const [job, ...others] = await worker.claim()
      expect([job?.id, others]).toEqual([id, []])
      expect(await worker.claim()).toEqual([])
      if (job) await worker.settle(job, COMPLETE)
    }
  })

  for (const [how, leave] of Object.entries({
    completes: COMPLETE,
    'fails for good': { ...failure('no'), permanent: true },
    'fails and is retried': failure('not yet'),
    'is snoozed': { kind: 'snooze', delayMs: 60_000 },
    'is given back': RELEASE,
  } as const)) {
    test(`a job that ${how} leaves its gate`, async ({ store, worker }) => {
      await store.limits.declare([atMost(1)])
      await enqueue(store, limited('a', ['api'], { priority: 9 }), limited('b', ['api']))
      const job = await worker.claimOne()
      expect(await worker.claim()).toEqual([])

      await worker.settle(job, leave)
      expect(await gate(store, 'api').then((found) => found?.running ?? 0)).toBe(0)
      expect(await worker.claim()).toHaveLength(1)
    })
  }

  test('a running job that is cancelled leaves its gate', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']))
    await worker.claimOne()
    await worker.claim()

    await store.catalog.cancel(['a'], 'no more')
    expect(idsOf(await worker.claim())).toEqual(['b'])
  })

  test('what a lost worker ran leaves its gates when it is rescued', async ({ store, worker, clock }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']))
    await worker.claimOne()
    await worker.claim()
    await loseWorkers(store, clock)

    const other = await startWorker(store, 'other')
    expect(idsOf(await other.claim())).toEqual(['a'])
    expect(await gate(store, 'api')).toMatchObject({ running: 1, waiting: 1 })
  })

  test('a worker that signs off leaves the gates of what it ran', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']))
    await worker.claimOne()
    await worker.claim()
    await worker.stop()

    const other = await startWorker(store, 'other')
    expect(idsOf(await other.claim())).toEqual(['a'])
  })

  test('what waits at a gate blocks nobody else', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, ...newJobs(50, { limits: '[["api",1]]', priority: 9 }))
    await enqueue(store, newJob('other'), limited('user', ['user=1'], { priority: 1 }))
    await store.limits.declare([atMost(1, 'user')])

    expect(idsOf(await worker.claim())).toEqual(['job-0', 'user', 'other'])
  })

  test('each key of a limit has its own gate', async ({ store, worker }) => {
    await store.limits.declare([atMost(1, 'user')])
    await enqueue(
      store,
      ...['a', 'b'].flatMap((id) => [1, 2, 3].map((n) => limited(`${id}${n}`, [`user=${id}`]))),
    )

    expect(idsOf(await worker.claim())).toEqual(['a1', 'b1'])
  })

  test('a job with several limits passes all of them or none', async ({ store, worker }) => {
    await store.limits.declare([atMost(1, 'user'), atMost(2)])
    const of = (id: string, user: string) => limited(id, ['api', `user=${user}`])
    await enqueue(store, of('a1', 'a'), of('a2', 'a'), of('b1', 'b'), of('c1', 'c'))

    const jobs = await worker.claim()
    expect(idsOf(jobs)).toEqual(['a1', 'b1'])
    expect(await gate(store, 'user=c')).toMatchObject({ running: 0 })
    expect(await worker.settleAll(jobs.slice(0, 1), COMPLETE)).toEqual(['settled'])
    const [next, ...others] = await worker.claim()
    expect(others).toEqual([])
    expect(['a2', 'c1']).toContain(next?.id)
  })

  test('what has to pass a gate is never held, which would keep others from it', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(5)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']), newJob('c'))

    const jobs = await worker.claim({ begins: 1 })
    expect(jobs.map(({ id, begun }) => [id, begun])).toEqual([
      ['a', true],
      ['c', false],
    ])
    expect(await gate(store, 'api')).toMatchObject({ running: 1 })
  })

  test('a job whose key is held keeps nobody who comes with it from a gate', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, newJob('holder', { key: 'k', delayMs: 60_000 }))
    await enqueue(store, limited('again', ['api'], { key: 'k' }), limited('b', ['api']))

    expect(idsOf(await worker.claim())).toEqual(['b'])
  })

  test('a job that replaces one that waits keeps itself from no gate', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, newJob('a', { key: 'k', delayMs: 60_000 }))
    const keyRule = { keptMs: 0, onConflict: 'replace' } as const
    await enqueue(store, limited('b', ['api'], { key: 'k', keyRule }))

    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('a job that waits at a gate says so, and can be cancelled', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']))
    const job = await worker.claimOne()
    await worker.claim()
    expect(await find(store, 'b')).toMatchObject({ state: 'pending', gate: 'api' })

    expect(await store.catalog.cancel(['b'], 'no')).toEqual(['b'])
    expect(await find(store, 'b')).toMatchObject({ state: 'cancelled', gate: null })
    await worker.settle(job, COMPLETE)
    expect(await worker.claim()).toEqual([])
    expect((await gate(store, 'api'))?.running ?? 0).toBe(0)
  })

  test('a job that expires while it waits at a gate fails as expired', async ({ store, worker, clock }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api'], { expiresInMs: 1_000 }))
    await worker.claimOne()
    await worker.claim()
    await clock.advance(1_001)

    expect(await store.upkeep.expire(10)).toEqual(['b'])
    expect(await find(store, 'b')).toMatchObject({ state: 'failed', gate: null })
  })

  test('a job that has expired while it waits at a gate takes no place there', async ({
    store,
    worker,
    clock,
  }) => {
    await store.limits.declare([atMost(1)])
    const late = limited('late', ['api'], { priority: 1, expiresInMs: 1_000 })
    await enqueue(store, limited('a', ['api'], { priority: 2 }), late, limited('b', ['api']))
    const job = await worker.claimOne()
    await worker.claim()
    await clock.advance(1_001)
    await worker.settle(job, COMPLETE)

    const [next, ...others] = await worker.claim()
    expect([next?.id, others]).toEqual(['b', []])
    if (next) await worker.settle(next, COMPLETE)
    await enqueue(store, limited('c', ['api']))
    expect(idsOf(await worker.claim())).toEqual(['c'])
    expect(await store.upkeep.expire(10)).toEqual(['late'])
  })

  test('a limit is changed live, and what may run then does', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, ...newJobs(5, { limits: '[["api",1]]' }))
    expect(await worker.claim()).toHaveLength(1)
    expect(await worker.claim()).toHaveLength(0)

    const override = { concurrency: 3, rateCount: null, ratePerMs: null }
    expect(await store.limits.override('api', override)).toMatchObject({ override })
    expect(await worker.claim()).toHaveLength(2)
    expect(await store.limits.override('api', null)).toMatchObject({ override: null })
    expect(await worker.claim()).toHaveLength(0)
    expect(await store.limits.override('none', null)).toBeNull()
  })

  test('of two who set different parts of one limit at once, both stand', async ({ store }) => {
    await store.limits.declare([atMost(9)])
    const [concurrency, rate] = [{ concurrency: 2 }, { rateCount: 5, ratePerMs: 60_000 }]
    await Promise.all([concurrency, rate].map((each) => store.limits.override('api', each)))

    expect(await store.limits.list()).toMatchObject([{ override: { ...concurrency, ...rate } }])
  })

  test('what an operator has said of a limit stands when it is declared anew', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await store.limits.override('api', { concurrency: 2, rateCount: null, ratePerMs: null })
    await store.limits.declare([atMost(7)])
    await enqueue(store, ...newJobs(5, { limits: '[["api",1]]' }))

    expect(await worker.claim()).toHaveLength(2)
    expect(await store.limits.list()).toEqual([
      {
        name: 'api',
        declared: { concurrency: 7, rateCount: null, ratePerMs: null },
        override: { concurrency: 2, rateCount: null, ratePerMs: null },
      },
    ])
  })

  test('an operator who has said only how many run leaves the rate to what is declared, also later', async ({
    store,
    worker,
  }) => {
    const rated = (rateCount: number) => ({ ...atMost(9), rateCount, ratePerMs: 60_000 })
    await store.limits.declare([rated(3)])
    await store.limits.override('api', { concurrency: 2 })
    await enqueue(store, ...newJobs(5, { limits: '[["api",1]]' }))
    expect(await worker.claim()).toHaveLength(2)
    await store.limits.override('api', { concurrency: 4 })
    expect(await worker.claim()).toHaveLength(1)
    await store.limits.declare([rated(4)])
    expect(await worker.claim()).toHaveLength(1)
    expect(await store.limits.list()).toMatchObject([{ override: { concurrency: 4 } }])
    expect((await store.limits.list())[0]?.override).not.toHaveProperty('rateCount')
  })

  test('a job of a limit that nobody has declared waits until somebody does', async ({ store, worker }) => {
    await enqueue(store, limited('a', ['api']), newJob('b'))
    expect(idsOf(await worker.claim())).toEqual(['b'])
    await store.limits.declare([atMost(1)])
    expect(idsOf(await worker.claim())).toEqual(['a'])
  })

  test('jobs of a paused queue keep nobody from a gate', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(
      store,
      limited('a', ['api']),
      limited('b', ['api'], { queue: 'mail' }),
      limited('c', ['api']),
    )
    const job = await worker.claimOne()
    await worker.claim()
    await store.queues.pause('mail')
    await worker.settle(job, COMPLETE)

    expect(idsOf(await worker.claim())).toEqual(['c'])
  })

  test('the leader lets go on what no hint has told of', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api'], { queue: 'mail' }))
    const job = await worker.claimOne()
    await worker.claim()
    await store.queues.pause('mail')
    await worker.settle(job, COMPLETE)
    await store.queues.resume('mail')
    expect(await store.upkeep.elect(worker.id, 10_000)).toMatchObject({ gatesWait: true })

    expect(await store.limits.tend(10)).toBe(1)
    const [next] = await worker.claim()
    expect(next?.id).toBe('b')
    expect(await store.upkeep.elect(worker.id, 10_000)).toMatchObject({ gatesWait: true })
    if (next) await worker.settle(next, COMPLETE)
    expect(await store.upkeep.elect(worker.id, 10_000)).not.toHaveProperty('gatesWait')
  })

  test('where more gates wait than one call looks at, the next one goes on after them', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(1, 'a'), atMost(1, 'b')])
    await enqueue(store, limited('holds', ['a']), limited('waits', ['a']))
    await enqueue(store, limited('runs', ['b']), limited('next', ['b'], { queue: 'mail' }))
    const claimed = await worker.claim()
    await store.queues.pause('mail')
    const runs = claimed.find(({ id }) => id === 'runs')
    if (runs) await worker.settle(runs, COMPLETE)
    await store.queues.resume('mail')

    expect([await store.limits.tend(1), await store.limits.tend(1)]).toEqual([0, 1])
    expect((await worker.claim()).map(({ id }) => id)).toEqual(['next'])
  })

  test('who holds a gate is told by name, with since when', async ({ store, worker, clock }) => {
    await store.limits.declare([atMost(2)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']), limited('c', ['api']))
    const since = clock.now()
    await worker.claim()

    const holders = ['a', 'b'].map((id) => ({ id, worker: worker.id, since }))
    expect(await store.limits.gates({ limit: 'api' }, 10)).toEqual([
      { gate: 'api', holders, running: 2, waiting: 1, closedUntil: null, grants: [] },
    ])
  })

  test('who runs and who waits at the keys of a limit is added up, of the first keys', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(1), atMost(1, 'apis')])
    const keys = ['api=a', 'api=a', 'api=b', 'api', 'apis', 'apis']
    await enqueue(store, ...keys.map((gate, index) => limited(`${index}`, [gate])))
    await worker.claim()
    expect(await store.limits.sums('api', 10)).toEqual({ keys: 3, running: 3, waiting: 1 })
    expect(await store.limits.sums('api', 2)).toEqual({ keys: 2, running: 2, waiting: 1 })
    expect(await store.limits.sums('none', 10)).toEqual({ keys: 0, running: 0, waiting: 0 })
  })

  test('more workers at a time never pass a gate together', async ({ store }) => {
    await store.limits.declare([atMost(3)])
    await enqueue(store, ...newJobs(30, { limits: '[["api",1]]' }))
    const workers = await Promise.all(['a', 'b', 'c', 'd'].map((id) => startWorker(store, id)))

    const claimed = (await Promise.all(workers.map((each) => each.claim()))).flat()
    expect(claimed.length).toBeLessThanOrEqual(3)
    const rest = await workers[0]?.claim()
    expect(claimed.length + (rest?.length ?? 0)).toBe(3)
  })

  test('who waits where there is room is told apart from who waits by the rules', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, limited('a', ['api']), limited('b', ['api']), limited('c', ['unknown']))
    const job = await worker.claimOne()
    await worker.claim()
    await store.queues.pause('default')
    await worker.settle(job, COMPLETE)
    const none = { holders: [], unheld: [], waiting: [] }
    expect(await store.limits.strays(10)).toEqual(none)

    await store.queues.resume('default')
    expect(await store.limits.strays(10)).toEqual({ ...none, waiting: [{ gate: 'api', id: 'b' }] })
    await store.limits.tend(10)
    expect(await store.limits.strays(10)).toEqual(none)
  })
}
