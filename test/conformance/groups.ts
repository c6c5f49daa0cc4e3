import { expect } from 'vitest'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import { groupIn, withGroup, withRequirements } from '../../src/job/job-gates.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Store } from '../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  keyed,
  loseWorkers,
  newJob,
  RELEASE,
  RETRY_DELAY_MS,
  snooze,
  startWorker,
  type TestWorker,
} from '../support/jobs.ts'
import { atMost } from './limits.ts'
import { doAll } from './operations.ts'
import { arrange } from './order.ts'
import { GPU } from './routing.ts'
import type { StoreTest } from './store-test.ts'

/** A job of a group. */
export function grouped(id: string, group: string, given: Partial<NewJob> = {}): NewJob {
  const { limits = null, ...rest } = given
  return newJob(id, { ...rest, limits: withGroup(limits, group) })
}

/** So many jobs of a group: `a-0`, `a-1`, … */
function many(group: string, count: number, given: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, (_, nth) => grouped(`${group}-${nth}`, group, given))
}

/** Claims so often, `limit` jobs at a time, and settles what it gets; gives the groups of what has started. */
async function groupsOf(
  worker: TestWorker,
  { claims, limit = 1 }: { claims: number; limit?: number },
): Promise<string[]> {
  const groups: string[] = []
  for (let claim = 0; claim < claims; claim += 1) {
    const jobs = await worker.claim({ limit })
    groups.push(...jobs.map(({ limits }) => groupIn(limits)))
    await worker.settleAll(jobs, COMPLETE)
  }
  return groups
}

function insertInPieces(store: Store, jobs: readonly NewJob[]): Promise<unknown> {
  const pieces = Array.from({ length: Math.ceil(jobs.length / 1_000) }, (_, nth) =>
    jobs.slice(nth * 1_000, (nth + 1) * 1_000),
  )
  return pieces.reduce<Promise<unknown>>(
    (before, piece) => before.then(() => enqueue(store, ...piece)),
    Promise.resolve(),
  )
}

/** Groups, which take turns. */
export function groupPromises(test: StoreTest): void {
  test('groups start one after the other, each in the order of its jobs', async ({ store, worker }) => {
    await enqueue(store, ...many('a', 3), ...many('b', 2), ...many('c', 1))
    expect(idsOf(await worker.claim({ limit: 4 }))).toEqual(['a-0', 'b-0', 'c-0', 'a-1'])
    expect(idsOf(await worker.claim())).toEqual(['b-1', 'a-2'])
  })

  test('turns go on from one claim to the next', async ({ store, worker }) => {
    await enqueue(store, ...many('a', 4), ...many('b', 4))
    expect(await groupsOf(worker, { claims: 8 })).toEqual(['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'])
  })

  test('the groups of all names of a queue take turns', async ({ store, worker }) => {
    await enqueue(
      store,
      ...many('a', 2, { name: 'x' }),
      grouped('b', 'b', { name: 'y' }),
      grouped('a-2', 'a', { name: 'y' }),
    )
    expect(idsOf(await worker.claim())).toEqual(['a-0', 'b', 'a-1', 'a-2'])
  })

  test('a group with three shares starts three times as often, as soon as it is said', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...many('a', 30, { queue: 'mail' }), ...many('b', 30, { queue: 'mail' }))
    expect((await groupsOf(worker, { claims: 8 })).filter((group) => group === 'a')).toHaveLength(4)
    await store.queues.configure('mail', { shares: { a: 3 } })
    expect((await groupsOf(worker, { claims: 8 })).filter((group) => group === 'a')).toHaveLength(6)
    expect((await groupsOf(worker, { claims: 2, limit: 8 })).filter((group) => group === 'a')).toHaveLength(
      12,
    )
  })

  test('a group of thousands of jobs delays the first job of another by one round at most, with three workers', async ({
    store,
  }) => {
    const workers = await Promise.all(['one', 'two', 'three'].map((id) => startWorker(store, id)))
    await insertInPieces(store, [...many('big', 3_000), ...many('other', 50)])
    for (const worker of workers) await groupsOf(worker, { claims: 4, limit: 10 })
    await enqueue(store, grouped('small', 'small'))

    // What they hold ahead would come before it: nothing is held.
    const started: string[] = []
    for (let round = 0; !started.includes('small') && round < 3; round += 1)
      for (const worker of workers) started.push(...idsOf(await worker.claim({ limit: 200, begins: 3 })))
    expect(started.indexOf('small')).toBe(0)
  })

  test('a higher priority goes before all groups of a lower one', async ({ store, worker }) => {
    await enqueue(
      store,
      ...many('a', 2),
      grouped('better', 'a', { priority: 5 }),
      grouped('b', 'b', { priority: 5 }),
    )
    expect(idsOf(await worker.claim())).toEqual(['better', 'b', 'a-0', 'a-1'])

    const priorities = [1, 2, 3, 4, 5, 6]
    await enqueue(store, ...priorities.map((priority) => grouped(String(priority), 'a', { priority })))
    expect(idsOf(await worker.claim())).toEqual(['6', '5', '4', '3', '2', '1'])
  })

  test('a queue with many priorities loses none of its slots to another queue', async ({ store, worker }) => {
    const at = (priority: number) => grouped(`mine ${priority}`, 'a', { priority })
    const theirs = [0, -1].map((priority) => grouped(`theirs ${priority}`, 'a', { priority, queue: 'other' }))
    await enqueue(store, at(-1), at(0), at(1), ...theirs)
    const ids = idsOf(await worker.claim({ limit: 4, queues: null }))
    expect(ids).toEqual(['mine 1', 'mine 0', 'theirs 0', 'mine -1'])
  })

  test('a group without work saves up nothing', async ({ store, worker }) => {
    await enqueue(store, grouped('a', 'a'), ...many('b', 40))
    await groupsOf(worker, { claims: 20 })
    await enqueue(store, ...many('a', 5).map((job) => ({ ...job, id: `new-${job.id}` })))
    expect(await groupsOf(worker, { claims: 6 })).toEqual(['a', 'b', 'a', 'b', 'a', 'b'])
  })

  test('a queue gets its slots by its oldest work, and divides them among its groups', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, ...many('a', 2))
    await clock.advance(10)
    await enqueue(store, newJob('plain'), newJob('other', { queue: 'other' }))
    await clock.advance(10)
    await enqueue(store, grouped('b', 'b'))
    expect(idsOf(await worker.claim())).toEqual(['a-0', 'b', 'a-1', 'plain', 'other'])
  })

  test('what has expired is not started, and gives its queue no better place', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, grouped('expired', 'a', { expiresInMs: 5 }), newJob('plain'), grouped('b', 'b'))
    await enqueue(store, grouped('a', 'a'))
    await clock.advance(10)
    const started = [await worker.claimOne(), await worker.claimOne(), await worker.claimOne()]
    expect(idsOf(started)).toEqual(['plain', 'b', 'a'])
    expect(await worker.claim()).toEqual([])
  })

  test('priorities that have expired hide nothing behind them', async ({ store, clock, worker }) => {
    const late = [3, 2, 1].map((priority) => grouped(`p${priority}`, 'a', { priority, expiresInMs: 500 }))
    await enqueue(store, ...late, grouped('in time', 'a'))
    await clock.advance(500)
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['in time'])
  })

  test('jobs of a group start in the order of their queue', async ({ store, clock, worker }) => {
    await arrange(store, 'mail', { order: 'lifo' })
    for (const [id, group] of [
      ['a-0', 'a'],
      ['b-0', 'b'],
      ['a-1', 'a'],
      ['b-1', 'b'],
    ] as const) {
      await enqueue(store, grouped(id, group, { queue: 'mail', priority: id === 'a-0' ? 9 : 0 }))
      await clock.advance(10)
    }
    expect(idsOf(await worker.claim())).toEqual(['b-1', 'a-1', 'b-0', 'a-0'])
    await arrange(store, 'mail', { order: 'fifo' })
    await enqueue(
      store,
      grouped('a-2', 'a', { queue: 'mail' }),
      grouped('c', 'c', { queue: 'mail', priority: -3 }),
    )
    expect(idsOf(await worker.claim())).toEqual(['c', 'a-2'])
  })

  test('where priorities are drawn, the groups of the one that was drawn take turns', async ({
    store,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted', weights: { 5: 1_000_000 } })
    const queue = 'mail'
    await enqueue(store, ...many('a', 3, { queue, priority: 5 }), grouped('b', 'b', { queue, priority: 5 }))
    await enqueue(store, newJob('none', { queue, priority: 5 }), grouped('rare', 'c', { queue }))
    const random = () => 0.5
    expect(idsOf(await worker.claim({ random, limit: 3 })).sort()).toEqual(['a-0', 'b', 'none'])
    expect(idsOf(await worker.claim({ random, limit: 2 }))).toEqual(['a-1', 'a-2'])
    await arrange(store, 'mail', {})
    expect(idsOf(await worker.claim())).toEqual(['rare'])
  })

  test('a job of a group passes its limits, or waits at them and lets others of its group go', async ({
    store,
    worker,
  }) => {
    await store.limits.declare([atMost(1)])
    const limits = '[["api",1]]'
    await enqueue(
      store,
      grouped('a-0', 'a', { limits }),
      grouped('a-1', 'a', { limits }),
      grouped('a-2', 'a'),
      ...many('b', 2),
    )
    const jobs = await worker.claim()
    expect(idsOf(jobs).sort()).toEqual(['a-0', 'a-2', 'b-0', 'b-1'])
    expect(await find(store, 'a-1')).toMatchObject({ gate: 'api' })
    await worker.settleAll(jobs, COMPLETE)
    expect(idsOf(await worker.claim())).toEqual(['a-1'])
  })

  test('what was drawn and could not start leaves its group its turn', async ({ store, worker }) => {
    await enqueue(store, ...many('a', 2), ...many('b', 2))
    const accepts = ({ id }: { readonly id: string }) => id !== 'a-0'
    expect(idsOf(await worker.claim({ limit: 2, accepts }))).toEqual(['a-1', 'b-0'])
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['a-0'])
  })

  test('a worker that refuses the first jobs of a group is given those behind them', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...many('a', 20))
    const accepts = ({ id }: { readonly id: string }) => Number(id.slice(2)) >= 15
    expect(idsOf(await worker.claim({ limit: 2, accepts }))).toEqual(['a-15', 'a-16'])
  })

  test('priorities that are refused hide nothing behind them', async ({ store, worker }) => {
    const ranked = [3, 2, 1, 0, -1].map((priority) => grouped(`p${priority}`, 'a', { priority }))
    await enqueue(store, ...ranked)
    const accepts = ({ priority }: { readonly priority: number }) => priority < 0
    expect(idsOf(await worker.claim({ limit: 2, accepts }))).toEqual(['p-1'])
  })

  test('what has a group is never held, and begins with its claim', async ({ store, worker }) => {
    await enqueue(store, ...many('a', 2))
    expect(await worker.hold()).toEqual([])
    expect(await worker.claim({ begins: 1 })).toMatchObject([{ begun: true }])
  })

  test('what comes back or becomes due waits for the turn of its group again', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, ...many('a', 3), grouped('later', 'b', { delayMs: 10 }))
    const [retried, snoozed, released] = await worker.claim()
    if (!retried || !snoozed || !released) throw new Error('three were to be claimed')
    await worker.settleAll([retried, snoozed, released], failure('not yet'), snooze(10), RELEASE)
    await clock.advance(RETRY_DELAY_MS)
    expect(await groupsOf(worker, { claims: 4 })).toEqual(['b', 'a', 'a', 'a'])
  })

  test('a job of a lost worker waits for the turn of its group again', async ({ store, clock, worker }) => {
    await enqueue(store, ...many('a', 2), grouped('b', 'b'))
    await worker.claim({ limit: 2 })
    await loseWorkers(store, clock)
    const other = await startWorker(store, 'other')
    expect((await other.claim()).map(({ limits }) => groupIn(limits))).toEqual(['a', 'b', 'a'])
    await loseWorkers(store, clock)
    await store.upkeep.rescue(CRASH_LIMIT)
    const alone = await startWorker(store, 'alone')
    expect(await alone.claim({ takesAlone: true })).toHaveLength(1)
  })

  test('a paused queue starts nothing of any group', async ({ store, worker }) => {
    await enqueue(store, ...many('a', 1, { queue: 'mail' }), grouped('b', 'b'))
    await store.queues.pause('mail')
    expect(idsOf(await worker.claim())).toEqual(['b'])
    await store.queues.resume('mail')
    expect(idsOf(await worker.claim())).toEqual(['a-0'])
  })

  test('a group is kept by whoever moves, retries or replaces its job', async ({ store, clock, worker }) => {
    await store.limits.declare([atMost(100, 'mail')])
    await store.queues.configure('mail', { limits: [{ key: 'mail', concurrency: 100 }] })
    const retries = 0
    await enqueue(store, ...many('a', 2, { retries }), grouped('b', 'b', { queue: 'mail', retries }))
    await doAll(store, { verb: 'move', queue: 'mail' }, ['a-0', 'a-1'])
    const jobs = await worker.claim()
    expect(jobs.map(({ limits }) => groupIn(limits))).toEqual(['a', 'b', 'a'])
    await worker.settleAll(jobs, failure('no'))
    await clock.advance(1)
    for (const { id } of jobs) expect(groupIn((await find(store, id)).limits)).toBe(id.slice(0, 1))
    await store.catalog.retry(idsOf(jobs))
    expect((await worker.claim({ limit: 2 })).map(({ limits }) => groupIn(limits))).toEqual(['b', 'a'])

    await enqueue(store, keyed('old', {}, { limits: withGroup(null, 'a') }))
    await enqueue(store, keyed('new', { onConflict: 'replace' }, { limits: withGroup(null, 'c') }))
    expect(await find(store, 'old')).toMatchObject({ limits: withGroup(null, 'c') })
    expect(idsOf(await worker.claim({ queues: ['default'] }))).toEqual(['old'])
  })

  test('jobs are found by their group, whatever its name is', async ({ store }) => {
    const names = ['a', 'a%', '"', '\\', '["@', 'ä', '日本', 'a b', '%22']
    await enqueue(store, ...names.map((name, nth) => grouped(String(nth), name)), newJob('none'))
    for (const [nth, group] of names.entries()) {
      expect(idsOf(await store.catalog.list({ group }, { limit: 10 }))).toEqual([String(nth)])
      expect(groupIn((await find(store, String(nth))).limits)).toBe(group)
    }
    expect(await store.catalog.count({ group: 'nobody' })).toBe(0)
  })

  test('more groups than one claim looks at are all served, one after the other', async ({
    store,
    worker,
  }) => {
    // A database has these in another order than JavaScript.
    const names = Array.from({ length: 1_050 }, (_, nth) => `${nth % 2 === 0 ? '\uffee' : '\u{1f600}'}${nth}`)
    await insertInPieces(
      store,
      [...names, ...names].map((name, nth) => grouped(`${name}-${nth}`, name)),
    )
    const started = await groupsOf(worker, { claims: 6, limit: 350 })
    expect(started).toHaveLength(2_100)
    // Of those that were looked at, each started once before any started again.
    expect(new Set(started.slice(0, 1_000)).size).toBe(1_000)
    expect(new Set(started).size).toBe(1_050)
  })

  test('what has a group and requires something goes to a worker that is able, in its turn', async ({
    store,
    worker,
  }) => {
    const limits = withRequirements(null, 'gpu')
    await enqueue(
      store,
      ...many('a', 2, { limits }),
      ...many('b', 2, { limits }).slice(0, 1),
      grouped('c', 'c'),
    )
    expect(idsOf(await worker.claim({ limit: 4 }))).toEqual(['c'])
    expect(idsOf(await worker.claim({ ...GPU, limit: 3 }))).toEqual(['a-0', 'b-0', 'a-1'])
  })

  test('it is said behind how many of its group a job is, and how many groups wait beside it', async ({
    store,
    worker,
  }) => {
    await enqueue(
      store,
      ...many('a', 3),
      ...many('b', 2, { name: 'other' }),
      grouped('high', 'c', { priority: 1 }),
      newJob('plain'),
    )
    expect(await store.catalog.turn('a-2')).toEqual({ waiting: 3, groups: 1 })
    expect(await store.catalog.ahead('a-2')).toBe(2)
    expect(await store.catalog.turn('high')).toEqual({ waiting: 1, groups: 0 })
    expect(await store.catalog.turn('plain')).toBeNull()
    await worker.claim()
    expect(await store.catalog.turn('a-2')).toBeNull()
  })

  test('what waits for the turn of its group is counted, purged and expires as any other', async ({
    store,
    clock,
    worker,
  }) => {
    await store.queues.configure('mail', { maxSize: 3 })
    await enqueue(
      store,
      ...many('a', 2, { queue: 'mail' }),
      grouped('b', 'b', { queue: 'mail', expiresInMs: 5 }),
    )
    await expect(enqueue(store, grouped('c', 'c', { queue: 'mail' }))).rejects.toMatchObject({
      code: 'queue_full',
    })
    expect(await store.ledger.depths()).toMatchObject([{ queue: 'mail', pending: 3 }])
    expect(await store.queues.backlog('mail', 10)).toMatchObject({ names: [{ ready: 3 }] })
    await clock.advance(10)
    expect(await store.upkeep.expire(10)).toEqual(['b'])
    expect(await store.queues.purge('mail', { reason: 'all', limit: 10 })).toMatchObject({
      ids: ['a-0', 'a-1'],
    })
    expect(await worker.claim()).toEqual([])
    expect(await store.queues.unfinished('mail')).toBe(false)
  })
}
