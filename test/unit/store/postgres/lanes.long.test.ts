import type { Pool } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { PENDING_MAX } from '../../../../src/job/limits.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import type { Store } from '../../../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  find,
  idsOf,
  newJob,
  newJobs,
  snooze,
  startWorker,
} from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf, withClient } from '../../../support/postgres.ts'

const HOUR_MS = 3_600_000
const KEPT = { complete: 100 * HOUR_MS, failed: 100 * HOUR_MS, cancelled: 100 * HOUR_MS }

async function scene() {
  const { url, release } = await emptySchema()
  const clock = new VirtualClock()
  const stores: Store[] = []
  const open = async (to: string | Pool = url) => {
    const store = await openPostgresStore({ to, clock, schema: schemaOf(url) })
    stores.push(store)
    return store
  }
  onTestFinished(async () => {
    for (const store of stores) await store.close()
    release()
  })
  const lanes = async () => {
    const sql = `select id, queue, name from "${schemaOf(url)}".lanes order by id`
    return (await postgresPool().query<{ id: number; queue: string; name: string }>(sql)).rows
  }
  const store = await open()
  const prune = () => store.upkeep.prune(KEPT, 1_000)
  return {
    clock,
    store,
    open,
    lanes,
    prune,
    worker: await startWorker(store, 'w', { leaseMs: 100 * HOUR_MS }),
  }
}

test('a transaction that is open keeps nobody from the first job of the same queue and name', async () => {
  const { store, open } = await scene()
  const other = await open()
  await withClient(async (client) => {
    await store.insertIn(client, [newJob('a', { queue: 'new' })], PENDING_MAX)
    await enqueue(other, newJob('b', { queue: 'new' }))
    await store.transaction(async (tx) => {
      await tx.insert([newJob('c', { queue: 'newer' })], PENDING_MAX)
      await enqueue(other, newJob('d', { queue: 'newer' }))
    })
  })
  expect((await store.catalog.list({}, { limit: 10 })).map(({ id }) => id)).toEqual(['d', 'c', 'b'])
})

test('a pool of one connection has nothing to spare: the lane is made in the transaction', async () => {
  const { open, worker } = await scene()
  const { default: pg } = await import('pg')
  const { connectionString } = postgresPool().options
  const pool = new pg.Pool({ connectionString, max: 1 })
  onTestFinished(() => pool.end())
  const narrow = await open(pool)
  await narrow.transaction((tx) => tx.insert([newJob('a', { queue: 'new' })], PENDING_MAX))
  expect(idsOf(await worker.claim())).toEqual(['a'])
})

test('a lane that is empty and was not used for an hour is pruned, and made anew when it is needed', async () => {
  const { clock, store, lanes, prune, worker } = await scene()
  await enqueue(store, newJob('a', { queue: 'mail' }), newJob('b', { delayMs: 10 * HOUR_MS }))
  await worker.run(COMPLETE)
  await prune()
  expect(await lanes()).toHaveLength(2)

  await clock.advance(HOUR_MS)
  await prune()
  // What is scheduled in it keeps a lane, however long that is.
  expect(await lanes()).toMatchObject([{ queue: 'default' }])
  await enqueue(store, newJob('c', { queue: 'mail' }))
  expect(idsOf(await worker.claim())).toEqual(['c'])
})

test('a job that was running while its lane was pruned comes back to a new one', async () => {
  const { clock, store, lanes, prune, worker } = await scene()
  await enqueue(store, newJob('a'), newJob('b'))
  const [a, b] = await worker.claim()
  if (!a || !b) throw new Error('two jobs were expected')
  await store.catalog.cancel(['b'], 'stop')
  await clock.advance(2 * HOUR_MS)
  await prune()
  expect(await lanes()).toEqual([])

  await worker.settle(a, snooze(0))
  await store.catalog.retry(['b'])
  expect(await lanes()).toHaveLength(1)
  expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
})

test('what a transaction that was open for hours puts into a pruned lane is found again under its number', async () => {
  const { clock, store, lanes, prune, worker } = await scene()
  await enqueue(store, newJob('first'))
  await worker.run(COMPLETE)
  const before = await lanes()
  await withClient(async (client) => {
    await store.insertIn(client, [newJob('late')], PENDING_MAX)
    await clock.advance(2 * HOUR_MS)
    await prune()
    expect(await lanes()).toEqual([])
    await client.query('commit')
  })
  expect(await worker.claim()).toEqual([])
  await prune()
  expect(await lanes()).toEqual(before)
  expect(idsOf(await worker.claim())).toEqual(['late'])
})

test('so is what has gates to pass, whether it can or has to wait there first', async () => {
  const { clock, store, lanes, prune, worker } = await scene()
  await store.limits.declare([{ name: 'api', concurrency: 1, rateCount: null, ratePerMs: null }])
  const limits = '[["api",1]]'
  await enqueue(store, newJob('first', { limits }))
  await worker.run(COMPLETE)
  const before = await lanes()
  await withClient(async (client) => {
    await store.insertIn(client, newJobs(2, { limits }), PENDING_MAX)
    await clock.advance(2 * HOUR_MS)
    await prune()
    expect(await lanes()).toEqual([])
    await client.query('commit')
  })
  expect(await worker.claim()).toEqual([])
  await prune()
  expect(await lanes()).toEqual(before)
  expect((await worker.run(COMPLETE)).id).toBe('job-0')
  expect((await worker.run(COMPLETE)).id).toBe('job-1')
})

test('where its lane has another number by then, it goes there, and so do all others', async () => {
  const { clock, store, lanes, prune, worker } = await scene()
  await enqueue(store, newJob('first'))
  await worker.run(COMPLETE)
  await withClient(async (client) => {
    await store.insertIn(client, newJobs(2_500), PENDING_MAX)
    await clock.advance(2 * HOUR_MS)
    await prune()
    await enqueue(store, newJob('new'))
    await client.query('commit')
  })
  expect(await lanes()).toHaveLength(1)
  await prune()
  expect(await lanes()).toHaveLength(1)
  expect(await worker.claim({ limit: 5_000 })).toHaveLength(2_501)
  expect((await find(store, 'job-0')).state).toBe('running')
})

test.each([
  [1, 40],
  [7, 40],
  [300, 90],
  [2_500, 400],
])('jobs of %d lanes come in one order, %d at a time', async (count, limit) => {
  const { store, worker } = await scene()
  const jobs = Array.from({ length: Math.max(count, 500) }, (_, index) =>
    newJob(`job-${index}`, { queue: `queue-${(index * 7) % count}`, priority: index % 3 }),
  )
  await enqueue(store, ...jobs)
  const claimed: string[] = []
  for (let some = await worker.claim({ limit }); some.length > 0; some = await worker.claim({ limit })) {
    // Nothing is left out as long as there is more.
    expect(some.length).toBe(Math.min(limit, jobs.length - claimed.length))
    claimed.push(...idsOf(some))
  }
  const inOrder = jobs.toSorted((one, other) => other.priority - one.priority)
  expect(claimed).toEqual(idsOf(inOrder))
})

test('one lane among many that has all the best jobs gives them at once', async () => {
  const { store, worker } = await scene()
  const others = Array.from({ length: 100 }, (_, index) =>
    newJob(`other-${index}`, { queue: `queue-${index}` }),
  )
  await enqueue(store, ...others, ...newJobs(300, { priority: 1 }))
  expect(idsOf(await worker.claim({ limit: 200 }))).toEqual(idsOf(newJobs(200)))
  expect(idsOf(await worker.claim({ limit: 120 }))).toEqual([
    ...idsOf(newJobs(300)).slice(200),
    ...idsOf(others).slice(0, 20),
  ])
})
