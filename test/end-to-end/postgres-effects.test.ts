import { defineJob, type JobContext } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import type { PoolClient } from 'pg'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { type Effects, effectsTable } from '../support/postgres.ts'
import { describePostgres, type QueueTest } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

const withEffects = (test: QueueTest) =>
  test.extend('effects', async ({ url, queue: _ }, { onCleanup }) => {
    const effects = await effectsTable(url)
    onCleanup(effects.drop)
    return effects
  })

/** A job whose effect is a row, written by `write` in its transaction. */
const effectJob = (write: (tx: PoolClient, ctx: JobContext) => unknown, retries = 0) =>
  defineJob({
    name: 'shop.sell',
    retries,
    run: (_, ctx) => ctx.transaction((tx: PoolClient) => write(tx, ctx)),
  })

const add = ({ table }: Effects, name: string) => `insert into ${table} values ('${name}')`

describePostgres('ctx.transaction with effects in the same database', (bare) => {
  const test = withEffects(bare)

  test('they are there once, however often the job is tried', async ({ queue, effects }) => {
    const job = effectJob(async (tx, ctx) => {
      await tx.query(add(effects, `of attempt ${ctx.attempt}`))
      await ctx.enqueue(echo, ctx.attempt, { tx })
      if (ctx.attempt < 3) throw new Error('not yet')
      return ctx.attempt
    }, 3)
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job, echo] })
    expect(await handle.result()).toBe(3)
    expect(await effects.names()).toEqual(['of attempt 3'])
    expect(await queue.count({ name: 'test.echo' })).toBe(1)
  })

  test('of a job that was rescued meanwhile, none is left', async ({ queue, effects, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    const { promise: lost, resolve: lose } = Promise.withResolvers<void>()
    const write = (index: number) =>
      run(index).ctx.transaction(async (tx: PoolClient) => {
        await tx.query(add(effects, `of run ${index}`))
        if (index === 0) await lost
        return index
      })
    const late = write(0)
    clock.jump(11_000)
    await start({ jobs: [job] })
    lose()
    await expect(late).rejects.toMatchObject({ code: 'lease_lost', facts: { id: handle.id, epoch: 1 } })
    expect(await effects.names()).toEqual([])
    run(1).end(await write(1))
    expect(await handle.result()).toBe(1)
    expect(await effects.names()).toEqual(['of run 1'])
  })

  test('a handler that swallows an error of SQL has not completed the job', async ({ queue, effects }) => {
    const job = effectJob(async (tx) => {
      await tx.query(add(effects, 'bread'))
      await tx.query(add(effects, 'bread')).catch(() => {})
      return 'all is well'
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    const message = expect.stringMatching(/duplicate key.*savepoint/)
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      failure: { code: 'transaction_aborted', message },
    })
    expect(await effects.names()).toEqual([])
  })

  test('a handler that was written for SQLite is told so', async ({ queue }) => {
    const job = defineJob({
      name: 'shop.sell',
      retries: 0,
      run: (_, ctx) => ctx.transaction((tx) => tx.exec('select 1')),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    const message = expect.stringMatching(/tx\.exec.*client of pg/)
    expect(await handle.get()).toMatchObject({ failure: { code: 'not_supported', message } })
  })

  test('with a savepoint it may go on', async ({ queue, effects }) => {
    const job = effectJob(async (tx) => {
      await tx.query(add(effects, 'bread'))
      await tx.query('savepoint again')
      await tx.query(add(effects, 'bread')).catch(() => tx.query('rollback to savepoint again'))
    })
    await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await queue.count({ state: 'complete' })).toBe(1)
    expect(await effects.names()).toEqual(['bread'])
  })

  test('when the commit itself is refused, the job is not complete', async ({ queue, effects }) => {
    const job = effectJob(async (tx, ctx) => {
      const names = ctx.attempt === 1 ? ['a', 'b'] : ['a']
      for (const name of names) await tx.query(`insert into ${effects.table} values ($1, 'the same')`, [name])
      return ctx.attempt
    }, 1)
    const told: string[] = []
    for (const name of ['complete', 'retry'] as const) queue.on(name, () => told.push(name))
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({
      state: 'complete',
      attempt: 2,
      errors: [{ message: expect.stringMatching(/unique/) }],
    })
    expect(await effects.names()).toEqual(['a'])
    expect(told).toEqual(['retry', 'complete'])
  })

  test('when its connection is cut, it is undone, and the worker works on', async ({ queue, effects }) => {
    const job = effectJob(async (tx, ctx) => {
      await tx.query(add(effects, `of attempt ${ctx.attempt}`))
      if (ctx.attempt === 1) await tx.query('select pg_terminate_backend(pg_backend_pid())')
      return ctx.attempt
    }, 1)
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toBe(2)
    expect(await effects.names()).toEqual(['of attempt 2'])
    const cut = queue.transaction((tx: PoolClient) =>
      tx.query('select pg_terminate_backend(pg_backend_pid())'),
    )
    await expect(cut).rejects.toMatchObject({ code: 'transaction_lost' })
  })

  test('statements that a handler leaves running are a part of it', async ({ queue, effects }) => {
    const job = effectJob((tx) => {
      void tx.query(add(effects, 'first'))
      void tx.query('select pg_sleep(0.05)')
      void tx.query(add(effects, 'last'))
      return 'done'
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toBe('done')
    expect(await effects.names()).toEqual(['first', 'last'])
  })

  test('one of them that fails undoes it', async ({ queue, effects }) => {
    const failures: unknown[] = []
    const job = effectJob((tx) => {
      void tx.query(add(effects, 'first'))
      tx.query('select 1 / 0').catch((error) => failures.push(error.message))
      return 'done'
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { code: 'transaction_aborted' } })
    expect(failures).toEqual(['division by zero'])
    expect(await effects.names()).toEqual([])
  })

  test('a statement that comes after the end reaches nobody', async ({ queue, effects }) => {
    const ended = await queue.transaction(async (tx: PoolClient) => tx)
    const late = ended.query(add(effects, 'late'))
    await expect(late).rejects.toMatchObject({ code: 'foreign_transaction' })
    const { promise, resolve } = Promise.withResolvers<unknown>()
    ended.query(add(effects, 'late'), resolve)
    expect(await promise).toMatchObject({ code: 'foreign_transaction' })
    expect(await effects.names()).toEqual([])
  })

  test('a handler that forgets to wait for its transaction is waited for', async ({ queue, effects }) => {
    const forgetful = defineJob({
      name: 'shop.forget',
      retries: 1,
      run(_, ctx) {
        void ctx.transaction(async (tx: PoolClient) => {
          await tx.query(add(effects, `of attempt ${ctx.attempt}`))
          if (ctx.attempt === 1) throw new Error('not yet')
        })
      },
    })
    const handle = await queue.enqueue(forgetful)
    await runUntilIdle(queue, { jobs: [forgetful] })
    expect(await handle.get()).toMatchObject({ state: 'complete', attempt: 2 })
    expect(await effects.names()).toEqual(['of attempt 2'])
  })
})

describePostgres('who begins and ends a transaction of Millhand', (bare) => {
  const test = withEffects(bare)

  test('is Millhand', async ({ queue, effects }) => {
    await queue.transaction(async (tx: PoolClient) => {
      for (const sql of [
        'begin',
        ' START transaction',
        'commit;',
        'end',
        'abort',
        'rollback',
        'ROLLBACK WORK',
      ]) {
        await expect(tx.query(sql), sql).rejects.toMatchObject({ code: 'transaction_control' })
      }
      for (const take of [() => tx.release(), () => tx.end()]) {
        expect(take).toThrow(expect.objectContaining({ code: 'transaction_control' }))
      }
      await tx.query(add(effects, 'bread'))
    })
    expect(await effects.names()).toEqual(['bread'])
  })

  test('a body that ends it behind its back does not complete its job', async ({ queue, effects }) => {
    const job = effectJob(async (tx) => {
      await tx.query(add(effects, 'bread'))
      await tx.query('/* at last */ rollback; begin')
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { code: 'foreign_transaction' } })
    expect(await effects.names()).toEqual([])
  })

  test('queue.transaction does not resolve when nothing was committed', async ({ queue, effects }) => {
    const swallowing = queue.transaction(async (tx: PoolClient) => {
      await tx.query(add(effects, 'bread'))
      await tx.query('select 1 / 0').catch(() => {})
    })
    const message = expect.stringMatching(/division by zero/)
    await expect(swallowing).rejects.toMatchObject({ code: 'transaction_aborted', message })
    expect(await effects.names()).toEqual([])
  })

  test("on the store's own connections the caller's statements have the settings of the database", async ({
    queue,
  }) => {
    const setting = `select setting from pg_settings where name in ('enable_seqscan', 'jit', 'plan_cache_mode') order by name`
    const { rows } = await queue.transaction((tx: PoolClient) => tx.query<{ setting: string }>(setting))
    expect(rows.map(({ setting }) => setting)).toEqual(['on', 'on', 'auto'])
  })
})

describePostgres('several transactions in one worker', (bare) => {
  const test = withEffects(bare)

  test('go side by side, and more of them than there are connections take turns', async ({
    queue,
    effects,
  }) => {
    let [open, most] = [0, 0]
    const job = defineJob({
      name: 'shop.sell',
      run: (input, ctx) =>
        ctx.transaction(async (tx: PoolClient) => {
          open += 1
          most = Math.max(most, open)
          await tx.query('select pg_sleep(0.01)')
          await tx.query(add(effects, String(input)))
          open -= 1
        }),
    })
    const inputs = Array.from({ length: 30 }, (_, index) => index)
    await queue.enqueueMany(job, inputs)
    await runUntilIdle(queue, { jobs: [job], concurrency: 30 })
    expect(await queue.count({ state: 'complete' })).toBe(30)
    expect(await effects.names()).toHaveLength(30)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThan(10)
  })

  test('one inside of another is refused, and so is a second one beside it', async ({
    queue,
    effects,
    start,
  }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    const { ctx } = run()
    const outer = ctx.transaction(async (tx: PoolClient) => {
      await tx.query(add(effects, 'outer'))
      const inner = [
        () => ctx.transaction(() => 1),
        () => queue.transaction(() => 1),
        () => ctx.enqueue(echo, 1),
      ]
      for (const call of inner) await expect(call()).rejects.toMatchObject({ code: 'inside_transaction' })
      return 'outer'
    })
    await expect(ctx.transaction(() => 2)).rejects.toMatchObject({ code: 'already_settled' })
    run().end(await outer)
    expect(await handle.result()).toBe('outer')
    expect(await effects.names()).toEqual(['outer'])
    expect(await queue.count()).toBe(1)
  })
})
