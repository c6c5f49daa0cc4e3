import pg from 'pg'
import { test as base, expect, onTestFinished } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { channelOf } from '../../../../src/store/postgres/session.ts'
import type { NoticeKind, Store } from '../../../../src/store/store.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  newJob,
  newJobs,
  RELEASE,
  snooze,
  startWorker,
} from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

/** `test`, with two processes on one schema, and a client that hears what one says to the other. */
const test = base
  .extend('url', async ({ task: _ }, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return url
  })
  .extend('sleeper', ({ url }, { onCleanup }) => openFor(url, onCleanup))
  .extend('store', ({ url }, { onCleanup }) => openFor(url, onCleanup))
  .extend('heard', async ({ url }, { onCleanup }) => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    onCleanup(() => client.end())
    const channels = new Map(KINDS.map((kind) => [channelOf(schemaOf(url), kind), kind]))
    const heard: (NoticeKind | undefined)[] = []
    client.on('notification', ({ channel }) => heard.push(channels.get(channel)))
    for (const channel of channels.keys()) await client.query(`listen "${channel}"`)
    /** What was said since it was last asked for: a connection is told before it is answered. */
    return async () => {
      await client.query('select 1')
      return heard.splice(0)
    }
  })

const KINDS: readonly NoticeKind[] = ['ready', 'changed']

async function openFor(url: string, onCleanup: (close: () => Promise<void>) => void): Promise<Store> {
  const store = await openPostgresStore({ to: url })
  onCleanup(() => store.close())
  return store
}

/** Resolves when the process has signed on: who listens is told then. */
function fallAsleep(store: Store, kind: NoticeKind): Promise<() => void> {
  return new Promise((resolve) => {
    const stop = store.listen(kind, () => resolve(stop))
  })
}

/** Nobody notified whoever signed on between the write of a transaction and its commit. */
test.for(
  KINDS,
)('who begins to listen for what is %s is told when it hears, and once more for what was committed after that', async (kind, {
  sleeper,
}) => {
  const twice = Promise.withResolvers<number>()
  let told = 0
  sleeper.listen(kind, () => {
    told += 1
    if (told === 2) twice.resolve(told)
  })
  expect(await twice.promise).toBe(2)
})

test('while only a worker sleeps, what makes no job ready notifies nobody', async ({
  sleeper,
  store,
  heard,
}) => {
  await enqueue(store, ...newJobs(5), newJob('old', { expiresInMs: 1 }))
  await fallAsleep(sleeper, 'ready')
  const worker = await startWorker(store, 'w')
  const [job, other, third] = await worker.claim({ limit: 3 })
  if (!job || !other || !third) throw new Error('three jobs were to be claimed')
  await worker.report(job, { progress: { fraction: 0.5 }, checkpoint: '1' })
  await worker.settle(job, COMPLETE)
  await worker.settle(other, failure('broken', 'invalid_input'))
  await store.catalog.cancel([third.id, 'job-3'], 'not needed')
  await store.queues.pause('default')
  await expect.poll(() => store.upkeep.expire(10)).toEqual(['old'])
  expect(await heard()).toEqual([])

  await enqueue(store, newJob('next'))
  expect(await heard()).toEqual(['ready'])
})

test('whatever makes a job ready, or due at another time, wakes a worker that sleeps', async ({
  sleeper,
  store,
  heard,
}) => {
  await fallAsleep(sleeper, 'ready')
  const worker = await startWorker(store, 'w')
  const ready = async (what: () => Promise<unknown>) => {
    await what()
    expect(await heard()).toEqual(['ready'])
  }
  await ready(() => enqueue(store, newJob('a')))
  await ready(() => enqueue(store, newJob('later', { delayMs: 60_000 })))
  await ready(() => store.transaction((tx) => tx.insert([newJob('b')], 10)))
  for (const outcome of [RELEASE, failure('again'), snooze(1)]) {
    await enqueue(store, newJob(`of ${outcome.kind}`))
    const job = await worker.claimOne()
    await heard()
    await ready(() => worker.settle(job, outcome))
  }
  await store.catalog.cancel(['later'], 'no')
  await ready(() => store.catalog.retry(['later']))
  await store.queues.pause('default')
  await ready(() => store.queues.resume('default'))
  await worker.claimOne()
  await ready(() => worker.stop())
  const lost = await startWorker(store, 'lost', { leaseMs: 100 })
  await lost.claimOne()
  await ready(() => expect.poll(async () => (await store.upkeep.rescue(3)).workers).toEqual(['lost']))
})

test('who waits for a change hears of each, and of no more once it has stopped waiting', async ({
  sleeper,
  store,
  heard,
}) => {
  const stop = await fallAsleep(sleeper, 'changed')
  const worker = await startWorker(store, 'w')
  await enqueue(store, newJob('a'), newJob('b'))
  const job = await worker.claimOne()
  await worker.settle(job, COMPLETE)
  expect(await heard()).toEqual(['changed', 'changed', 'changed'])

  await fallAsleep(sleeper, 'ready')
  await store.catalog.cancel(['b'], 'no')
  await enqueue(store, newJob('c'))
  expect((await heard()).toSorted()).toEqual(['changed', 'changed', 'ready'])

  stop()
  const heardOfTwo = async () => {
    await store.catalog.retry(['b'])
    await store.catalog.cancel(['b'], 'no')
    return heard()
  }
  await expect.poll(heardOfTwo, { timeout: 20_000 }).toEqual(['ready'])
})

test('who cannot be notified, and will not be, says why', async ({ url }) => {
  const told = Promise.withResolvers<Error>()
  const store = await openPostgresStore({ to: url, onDeaf: told.resolve })
  onTestFinished(() => store.close())
  const table = `"${schemaOf(url)}".listeners`
  await postgresPool().query(`alter table ${table} rename to deaf`)
  onTestFinished(
    async () => void (await postgresPool().query(`alter table "${schemaOf(url)}".deaf rename to listeners`)),
  )
  store.listen('ready', () => {})
  expect((await told.promise).message).toContain('does not exist')
})

test('a name of a channel is not taken for the schema, whatever that is called', async ({ sleeper }) => {
  expect(sleeper.location).toMatch(/_millhand$/)
  await fallAsleep(sleeper, 'ready')
})
