import { defineJob, openQueue } from 'millhand'
import pg from 'pg'
import { expect, inject } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { effectsTable, emptySchema, postgresPool, schemaOf, withClient } from '../support/postgres.ts'
import { describePostgres } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })
const REFUSED = { code: 'foreign_transaction' }

describePostgres("enqueueing in a transaction of the caller's own", (test) => {
  test('at its commit the job is there, and a sleeping worker is woken', async ({ queue, url, start }) => {
    const { table, names, drop } = await effectsTable(url)
    await start({ jobs: [echo] })
    const handles = await withClient(async (tx) => {
      await tx.query(`insert into ${table} values ('bread')`)
      const one = await queue.enqueue(echo, 1, { tx })
      const more = await queue.enqueueMany(echo, [2, 3], { tx })
      expect(await queue.count()).toBe(0)
      await tx.query('commit')
      return [one, ...more]
    })
    // The clock stands still: it is the commit that wakes the worker.
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 2, 3])
    expect(await names()).toEqual(['bread'])
    await drop()
  })

  test('a client that nobody has connected is refused at once', async ({ queue }) => {
    const tx = new pg.Client({ connectionString: inject('postgres') })
    await expect(queue.enqueue(echo, 1, { tx })).rejects.toMatchObject({
      ...REFUSED,
      message: expect.stringContaining('await client.connect() first'),
    })
  })

  test('a worker in another process is woken too', async ({ queue, open, start }) => {
    await start({ jobs: [echo] }, await open())
    const handle = await withClient(async (tx) => {
      const enqueued = await queue.enqueue(echo, 1, { tx })
      await tx.query('commit')
      return enqueued
    })
    expect(await handle.result()).toBe(1)
  })

  test('rolled back, there is no job', async ({ queue, start, clock }) => {
    const { job, runs } = heldJob()
    await start({ jobs: [job] })
    await withClient((tx) => queue.enqueueMany(job, [1, 2], { tx }))
    await clock.advance('6s')
    expect(runs).toHaveLength(0)
    expect(await queue.count()).toBe(0)
  })

  test('a key that is held gives its holder, and is free again after a rollback', async ({ queue }) => {
    await withClient(async (tx) => {
      const first = await queue.enqueue(echo, 1, { tx, key: 'k' })
      const again = await queue.enqueue(echo, 2, { tx, key: 'k' })
      expect([first.existed, again.existed, again.id === first.id]).toEqual([false, true, true])
    })
    const holder = await queue.enqueue(echo, 3, { key: 'k' })
    expect(holder.existed).toBe(false)
    const found = await withClient((tx) => queue.enqueue(echo, 4, { tx, key: 'k' }))
    expect(found).toMatchObject({ existed: true, id: holder.id })
  })

  test('a full queue refuses the job and leaves the transaction as it was', async ({ open, url }) => {
    const queue = await open({ pendingMax: 2 })
    const { table, names, drop } = await effectsTable(url)
    await withClient(async (tx) => {
      await tx.query(`insert into ${table} values ('before')`)
      await queue.enqueue(echo, 1, { tx })
      const tooMany = queue.enqueueMany(echo, [2, 3], { tx })
      await expect(tooMany).rejects.toMatchObject({ code: 'queue_full' })
      await tx.query(`insert into ${table} values ('after')`)
      await tx.query('commit')
    })
    expect(await names()).toEqual(['after', 'before'])
    expect(await queue.count()).toBe(1)
    await drop()
  })

  test('calls side by side do not undo each other', async ({ open }) => {
    const queue = await open({ pendingMax: 3 })
    const told = await withClient(async (tx) => {
      const calls = [1, 2, 3, 4, 5].map((input) => queue.enqueue(echo, input, { tx }))
      const settled = await Promise.allSettled(calls)
      await tx.query('commit')
      return settled.map(({ status }) => status)
    })
    expect(told).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'])
    expect(await queue.count()).toBe(3)
  })

  test("nothing of Millhand's is left on the caller's connection", async ({ queue }) => {
    await withClient(async (tx) => {
      const settings = "select name, setting from pg_settings where name not in ('transaction_isolation')"
      const before = await tx.query(settings)
      await queue.enqueue(echo, 1, { tx })
      expect((await tx.query(settings)).rows).toEqual(before.rows)
      expect((await tx.query('select * from pg_prepared_statements')).rows).toEqual([])
      const undone = tx.query('release savepoint millhand')
      await expect(undone).rejects.toMatchObject({ code: '3B001' })
    })
  })
})

describePostgres("what is no transaction of the caller's", (test) => {
  test('is refused with what is wrong with it', async ({ queue }) => {
    const refused = async (tx: object, problem: RegExp) => {
      const enqueued = queue.enqueue(echo, 1, { tx })
      await expect(enqueued).rejects.toMatchObject({ ...REFUSED, message: expect.stringMatching(problem) })
    }
    await refused({}, /no client of pg/)
    await refused(postgresPool(), /no transaction is open/)
    const client = await postgresPool().connect()
    await refused(client, /no transaction is open/)
    client.release()
    await refused(await queue.transaction((tx) => tx), /it is over/)
    expect(await queue.count()).toBe(0)
  })

  test('nor is one on another database, with a schema of Millhand in it or without', async ({
    open,
    url,
  }) => {
    const queue = await open()
    await postgresPool().query('create database elsewhere')
    const elsewhere = new pg.Client(inject('postgres').replace(/\/\w+$/, '/elsewhere'))
    await elsewhere.connect()
    const refused = async () => {
      await elsewhere.query('begin')
      const enqueued = queue.enqueue(echo, 1, { tx: elsewhere })
      const message = expect.stringMatching(/another database/)
      await expect(enqueued).rejects.toMatchObject({ ...REFUSED, message })
      // The transaction goes on.
      await elsewhere.query('select 1')
      await elsewhere.query('commit')
    }
    await refused()
    const schema = schemaOf(url)
    const other = await openQueue(inject('postgres').replace(/\/\w+$/, '/elsewhere'), { schema })
    await refused()
    expect(await other.count()).toBe(0)
    await other.close()
    await elsewhere.end()
    await postgresPool().query('drop database elsewhere')
  })

  test('one on another schema of the same database is, for the jobs of this one', async ({ queue }) => {
    const { url, release } = await emptySchema()
    const other = await openQueue(url)
    await other.transaction((tx) => queue.enqueue(echo, 1, { tx }))
    expect(await queue.count()).toBe(1)
    expect(await other.count()).toBe(0)
    await other.close()
    release()
  })

  test('in one that failed, the call says so', async ({ queue }) => {
    await withClient(async (tx) => {
      await tx.query('select 1 / 0').catch(() => {})
      const enqueued = queue.enqueue(echo, 1, { tx })
      await expect(enqueued).rejects.toMatchObject({ code: 'transaction_aborted' })
    })
  })

  test('a key that was taken since its snapshot is a fault that the caller can tell', async ({ queue }) => {
    await withClient(async (tx) => {
      await tx.query('set transaction isolation level repeatable read')
      await tx.query('select 1')
      await queue.enqueue(echo, 1, { key: 'k' })
      const late = queue.enqueue(echo, 2, { tx, key: 'k' })
      await expect(late).rejects.toMatchObject({ code: '40001' })
    })
  })

  test('a passing fault is given in the words of the database', async ({ queue, url }) => {
    await withClient(async (other) => {
      await other.query(`lock table "${schemaOf(url)}".jobs in exclusive mode`)
      await withClient(async (tx) => {
        await tx.query("set local lock_timeout = '10ms'")
        await expect(queue.enqueue(echo, 1, { tx })).rejects.toMatchObject({ code: '55P03' })
      })
    })
  })
})
