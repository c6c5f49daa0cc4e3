import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { defineJob, type Queue } from 'millhand'
import type { PoolClient } from 'pg'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { postgresPool, schemaOf } from '../support/postgres.ts'
import { describePostgres, describeSqlite, describeStores, type QueueTest } from '../support/stores.ts'

type Tx = DatabaseSync | PoolClient

/** More handlers than any store has turns for transactions. */
const MANY = 12
/** So long that nobody loses it while the clock is moved past a time-out. */
const PATIENT = { lease: '10m', abortGrace: '5s' } as const

const forever = () => new Promise<never>(() => {})
/** Waits until the check no longer throws. */
const eventually = (check: () => unknown) =>
  expect
    .poll(async () => {
      await check()
      return true
    })
    .toBe(true)

/** A shop whose sales are in the database of the queue, whichever that is. */
class Shop {
  readonly queue: Queue
  readonly table: string

  constructor(queue: Queue, url: string) {
    this.queue = queue
    this.table = url.startsWith('postgres') ? `"${schemaOf(url)}".sales` : 'sales'
  }

  open(): Promise<unknown> {
    return this.queue.transaction((tx: Tx) => ask(tx, `create table ${this.table} (item text)`))
  }

  sell(tx: Tx, item: string): Promise<unknown[]> {
    return ask(tx, this.sale(item))
  }

  sale(item: string): string {
    return `insert into ${this.table} values ('${item}')`
  }

  async sold(): Promise<unknown[]> {
    const select = `select item from ${this.table} order by item`
    const rows = await this.queue.transaction((tx: Tx) => ask(tx, select))
    return rows.map((row) => (row as { item: unknown }).item)
  }

  async close(): Promise<void> {
    if (this.table === 'sales') return
    const drop = `begin; set local lock_timeout = '5s'; drop table ${this.table}; commit`
    await postgresPool().query(drop)
  }

  /** A job that sells something and then hangs in its transaction, but for its second attempt. */
  hangingJob(retries: number, hang: (tx: Tx) => Promise<unknown> = forever) {
    const begun: Tx[] = []
    const job = defineJob({
      name: 'shop.hang',
      timeout: '10s',
      retries,
      run: (_, ctx) =>
        ctx.transaction(async (tx: Tx) => {
          await this.sell(tx, `of attempt ${ctx.attempt}`)
          begun.push(tx)
          if (ctx.attempt === 1) await hang(tx)
          return ctx.attempt
        }),
    })
    return { job, begun }
  }
}

async function ask(tx: Tx, sql: string): Promise<unknown[]> {
  return 'prepare' in tx ? tx.prepare(sql).all() : (await tx.query(sql)).rows
}

const withShop = (test: QueueTest) =>
  test.extend('shop', async ({ queue, url }, { onCleanup }) => {
    const shop = new Shop(queue, url)
    await shop.open()
    onCleanup(() => shop.close())
    return shop
  })

for (const describeOne of [describeSqlite, describePostgres]) {
  describeOne('a handler that hangs in its transaction', (bare) => {
    const test = withShop(bare)

    test('has its grace; then all is undone, and the attempt has failed as a timeout', async ({
      queue,
      shop,
      clock,
      start,
    }) => {
      const { job, begun } = shop.hangingJob(1)
      const handle = await queue.enqueue(job)
      await start({ jobs: [job], ...PATIENT })
      await eventually(() => expect(begun).toHaveLength(1))
      await clock.advance('14s')
      expect(await handle.get()).toMatchObject({ state: 'running', errors: [] })
      await clock.advance('2s')
      await eventually(async () =>
        expect(await handle.get()).toMatchObject({ errors: [{ kind: 'timeout', attempt: 1 }] }),
      )
      expect(await shop.sold()).not.toContain('of attempt 1')
      await clock.advance('1m')
      expect(await handle.result()).toBe(2)
      expect(await shop.sold()).toEqual(['of attempt 2'])
    })

    test('keeps nobody out after that, however many do', async ({ queue, shop, clock, start }) => {
      const { job, begun } = shop.hangingJob(0)
      const inputs = Array.from({ length: MANY }, () => null)
      const handles = await queue.enqueueMany(job, inputs)
      await start({ jobs: [job], concurrency: MANY, ...PATIENT })
      await eventually(() => expect(begun.length).toBeGreaterThan(0))
      await clock.advance('16s')
      for (const handle of handles)
        await eventually(async () =>
          expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } }),
        )
      await queue.transaction((tx: Tx) => shop.sell(tx, 'bread'))
      expect(await shop.sold()).toEqual(['bread'])
    })

    test('reaches nobody with what it still does there', async ({ queue, shop, clock, start }) => {
      const statements: StatementSync[] = []
      const { job, begun } = shop.hangingJob(0, async (tx) => {
        if ('prepare' in tx) statements.push(tx.prepare(shop.sale('late')))
        return forever()
      })
      const handle = await queue.enqueue(job)
      await start({ jobs: [job], ...PATIENT })
      await eventually(() => expect(begun).toHaveLength(1))
      await clock.advance('16s')
      await eventually(async () => expect((await handle.get()).state).toBe('failed'))
      await queue.transaction(async () => {
        const [tx] = begun as [Tx]
        const refused = { code: 'foreign_transaction', message: expect.stringMatching(/it is over/) }
        await expect(shop.sell(tx, 'late')).rejects.toMatchObject(refused)
        await expect(queue.enqueue(job, null, { tx })).rejects.toMatchObject({ code: 'foreign_transaction' })
        for (const statement of statements) expect(() => statement.run()).toThrow(/finalized/)
      })
      expect(await shop.sold()).toEqual([])
      expect(await queue.count()).toBe(1)
    })

    test('does not begin where it still waits for its turn', async ({ queue, shop, clock, start }) => {
      const { job, run } = heldJob({ timeout: '10s', retries: 0 })
      const handle = await queue.enqueue(job)
      await start({ jobs: [job], ...PATIENT })
      const end = Promise.withResolvers<void>()
      const others = Array.from({ length: MANY }, () => queue.transaction(() => end.promise))
      const late = run().ctx.transaction((tx: Tx) => shop.sell(tx, 'late'))
      late.catch(() => {})
      await clock.advance('16s')
      await expect(late).rejects.toMatchObject({ code: 'timed_out' })
      end.resolve()
      await Promise.all(others)
      await eventually(async () => {
        await clock.advance('1s')
        expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
      })
      expect(await shop.sold()).toEqual([])
    })

    test('does not keep its worker from stopping, and runs again', async ({ queue, shop, clock, start }) => {
      const { job, begun } = shop.hangingJob(0)
      const handle = await queue.enqueue(job)
      const worker = await start({ jobs: [job], ...PATIENT })
      await eventually(() => expect(begun).toHaveLength(1))
      const stopped = worker.stop({ timeout: 0 })
      await clock.advance('6s')
      await stopped
      expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
      expect(await shop.sold()).toEqual([])
    })
  })

  describeOne('a transaction that is over', (bare) => {
    const test = withShop(bare)

    test('takes nothing more: what its body kept does not reach the next one', async ({ queue, shop }) => {
      const kept = await queue.transaction(async (tx: Tx) => ({
        tx,
        statement: 'prepare' in tx ? tx.prepare(shop.sale('late')) : undefined,
      }))
      await queue.transaction(async () => {
        await expect(shop.sell(kept.tx, 'late')).rejects.toMatchObject({ code: 'foreign_transaction' })
        if (kept.statement) expect(() => kept.statement?.run()).toThrow(/finalized/)
      })
      expect(await shop.sold()).toEqual([])
    })

    test('with an attempt that has failed beside it, is undone', async ({ queue, shop, clock, start }) => {
      const begun = Promise.withResolvers<void>()
      const job = defineJob({
        name: 'shop.forget',
        retries: 0,
        async run(_, ctx) {
          void ctx.transaction(async (tx: Tx) => {
            await shop.sell(tx, 'bread')
            begun.resolve()
            await forever()
          })
          await begun.promise
          throw new Error('out of bread')
        },
      })
      const handle = await queue.enqueue(job)
      await start({ jobs: [job], ...PATIENT })
      await begun.promise
      await eventually(async () => {
        await clock.advance('1s')
        expect(await handle.get()).toMatchObject({ state: 'failed', failure: { message: 'out of bread' } })
      })
      expect(await shop.sold()).toEqual([])
    })
  })
}

describeSqlite('a transaction that waits for the lock of another process', (bare) => {
  const test = withShop(bare)

  test('does not begin when its attempt is over', async ({ queue, shop, url, clock, start }) => {
    const { job, run } = heldJob({ timeout: '10s', retries: 0 })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], ...PATIENT })
    const locker = new DatabaseSync(url.slice('sqlite:'.length))
    locker.exec('begin immediate')
    const late = run().ctx.transaction((tx: Tx) => shop.sell(tx, 'late'))
    late.catch(() => {})
    await clock.advance('16s')
    await expect(late).rejects.toMatchObject({ code: 'timed_out' })
    locker.exec('rollback')
    locker.close()
    await eventually(async () => {
      await clock.advance('1s')
      expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
    })
    expect(await shop.sold()).toEqual([])
  })
})

describePostgres('a statement that hangs in a transaction', (bare) => {
  const test = withShop(bare)

  /** Statements of this shop in which the server sleeps. */
  const sleepers = async ({ table }: Shop) => {
    const { rows } = await postgresPool().query(
      "select from pg_stat_activity where wait_event = 'PgSleep' and query like $1",
      [`%${table.replaceAll('"', '')}%`],
    )
    return rows.length
  }

  test('is ended at the server, too, which would go on with it', async ({ queue, shop, clock, start }) => {
    const job = defineJob({
      name: 'shop.wait',
      timeout: '10s',
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction(async (tx: PoolClient) => {
          await tx.query(`lock table ${shop.table}`)
          await tx.query(`select pg_sleep(600) as "${shop.table.replaceAll('"', '')}"`)
        }),
    })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], ...PATIENT })
    await eventually(async () => expect(await sleepers(shop)).toBe(1))
    await clock.advance('16s')
    await eventually(async () => expect((await handle.get()).state).toBe('failed'))
    await queue.transaction((tx: Tx) => shop.sell(tx, 'bread'))
    expect(await shop.sold()).toEqual(['bread'])
    expect(await sleepers(shop)).toBe(0)
  })

  test('and that no server can be asked to end, is cut', async ({ queue, shop, clock, start }) => {
    const begun = Promise.withResolvers<void>()
    const job = defineJob({
      name: 'shop.deaf',
      timeout: '10s',
      retries: 0,
      run: (_, ctx) =>
        ctx.transaction(async (tx: PoolClient) => {
          await shop.sell(tx, 'late')
          // As a proxy in front of the server, which knows of no such process.
          Object.assign(tx, { processID: null })
          void tx.query('select pg_sleep(601)')
          begun.resolve()
          await forever()
        }),
    })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], ...PATIENT })
    await begun.promise
    await clock.advance('16s')
    await eventually(async () => expect((await handle.get()).state).toBe('failed'))
    await queue.transaction((tx: Tx) => shop.sell(tx, 'bread'))
    expect(await shop.sold()).toEqual(['bread'])
    const orphan = "wait_event = 'PgSleep' and query like '%601%'"
    await postgresPool().query(`select pg_terminate_backend(pid) from pg_stat_activity where ${orphan}`)
  })
})

describeStores('a transaction of the caller that hangs', (test) => {
  test('does not keep a worker from stopping', async ({ queue, start, clock }) => {
    const worker = await start({ jobs: [defineJob({ name: 'test.echo', run: (input) => input })] })
    const begun = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const hung = queue.transaction(() => {
      begun.resolve()
      return end.promise
    })
    await begun.promise
    const ended: string[] = []
    void worker.stop().then(() => ended.push('stopped'))
    await eventually(async () => {
      await clock.advance('1s')
      expect(ended).toEqual(['stopped'])
    })
    end.resolve()
    await hung
  })
})
