import { expect, onTestFinished, test } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { COMPLETE, enqueue, find, newJob, startWorker } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf, untilBlocked, withClient } from '../../../support/postgres.ts'

async function scene() {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  const schema = schemaOf(url)
  const keys = async () => (await postgresPool().query(`select key from "${schema}".keys`)).rows
  return { store, schema, keys }
}

test('an enqueue that is repeated after its job has finished takes no key', async () => {
  const { store, keys } = await scene()
  const worker = await startWorker(store, 'worker')
  const job = newJob('a', { key: 'k' })
  await enqueue(store, job)
  await worker.run(COMPLETE)
  expect(await enqueue(store, job)).toEqual([{ id: 'a', existed: false }])
  expect(await keys()).toEqual([])
  expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'b', existed: false }])
})

test('nor does one whose first call comes through while it is under way', async () => {
  const { store, schema, keys } = await scene()
  await withClient(async (client) => {
    await client.query(
      `insert into "${schema}".keys (name, key, seq, id) values ('test.work', 'k', -1, 'other')`,
    )
    const repeated = enqueue(store, newJob('a', { key: 'k' }))
    await untilBlocked(schema, 1)
    // As if the first call had stored it, and the job had finished since: the key is free again.
    await enqueue(store, newJob('a'))
    await client.query('rollback')
    expect(await repeated).toEqual([{ id: 'a', existed: false }])
  })
  expect(await keys()).toEqual([])
})

test('an enqueue that is repeated needs no room for what is stored already', async () => {
  const { store } = await scene()
  await store.jobs.insert([newJob('a')], 1)
  await enqueue(store, newJob('b'))
  expect(await store.jobs.insert([newJob('a')], 1)).toEqual([{ id: 'a', existed: false }])
  expect((await find(store, 'a')).state).toBe('pending')
})

test('enqueues with the same keys in another order do not wait for each other', async () => {
  const { store, schema } = await scene()
  const keys = Array.from({ length: 300 }, (_, index) => `k${index}`)
  const jobs = (caller: number, order: readonly string[]) =>
    order.map((key) => newJob(`${caller}-${key}`, { key }))
  const before = await deadlocks()
  for (let round = 0; round < 10; round += 1) {
    const calls = [keys, keys.toReversed()].map((order, caller) => enqueue(store, ...jobs(caller, order)))
    const answers = (await Promise.all(calls)).map((inserted) => inserted.map(({ id }) => id.slice(2)).sort())
    expect(answers).toEqual([keys.toSorted(), keys.toSorted()])
    for (const table of ['keys', 'pending', 'jobs'])
      await postgresPool().query(`delete from "${schema}".${table}`)
  }
  expect(await deadlocks()).toBe(before)
})

test('nor do those who cancel, and those who retry, the same jobs in another order', async () => {
  const { store } = await scene()
  const ids = Array.from({ length: 300 }, (_, index) => `job-${index}`)
  await enqueue(store, ...ids.map((id) => newJob(id, { key: id })))
  const before = await deadlocks()
  for (let round = 0; round < 10; round += 1) {
    const cancelled = await Promise.all(
      [ids, ids.toReversed()].map((order) => store.catalog.cancel(order, 'both')),
    )
    expect(cancelled.flat().sort()).toEqual(ids.toSorted())
    const retried = await Promise.all([ids, ids.toReversed()].map((order) => store.catalog.retry(order)))
    expect(retried.flat().sort()).toEqual(ids.toSorted())
  }
  expect(await deadlocks()).toBe(before)
})

async function deadlocks(): Promise<number> {
  const sql = 'select deadlocks::integer from pg_stat_database where datname = current_database()'
  return (await postgresPool().query(sql)).rows[0].deadlocks
}
