import { defineJob } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import type pg from 'pg'
import { expect } from 'vitest'
import { describePostgres } from '../support/stores.ts'

/** What a handler may do to the session of its transaction, beside its work. */
const SPOILS = `set app.tenant = 'one'; set default_transaction_read_only = on; set statement_timeout = '7s';
  set search_path = nowhere; create temp table left_over (x int); declare held cursor with hold for select 1;
  select pg_advisory_lock(4711)`

const SEEN = `select current_setting('app.tenant', true) as tenant, current_setting('statement_timeout') as timeout, current_setting('search_path') as path,
  to_regclass('pg_temp.left_over') as temp, (select count(*)::int from pg_cursors) as cursors,
  (select count(*)::int from pg_locks where locktype = 'advisory' and objid = 4711) as locks`

describePostgres('the session of a transaction', (test) => {
  test('what a handler sets in it is gone before its connection serves anybody else', async ({ queue }) => {
    let fails = false
    const spoils = defineJob({
      name: 'test.spoils',
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction(async (tx: pg.ClientBase) => {
          await tx.query(SPOILS)
          if (fails) throw new Error('no')
        }),
    })
    const looks = defineJob({
      name: 'test.looks',
      run: (_, ctx) => ctx.transaction(async (tx: pg.ClientBase) => (await tx.query(SEEN)).rows[0]),
    })
    for (fails of [false, true]) {
      await queue.enqueue(spoils)
      await runUntilIdle(queue, { jobs: [spoils], concurrency: 1 })
      const looked = await queue.enqueue(looks)
      await runUntilIdle(queue, { jobs: [looks], concurrency: 1 })
      expect(await looked.get()).toMatchObject({
        output: {
          tenant: expect.toBeOneOf([null, '']),
          temp: null,
          cursors: 0,
          locks: 0,
          path: '"$user", public',
        },
      })
    }
    expect(await queue.count({ state: 'complete' })).toBe(3)
  })

  test('a client that a handler has changed serves nobody else, and what it deallocates is prepared anew', async ({
    queue,
    clock,
    start,
  }) => {
    const changes = defineJob({
      name: 'test.changes',
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction(async (tx: pg.ClientBase) => {
          tx.setTypeParser(23, (value) => `changed:${value}`)
          tx.on('notice', () => {})
          Object.assign(tx, { tenant: 'one' })
          await tx.query('listen somewhere')
        }),
    })
    const deallocates = defineJob({
      name: 'test.deallocates',
      retries: 0,
      run: (_, ctx) => ctx.transaction(async (tx: pg.ClientBase) => void (await tx.query('deallocate all'))),
    })
    const looks = defineJob({
      name: 'test.looks',
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction(async (tx: pg.ClientBase & { readonly tenant?: string }) => ({
          number: (await tx.query('select 1::int as one')).rows[0].one,
          tenant: tx.tenant ?? null,
          channels: (await tx.query('select * from pg_listening_channels()')).rows,
        })),
    })
    await start({ jobs: [changes, deallocates, looks], concurrency: 2 })
    for (const spoils of [changes, deallocates]) {
      const looked = await queue.enqueueMany([spoils, looks, spoils, looks].map((job) => ({ job })))
      await expect
        .poll(async () => {
          await clock.advance('1s')
          return queue.count({ state: ['pending', 'running'] })
        })
        .toBe(0)
      for (const job of await queue.list({ name: 'test.looks' }))
        expect(job).toMatchObject({ output: { number: 1, tenant: null, channels: [] } })
      expect(looked).toHaveLength(4)
    }
  })

  test('a call of a transaction that is over, of which nobody hears, ends no process', async ({ queue }) => {
    let kept: pg.ClientBase | undefined
    const keeps = defineJob({
      name: 'test.keeps',
      run: (_, ctx) =>
        ctx.transaction(async (tx: pg.ClientBase) => {
          kept = tx
          void tx.query('commit')
        }),
    })
    const job = await queue.enqueue(keeps)
    await runUntilIdle(queue, { jobs: [keeps] })
    void kept?.query('select 1')
    expect((await job.get()).state).toBe('complete')
  })
})
