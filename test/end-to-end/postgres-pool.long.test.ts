import { AsyncLocalStorage } from 'node:async_hooks'
import { defineJob, type OpenOptions, openQueue, type Queue, Worker } from 'millhand'
import pg from 'pg'
import { test as base, describe, expect, inject } from 'vitest'
import { emptySchema, schemaOf } from '../support/postgres.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

/** The address of the server in parts, as many a program has it: the password is not in a URL. */
function parts(): pg.PoolConfig {
  const { hostname: host, port, username: user, password, pathname } = new URL(inject('postgres'))
  return { host, port: Number(port), user, password, database: pathname.slice(1) }
}

const test = base
  .extend('schema', async ({ task: _ }, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return schemaOf(url)
  })
  .extend('makePool', ({ schema: _ }, { onCleanup }) => {
    const pools: pg.Pool[] = []
    onCleanup(async () => {
      for (const pool of pools) if (!pool.ended) await pool.end()
    })
    return (options: pg.PoolConfig = {}) => {
      const pool = new pg.Pool({ ...parts(), ...options })
      pools.push(pool)
      return pool
    }
  })
  .extend('open', ({ schema, makePool: _ }, { onCleanup }) => {
    const queues: Queue[] = []
    onCleanup(async () => void (await Promise.all(queues.map((queue) => queue.close()))))
    return async (postgres: pg.Pool, options: OpenOptions = {}) => {
      const queue = await openQueue({ postgres, schema, ...options })
      queues.push(queue)
      return queue
    }
  })
  .extend('start', ({ open: _ }, { onCleanup }) => {
    const workers: Worker[] = []
    onCleanup(async () => void (await Promise.all(workers.map((worker) => worker.stop({ timeout: 0 })))))
    return async (...given: ConstructorParameters<typeof Worker>) => {
      const worker = new Worker(...given)
      workers.push(worker)
      await worker.start()
      return worker
    }
  })

/** Everything that went wrong behind a queue's back. */
function troublesOf(queue: Queue): string[] {
  const troubles: string[] = []
  for (const name of ['loop_error', 'store_retry'] as const) {
    queue.on(name, ({ error }) => troubles.push(`${name}: ${error.message}`))
  }
  return troubles
}

describe("a pool of the caller's own", () => {
  test('is used, and neither altered nor closed', async ({ makePool, open, start }) => {
    const pool = makePool({ max: 4 })
    const settings = async () => {
      const { rows } = await pool.query(
        "select name, setting from pg_settings where source not in ('client', 'default')",
      )
      return rows
    }
    const before = await settings()
    const queue = await open(pool)
    const troubles = troublesOf(queue)
    const worker = await start(queue, { jobs: [echo] })
    const handles = await queue.enqueueMany(echo, [1, 2, 3])
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 2, 3])
    await queue.transaction((tx) => queue.enqueue(echo, 4, { tx }))
    await worker.stop()
    await queue.close()
    expect(pool.ended).toBe(false)
    expect(await settings()).toEqual(before)
    expect((await pool.query('select * from pg_prepared_statements')).rows).toEqual([])
    expect(pool.listenerCount('error')).toBe(0)
    expect(troubles).toEqual([])
  })

  test('may give the password by a function', async ({ makePool, open, start }) => {
    const { password } = parts()
    const queue = await open(makePool({ password: async () => String(password) }))
    const troubles = troublesOf(queue)
    await start(queue, { jobs: [echo], lease: '300ms', beat: '20ms' })
    expect(await (await queue.enqueue(echo, 1)).result()).toBe(1)
    expect(troubles).toEqual([])
  })

  for (const max of [1, 2]) {
    test(`of ${max} does, for many transactions at a time too`, async ({ makePool, open, start }) => {
      const queue = await open(makePool({ max }))
      const troubles = troublesOf(queue)
      const job = defineJob({
        name: 'test.transact',
        run: (input, ctx) =>
          ctx.transaction(async (tx: pg.PoolClient) => {
            await ctx.enqueue(echo, input, { tx })
            return (await tx.query('select $1::integer as input', [input])).rows[0].input
          }),
      })
      await start(queue, { jobs: [job, echo], concurrency: 10 })
      const inputs = Array.from({ length: 20 }, (_, index) => index)
      const handles = await queue.enqueueMany(job, inputs)
      expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(inputs)
      expect(troubles).toEqual([])
    })
  }

  test('of which the caller has all connections is an error, not a wait for ever', async ({
    makePool,
    open,
  }) => {
    const pool = makePool({ max: 1 })
    const queue = await open(pool, { busyTimeout: 50 })
    // From here on: to connect in the first place may take longer.
    pool.options.connectionTimeoutMillis = 30
    const calls = [() => queue.enqueue(echo, 1), () => queue.count(), () => queue.transaction(() => 1)]
    const mine = await pool.connect()
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'store_busy' })
    mine.release()
    // So is to look from within a transaction, where it has the only one.
    const looking = queue.transaction(() => queue.count())
    await expect(looking).rejects.toMatchObject({ code: 'store_busy' })
    expect(await queue.count()).toBe(0)
  })

  test('is asked for connections in the scope in which the queue was opened, whoever needs them first', async ({
    makePool,
    open,
  }) => {
    const scope = new AsyncLocalStorage<string>()
    const { password } = parts()
    const asked: unknown[] = []
    const pool = makePool({
      max: 4,
      password: () => {
        asked.push(scope.getStore())
        return String(password)
      },
    })
    const queue = await scope.run('opener', () => open(pool))
    const side = Promise.withResolvers<void>()
    const callers = ['ada', 'bob', 'cyd'].map((name) =>
      scope.run(name, () =>
        queue.transaction(async () => {
          await side.promise
          return scope.getStore()
        }),
      ),
    )
    await scope.run('dan', () => queue.count())
    side.resolve()
    expect(await Promise.all(callers)).toEqual(['ada', 'bob', 'cyd'])
    expect(asked.length).toBeGreaterThan(2)
    expect(new Set(asked)).toEqual(new Set(['opener']))
  })

  test('that is ended before the queue is closed is a clear error', async ({ makePool, open, start }) => {
    const pool = makePool()
    const queue = await open(pool)
    const started = Promise.withResolvers<void>()
    const end = Promise.withResolvers<void>()
    const held = defineJob({
      name: 'test.hold',
      async run() {
        started.resolve()
        await end.promise
      },
    })
    const worker = await start(queue, { jobs: [held] })
    await queue.enqueue(held)
    await started.promise
    await pool.end()
    const calls = [() => queue.enqueue(echo, 1), () => queue.count(), () => queue.transaction(() => 1)]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'store_closed' })
    end.resolve()
    await worker.stop()
    await queue.close()
  })

  test('on a server that cannot be reached is a clear error', async ({ makePool, open }) => {
    const away = open(makePool({ port: 1 }), { openTimeout: '100ms' })
    await expect(away).rejects.toMatchObject({ code: 'store_unavailable' })
  })

  test('is not a single client, nor anything else', async ({ schema }) => {
    for (const postgres of [new pg.Client(), {}, 'postgres://'] as unknown[] as pg.Pool[]) {
      await expect(openQueue({ postgres, schema })).rejects.toMatchObject({ code: 'invalid_option' })
    }
  })
})
