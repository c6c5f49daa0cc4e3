import { defineJob, Worker } from 'millhand'
import pg from 'pg'
import { describe, expect, inject, onTestFinished } from 'vitest'
import { postgresPool, schemaOf, withClient } from '../support/postgres.ts'
import { callingIn, enqueue, refusalOf, runDue, test } from '../support/sql-functions.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })
const failing = defineJob({
  name: 'test.failing',
  retries: 0,
  run: () => {
    throw new Error('no')
  },
})

describe('in a transaction', () => {
  test('a trigger enqueues for its row, and what is rolled back was never there', async ({
    queue,
    sql,
    url,
  }) => {
    const schema = schemaOf(url)
    await sql('create table millhand.orders (id integer primary key)')
    onTestFinished(async () => void (await sql('drop table millhand.orders cascade')))
    await sql(`create function millhand.order_came() returns trigger language plpgsql as $$
      begin
        perform millhand.enqueue('test.echo', to_jsonb(new), jsonb_build_object('key', new.id::text, 'queue', 'orders'));
        return new;
      end $$`)
    onTestFinished(async () => void (await sql('drop function millhand.order_came() cascade')))
    await sql(
      `create trigger came after insert on millhand.orders for each row execute function millhand.order_came()`,
    )
    await withClient((client) => callingIn(client, schema)('insert into millhand.orders values (1)'))
    await withClient(async (client) => {
      await callingIn(client, schema)('insert into millhand.orders values (2), (3)')
      await client.query('commit')
    })
    expect((await queue.list()).map(({ input }) => input)).toEqual([{ id: 3 }, { id: 2 }])
    expect(await runDue(queue, { jobs: [echo] })).toBe(2)
  })

  test('one that is open keeps nobody from the first job of the same queue and name', async ({
    queue,
    sql,
    url,
  }) => {
    await withClient(async (client) => {
      const inside = callingIn(client, schemaOf(url))
      await enqueue(inside, { input: 'mine' })
      await enqueue(sql, { input: 'theirs' })
      await queue.enqueue(echo, 'yours')
      expect(await runDue(queue, { jobs: [echo] })).toBe(2)
      await client.query('commit')
    })
    expect(await runDue(queue, { jobs: [echo] })).toBe(1)
  })
})

test('a worker that sleeps is woken, also by the first job of its queue and name', async ({ queue, sql }) => {
  // So long nobody looks by himself.
  const worker = new Worker(queue, { jobs: [echo], pollInterval: '1h', lease: '1h', beat: '10m' })
  onTestFinished(() => worker.stop())
  await worker.start()
  for (const name of ['first', 'second']) {
    const job = await queue.enqueue(echo, name)
    expect(await job.result()).toBe(name)
    const id = await enqueue(sql, { input: name, options: { queue: 'new' } })
    expect(await queue.handle(echo, id).result()).toBe(name)
  }
})

test('a job that waits for its lane can be given another time, and another queue', async ({ queue, sql }) => {
  const id = await enqueue(sql, { options: { queue: 'new' } })
  await queue.matching({ queue: 'new' }).reschedule(new Date('2100-01-01'))
  await queue.prune()
  expect(await runDue(queue, { jobs: [echo] })).toBe(0)
  const later = await enqueue(sql, { options: { queue: 'newer', delay: '1h' } })
  await queue.matching({ queue: 'newer' }).move('new')
  await queue.matching({ queue: 'new' }).reschedule(new Date(0))
  expect(await runDue(queue, { jobs: [echo] })).toBe(2)
  expect([await queue.get(id), await queue.get(later)]).toMatchObject([{ queue: 'new' }, { queue: 'new' }])
  expect(await sql('select id as given from millhand.lanes where id = 0')).toEqual([])
})

describe('cancel', () => {
  test('ends a job that waits, with a reason', async ({ queue, sql }) => {
    const { id } = await queue.enqueue(echo)
    const ofSql = await enqueue(sql, { options: { queue: 'new', key: 'k' } })
    expect(await sql('select millhand.cancel($1, $2) as given', id, 'not needed')).toEqual([{ given: true }])
    expect(await sql('select millhand.cancel($1) as given', ofSql)).toEqual([{ given: true }])
    expect(await queue.get(id)).toMatchObject({ state: 'cancelled', reason: 'not needed' })
    expect(await queue.get(ofSql)).toMatchObject({ state: 'cancelled', reason: 'cancelled' })
    expect(await queue.enqueue(echo, 1, { key: 'k' })).toMatchObject({ existed: false })
    expect(await sql('select sum(cancelled)::integer as given from millhand.ledger')).toEqual([{ given: 2 }])
  })

  test('reaches the handler of a job that runs', async ({ queue, sql }) => {
    const begun = Promise.withResolvers<void>()
    const slow = defineJob({
      name: 'test.slow',
      run: (_, ctx) => {
        begun.resolve()
        return new Promise((_resolve, reject) => {
          ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
        })
      },
    })
    const worker = new Worker(queue, { jobs: [slow], pollInterval: '1h' })
    onTestFinished(() => worker.stop())
    await worker.start()
    const job = await queue.enqueue(slow)
    await begun.promise
    expect(await sql('select millhand.cancel($1, $2) as given', job.id, 'enough')).toEqual([{ given: true }])
    await expect(job.result()).rejects.toMatchObject({ code: 'job_cancelled', facts: { reason: 'enough' } })
  })

  test('leaves a job that has ended as it is, and refuses one that there is not', async ({ queue, sql }) => {
    const { id } = await queue.enqueue(echo)
    await runDue(queue, { jobs: [echo] })
    expect(await sql('select millhand.cancel($1) as given', id)).toEqual([{ given: false }])
    expect(await refusalOf(sql('select millhand.cancel($1)', 'none'))).toMatchObject({
      code: 'MH001',
      facts: { code: 'job_not_found', id: 'none' },
    })
    expect(await refusalOf(sql('select millhand.cancel(null)'))).toMatchObject({
      facts: { code: 'invalid_option' },
    })
  })
})

describe('retry', () => {
  test('runs a failed job again, with its errors', async ({ queue, sql }) => {
    const { id } = await queue.enqueue(failing, 1, { deadline: '1h', key: 'k' })
    await runDue(queue, { jobs: [failing] })
    await sql('select millhand.retry($1)', id)
    expect(await queue.get(id)).toMatchObject({
      state: 'pending',
      attempt: 0,
      epoch: 1,
      errors: [{ message: 'no' }],
    })
    expect(await queue.enqueue(failing, 2, { key: 'k' })).toMatchObject({ id, existed: true })
    expect(await runDue(queue, { jobs: [failing] })).toBe(1)
    expect(await queue.get(id)).toMatchObject({ state: 'failed', epoch: 2 })
  })

  test('a job that requires something waits for who has it, as before', async ({ queue, sql }) => {
    const { id } = await queue.enqueue(echo, 1, { requires: ['gpu'], queue: 'new' })
    await queue.cancel(id)
    await sql("update millhand.lanes set used_at = 0 where queue = 'new'")
    await sql('select millhand.retry($1)', id)
    expect(await runDue(queue, { jobs: [echo] })).toBe(0)
    expect(await runDue(queue, { jobs: [echo], capabilities: ['gpu'] })).toBe(1)
  })

  test('a job that is not failed or cancelled, or whose key another one holds, is refused', async ({
    queue,
    sql,
  }) => {
    const refused = (id: string) => refusalOf(sql('select millhand.retry($1)', id))
    const { id } = await queue.enqueue(echo, 1, { key: 'k' })
    expect(await refused(id)).toMatchObject({ facts: { code: 'not_retryable', id, state: 'pending' } })
    await queue.cancel(id)
    await queue.enqueue(echo, 2, { key: 'k' })
    expect(await refused(id)).toMatchObject({
      message: expect.stringContaining('key is held'),
      facts: { code: 'not_retryable', state: 'cancelled' },
    })
    await runDue(queue, { jobs: [echo] })
    const [last] = await queue.list({ state: 'complete' })
    expect(await refused(last?.id ?? '')).toMatchObject({
      facts: { code: 'not_retryable', state: 'complete' },
    })
    expect(await refused('none')).toMatchObject({ facts: { code: 'job_not_found' } })
  })
})

test('a role that may call the functions needs no right to a table; one that only looks may not call them', async ({
  queue,
  sql,
  url,
}) => {
  const role = `${schemaOf(url)}_caller`
  await postgresPool().query(`create role "${role}" login password 'test'`)
  onTestFinished(async () => {
    await postgresPool().query(`drop owned by "${role}"; drop role "${role}"`)
  })
  await sql(`grant usage on schema "${schemaOf(url)}" to "${role}"`)
  const client = new pg.Client(inject('postgres').replace(/\/\/.*@/, `//${role}:test@`))
  await client.connect()
  onTestFinished(() => client.end())
  const calling = callingIn(client, schemaOf(url))
  for (const call of ["enqueue('test.echo')", "cancel('a')", "retry('a')", "sql_shown('1')"]) {
    await expect(calling(`select millhand.${call}`)).rejects.toMatchObject({ code: '42501' })
  }
  await sql(
    `grant execute on function millhand.enqueue(text, jsonb, jsonb), millhand.cancel(text, text), millhand.retry(text) to "${role}"`,
  )
  const id = await enqueue(calling, { options: { key: 'k', tags: ['a'] } })
  await calling('select millhand.cancel($1)', id)
  await calling('select millhand.retry($1)', id)
  expect(await runDue(queue, { jobs: [echo] })).toBe(1)
  await expect(calling('select * from millhand.jobs')).rejects.toMatchObject({ code: '42501' })
})
