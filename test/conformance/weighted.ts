import { expect } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import type { Store } from '../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  newJob,
  RETRY_DELAY_MS,
  type TestWorker,
} from '../support/jobs.ts'
import { atMost, limited } from './limits.ts'
import { arrange } from './order.ts'
import { GPU, requiring } from './routing.ts'
import type { StoreTest } from './store-test.ts'

const WEIGHTS = { 0: 1, 5: 3, 10: 6 }
const PRIORITIES = [0, 5, 10] as const

/** What 999 of 1,000 draws of three with the right chances stay below. */
const CHI_SQUARE_MAX = 13.82

/** How far the starts are from what the weights say, as the sum of squares that chi-square is. */
function chiSquare(starts: readonly number[]): number {
  const sum = Object.values(WEIGHTS).reduce((total, weight) => total + weight, 0)
  return PRIORITIES.reduce<number>((total, priority) => {
    const wanted = (starts.length * WEIGHTS[priority]) / sum
    const got = starts.filter((each) => each === priority).length
    return total + (got - wanted) ** 2 / wanted
  }, 0)
}

/** Keeps so many jobs of each priority ready while `starts` are claimed, `limit` at a time; gives their priorities. */
async function startsOf(
  store: Store,
  worker: TestWorker,
  { starts, limit }: { starts: number; limit: number },
) {
  const random = seededRandom(20_000 + limit)
  const started: number[] = []
  let number = 0
  const fill = (count: number, priority: number) =>
    enqueue(
      store,
      ...Array.from({ length: count }, () => newJob(`job-${number++}`, { queue: 'mail', priority })),
    )
  for (const priority of PRIORITIES) await fill(limit, priority)
  while (started.length < starts) {
    const jobs = await worker.claim({ limit, random })
    started.push(...jobs.map(({ priority }) => priority))
    await worker.settleAll(jobs, COMPLETE)
    const missing = Map.groupBy(jobs, ({ priority }) => priority)
    for (const [priority, taken] of missing) await fill(taken.length, priority)
  }
  return started
}

/** So many starts are by the weights, in claims of one job or of many. */
export function weightedStarts(test: StoreTest, counts: readonly { starts: number; limit: number }[]): void {
  for (const { starts, limit } of counts) {
    test(`${starts} starts are by the weights of their priorities, in claims of ${limit}`, async ({
      store,
      worker,
    }) => {
      await arrange(store, 'mail', { order: 'weighted', weights: WEIGHTS })
      expect(chiSquare(await startsOf(store, worker, { starts, limit }))).toBeLessThan(CHI_SQUARE_MAX)
    })
  }
}

/** Queues in which each start draws a priority. */
export function weightedPromises(test: StoreTest): void {
  // More of them are drawn in the long test.
  weightedStarts(test, [
    { starts: 200, limit: 1 },
    { starts: 3_000, limit: 100 },
  ])

  test('a priority without work leaves its chance to the others, and no slot empty', async ({
    store,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted', weights: { 0: 1, 10: 1_000_000 } })
    await enqueue(store, ...['a', 'b', 'c'].map((id) => newJob(id, { queue: 'mail' })))
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['a', 'b'])
    await enqueue(store, newJob('rich', { queue: 'mail', priority: 10 }))
    expect(idsOf(await worker.claim({ random: () => 0.5 })).sort()).toEqual(['c', 'rich'])
  })

  test('the jobs of one priority start in the order in which they were due, whatever their names', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted' })
    for (const id of ['c', 'a', 'b']) {
      await enqueue(store, newJob(id, { queue: 'mail', name: `mail.${id}` }))
      await clock.advance(10)
    }
    expect(idsOf([await worker.claimOne(), await worker.claimOne(), await worker.claimOne()])).toEqual([
      'c',
      'a',
      'b',
    ])
  })

  test('what was drawn is never held: it begins with its claim', async ({ store, worker }) => {
    await arrange(store, 'mail', { order: 'weighted' })
    await enqueue(store, newJob('a', { queue: 'mail' }), newJob('b', { queue: 'mail' }))
    expect(await worker.hold()).toEqual([])
    expect(await worker.claim({ begins: 1 })).toMatchObject([{ begun: true }])
  })

  test('a weighted queue stands beside others, and is paused as they are', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted' })
    await enqueue(store, newJob('drawn', { queue: 'mail', priority: 9 }))
    await clock.advance(10)
    await enqueue(store, newJob('better', { priority: 1 }), newJob('later'))
    await store.queues.pause('mail')
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['better'])
    await store.queues.resume('mail')
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['drawn'])
    expect(idsOf(await worker.claim({ queues: ['mail'] }))).toEqual([])
    expect(idsOf(await worker.claim())).toEqual(['later'])
  })

  test('one claim takes all that several weighted queues have, each by its due time', async ({
    store,
    clock,
    worker,
  }) => {
    for (const queue of ['mail', 'news']) await arrange(store, queue, { order: 'weighted' })
    for (const [index, queue] of ['mail', 'news', 'default', 'news', 'mail'].entries()) {
      await enqueue(store, newJob(String(index), { queue }))
      await clock.advance(10)
    }
    expect(idsOf(await worker.claim())).toEqual(['0', '1', '2', '3', '4'])
  })

  test('what becomes due or comes back is drawn again, and expires as any other', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted' })
    await enqueue(store, newJob('a', { queue: 'mail' }), newJob('b', { queue: 'mail', delayMs: 10 }))
    await worker.run(failure('not yet'))
    await clock.advance(RETRY_DELAY_MS)
    expect(idsOf(await worker.claim()).sort()).toEqual(['a', 'b'])
    await enqueue(store, newJob('c', { queue: 'mail', expiresInMs: 5 }))
    await clock.advance(10)
    expect(await worker.claim()).toEqual([])
    expect(await store.upkeep.expire(10)).toEqual(['c'])
  })

  test('an order by weights holds for what waits, and so does its end', async ({ store, clock, worker }) => {
    await enqueue(store, ...['a', 'b'].map((id) => newJob(id, { queue: 'mail' })))
    await enqueue(store, newJob('c', { queue: 'mail', priority: 5 }))
    await arrange(store, 'mail', { order: 'weighted', weights: { 0: 1_000_000 } })
    expect(idsOf(await worker.claim({ limit: 1, random: () => 0.99 }))).toEqual(['a'])
    await arrange(store, 'mail', { order: 'weighted', weights: { 5: 1_000_000 } })
    expect(await store.queues.unplaced()).toEqual([])
    expect(await find(store, 'c')).toMatchObject({ priority: 5, dueAt: clock.now() })
    await arrange(store, 'mail', {})
    expect(idsOf(await worker.claim())).toEqual(['c', 'b'])
  })

  test('a job that is drawn passes its limits, or waits at them', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await arrange(store, 'mail', { order: 'weighted' })
    await enqueue(
      store,
      ...['a', 'b', 'c'].map((id) => limited(id, ['api'], { queue: 'mail' })),
      newJob('free', { queue: 'mail' }),
    )
    const begun: string[] = []
    for (let round = 0; round < 3; round += 1) {
      const jobs = await worker.claim()
      begun.push(...idsOf(jobs))
      for (const job of jobs) await worker.settle(job, COMPLETE)
    }
    expect(begun.sort()).toEqual(['a', 'b', 'c', 'free'])
  })

  test('what requires something of its worker is not drawn, and none of it is lost', async ({
    store,
    clock,
    worker,
  }) => {
    await arrange(store, 'mail', { order: 'weighted', weights: { 0: 1_000_000 } })
    const queue = 'mail'
    await enqueue(
      store,
      requiring('less', 'gpu', { queue, priority: -1 }),
      requiring('more', 'gpu', { queue, priority: 5 }),
      requiring('later', 'gpu', { queue, delayMs: 10 }),
      newJob('drawn', { queue }),
    )
    expect(await store.ledger.depths()).toMatchObject([{ queue, pending: 4, scheduled: 1 }])
    expect(idsOf(await worker.claim())).toEqual(['drawn'])
    const [job] = await worker.claim({ ...GPU, limit: 1 })
    expect(job).toMatchObject({ id: 'more', priority: 5, queue })
    if (job) await worker.settle(job, failure('not yet'))
    await clock.advance(RETRY_DELAY_MS)
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim(GPU))).toEqual(['more', 'later', 'less'])
    expect(await store.queues.unfinished(queue)).toBe(true)
  })

  test('what requires something keeps to its workers when its queue is drawn from, or no more', async ({
    store,
    worker,
  }) => {
    await enqueue(store, requiring('a', 'gpu', { queue: 'mail' }), newJob('b', { queue: 'mail' }))
    await arrange(store, 'mail', { order: 'weighted' })
    expect(await store.catalog.ahead('b')).toBe(1)
    expect(idsOf(await worker.claim())).toEqual(['b'])
    await arrange(store, 'mail', {})
    expect(await worker.claim()).toEqual([])
    expect(idsOf(await worker.claim(GPU))).toEqual(['a'])
  })

  test('what waits to be drawn is counted, purged and cancelled as any other', async ({ store, worker }) => {
    await arrange(store, 'mail', { order: 'weighted', maxSize: 3 })
    await enqueue(store, ...['a', 'b', 'c'].map((id) => newJob(id, { queue: 'mail' })))
    await expect(enqueue(store, newJob('d', { queue: 'mail' }))).rejects.toMatchObject({ code: 'queue_full' })
    expect(await store.ledger.depths()).toMatchObject([{ queue: 'mail', pending: 3 }])
    expect(await store.queues.unfinished('mail')).toBe(true)
    await store.catalog.cancel(['a'], 'no')
    expect(await store.queues.purge('mail', { reason: 'all', limit: 10 })).toMatchObject({ ids: ['b', 'c'] })
    expect(await worker.claim()).toEqual([])
    expect(await store.queues.unfinished('mail')).toBe(false)
  })
}
