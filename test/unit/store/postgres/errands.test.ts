import { expect } from 'vitest'
import { idsOf, enqueue as insert, newJob, startWorker } from '../../../support/jobs.ts'
import { postgresPool, schemaOf, withClient } from '../../../support/postgres.ts'
import { test as base } from '../../../support/postgres-store.ts'
import { callingIn, enqueue } from '../../../support/sql-functions.ts'

const KEPT = { complete: 0, failed: 0, cancelled: 0 }

const test = base.extend('sql', ({ url, store: _ }) => callingIn(postgresPool(), schemaOf(url)))

test('a leader does what nobody with nothing to do has done', async ({ store, sql }) => {
  const worker = await startWorker(store, 'w')
  const ids = [await enqueue(sql), await enqueue(sql, { options: { queue: 'new', delay: '1h' } })]
  expect(await worker.claim()).toEqual([])
  expect(await store.upkeep.errands(1)).toBe(1)
  expect(await store.upkeep.errands(10)).toBe(1)
  expect(await store.upkeep.errands(10)).toBe(0)
  expect(idsOf(await worker.claim())).toEqual([ids[0]])
  // Due later, it waits for that, in a lane.
  expect(await sql('select waits::integer as given from millhand.pending where lane > 0')).toEqual([
    { given: 2 },
  ])
})

test('a lane that was not used for long is not relied upon, and one that was is taken, and renewed', async ({
  store,
  sql,
}) => {
  await enqueue(sql)
  await store.upkeep.errands(10)
  const agedBy = (minutes: number) => sql(`update millhand.lanes set used_at = used_at - ${minutes} * 60000`)
  const waits = async () => {
    await enqueue(sql)
    const [row] = await sql('select waits::integer as given from millhand.pending order by seq desc limit 1')
    return [row?.given, (await sql('select 1 from millhand.errands')).length]
  }
  expect(await waits()).toEqual([1, 0])
  await agedBy(6)
  expect(await waits()).toEqual([1, 1])
  await agedBy(50)
  expect(await waits()).toEqual([4, 2])
})

test('a job that an open transaction has locked keeps nobody waiting: its errand is left for later', async ({
  store,
  sql,
  url,
}) => {
  const locked = await enqueue(sql)
  await enqueue(sql, { options: { queue: 'new' } })
  await withClient(async (client) => {
    await callingIn(client, schemaOf(url))('select millhand.cancel($1)', locked)
    expect(await store.upkeep.errands(10)).toBe(1)
  })
  expect(await store.upkeep.errands(10)).toBe(1)
  expect(await sql('select count(*)::integer as given from millhand.pending where waits = 1')).toEqual([
    { given: 2 },
  ])
})

test('the errand of a job that was cancelled and pruned goes', async ({ store, sql }) => {
  const id = await enqueue(sql)
  await sql('select millhand.cancel($1)', id)
  expect(await store.upkeep.prune(KEPT, 10)).toBe(1)
  expect(await store.upkeep.errands(10)).toBe(1)
  expect(await sql('select 1 from millhand.errands')).toEqual([])
})

test('a queue whose jobs wait for their lane is not empty, and can be purged', async ({ store, sql }) => {
  await enqueue(sql)
  await enqueue(sql, { options: { queue: 'new' } })
  expect([await store.queues.unfinished('new'), await store.queues.unfinished('other')]).toEqual([
    true,
    false,
  ])
  expect(await store.queues.purge('new', { reason: 'no', limit: 10 })).toMatchObject({
    ids: [expect.any(String)],
  })
  expect(await store.queues.unfinished('new')).toBe(false)
  expect(await store.queues.unfinished('default')).toBe(true)
})

test('a queue shows the jobs that wait for their lane, as what they wait for then', async ({
  store,
  sql,
}) => {
  const options = { queue: 'new' }
  for (const delay of [0, '1h']) await enqueue(sql, { options: { ...options, delay } })
  const twice = await enqueue(sql, { options })
  for (const verb of ['cancel', 'retry']) await sql(`select millhand.${verb}($1)`, twice)
  const shown = async () => [await store.queues.backlog('new', 10), await store.ledger.depths()]
  const [backlog, depths] = await shown()
  expect(backlog).toMatchObject({ names: [{ name: 'test.echo', ready: 2, delayed: 1 }] })
  expect(depths).toMatchObject([{ queue: 'new', name: 'test.echo', pending: 3, scheduled: 1, running: 0 }])
  await store.upkeep.errands(10)
  expect(await shown()).toEqual([backlog, depths])
})

test('a job that is moved while its lane is made waits in the queue in which it is then', async ({
  store,
  sql,
  url,
}) => {
  await insert(store, newJob('there', { queue: 'other', name: 'test.echo' }))
  const id = await enqueue(sql, { options: { queue: 'new' } })
  const { beforeSeq } = await store.operations.begin({ id: 'move', verb: 'move', asked: '{}', by: null })
  const errands = await withClient(async (client) => {
    const beside = callingIn(client, schemaOf(url))
    await beside('lock table millhand.lanes in share mode')
    const begun = store.upkeep.errands(10)
    const waiting = "select 1 from pg_locks where not granted and relation = 'millhand.lanes'::regclass"
    await expect.poll(() => sql(waiting)).toHaveLength(1)
    const deed = { verb: 'move', queue: 'other' } as const
    await store.operations.step({ operation: 'move', deed, ids: [id], fromSeq: beforeSeq, toSeq: 0 })
    return () => begun
  })
  expect(await errands()).toBe(1)
  const lanes =
    'select queue as given from millhand.lanes join millhand.pending on lane = lanes.id order by seq'
  expect(await sql(lanes)).toEqual([{ given: 'other' }, { given: 'other' }])
})
