import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { CamelCasePlugin, Kysely, sql as kyselySql, PostgresDialect } from 'kysely'
import { defineJob } from 'millhand'
import { fromDrizzle, fromKysely, fromPrisma } from 'millhand/postgres'
import { runUntilIdle } from 'millhand/testing'
import type { PoolClient } from 'pg'
import { expect } from 'vitest'
import { effectsTable, postgresPool, withClient } from '../support/postgres.ts'
import { describePostgres } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

/** What a transaction of a library looks like to the cases below. */
interface Library {
  /** Runs `body` in a transaction of the library's, which commits it unless `body` throws. */
  readonly transaction: (body: (tx: LibraryTransaction) => Promise<void>) => Promise<void>
}

interface LibraryTransaction {
  /** What `tx` takes; made anew for every call, as a caller would. */
  readonly tx: () => object
  readonly run: (sql: string) => Promise<unknown>
}

const onDrizzle: Library = {
  transaction: (body) =>
    drizzle(postgresPool()).transaction((tx) =>
      body({ tx: () => fromDrizzle(tx), run: async (sql) => void (await tx.execute(drizzleSql.raw(sql))) }),
    ),
}

const onKysely: Library = {
  transaction: (body) =>
    new Kysely({ dialect: new PostgresDialect({ pool: postgresPool() }), plugins: [new CamelCasePlugin()] })
      .transaction()
      .execute((trx) => body({ tx: () => fromKysely(trx), run: (sql) => kyselySql.raw(sql).execute(trx) })),
}

/** Prisma prepares every statement, also one without values. */
const PREPARED = { queryMode: 'extended' }

/**
 * What Prisma documents: values are bound to `$1` and so on, rows come back as objects. Its engine is not here to be
 * asked; a list is refused, since Prisma makes something else of one with a null in it.
 */
const likePrisma: Library = {
  transaction: (body) =>
    withClient(async (client) => {
      const $queryRawUnsafe = async (text: string, ...values: unknown[]) => {
        expect(values.some(Array.isArray)).toBe(false)
        try {
          return (await client.query({ text, values, ...PREPARED })).rows
        } catch (error) {
          const { code, message } = error as { code: string; message: string }
          const text = `Raw query failed. Code: \`${code}\`. Message: \`${message}\``
          throw Object.assign(new Error(text), { code: 'P2010' })
        }
      }
      const tx = { $queryRawUnsafe }
      await body({ tx: () => fromPrisma(tx), run: $queryRawUnsafe })
      await client.query('commit')
    }),
}

const LIBRARIES = { Drizzle: onDrizzle, Kysely: onKysely, 'what is like Prisma': likePrisma }

for (const [name, { transaction }] of Object.entries(LIBRARIES)) {
  describePostgres(`in a transaction of ${name}`, (test) => {
    test('a job is enqueued with its rows, with whatever is in it', async ({ queue, url }) => {
      const { table, names, drop } = await effectsTable(url)
      const options = {
        tags: ['a "b" \\ c', '{,}'],
        context: { user: 'Ö\'"' },
        delay: '1s',
        expiresIn: '1h',
      } as const
      await transaction(async ({ tx, run }) => {
        await run(`insert into ${table} values ('bread')`)
        const one = await queue.enqueue(echo, { text: '\\"{},NULL\n€' }, { tx: tx(), key: 'k"', ...options })
        const again = await queue.enqueue(echo, 2, { tx: tx(), key: 'k"' })
        expect(again).toMatchObject({ existed: true, id: one.id })
        await queue.enqueueMany(echo, ['NULL', null, ''], { tx: tx() })
        expect(await queue.count()).toBe(0)
      })
      const stored = await queue.list()
      expect(stored.map(({ input }) => input)).toEqual(['', null, 'NULL', { text: '\\"{},NULL\n€' }])
      expect(stored.at(-1)).toMatchObject({ key: 'k"', tags: options.tags, context: options.context })
      expect(await names()).toEqual(['bread'])
      expect(await runUntilIdle(queue, { jobs: [echo] })).toBe(4)
      await drop()
    })

    test('rolled back, there is none', async ({ queue }) => {
      const failed = transaction(async ({ tx }) => {
        await queue.enqueue(echo, 1, { tx: tx() })
        throw new Error('changed my mind')
      })
      await expect(failed).rejects.toThrow('changed my mind')
      expect(await queue.count()).toBe(0)
    })

    test('a full queue leaves it usable, also for calls side by side', async ({ open }) => {
      const queue = await open({ pendingMax: 2 })
      await transaction(async ({ tx }) => {
        const calls = [1, 2, 3].map((input) => queue.enqueue(echo, input, { tx: tx() }))
        const settled = await Promise.allSettled(calls)
        expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected'])
      })
      expect(await queue.count()).toBe(2)
    })

    test('one that failed says so', async ({ queue }) => {
      const failed = transaction(async ({ tx, run }) => {
        await run('select 1 / 0').catch(() => {})
        const enqueued = queue.enqueue(echo, 1, { tx: tx() })
        await expect(enqueued).rejects.toMatchObject({ code: 'transaction_aborted' })
        throw new Error('as expected')
      })
      await expect(failed).rejects.toThrow('as expected')
    })
  })
}

describePostgres('what is no transaction of a library', (test) => {
  test('is refused', async ({ queue }) => {
    const refused = { code: 'foreign_transaction' }
    const noTransactions = [
      fromDrizzle(drizzle(postgresPool())),
      fromKysely(new Kysely({ dialect: new PostgresDialect({ pool: postgresPool() }) })),
      fromPrisma({
        $queryRawUnsafe: async (sql, ...values) => (await postgresPool().query(sql, values)).rows,
      }),
    ]
    for (const tx of noTransactions)
      await expect(queue.enqueue(echo, 1, { tx })).rejects.toMatchObject(refused)
    expect(await queue.count()).toBe(0)
  })
})

describePostgres('a library on the transaction of a handler', (test) => {
  test('writes in it', async ({ queue, url }) => {
    const { table, names, drop } = await effectsTable(url)
    const job = defineJob({
      name: 'test.write',
      retries: 1,
      run: (_, ctx) =>
        ctx.transaction(async (tx: PoolClient) => {
          await drizzle(tx).execute(
            drizzleSql.raw(`insert into ${table} values ('of attempt ${ctx.attempt}')`),
          )
          if (ctx.attempt === 1) throw new Error('not yet')
        }),
    })
    await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await names()).toEqual(['of attempt 2'])
    await drop()
  })

  test('begins none of its own', async ({ queue }) => {
    const begun = queue.transaction((tx: PoolClient) => drizzle(tx).transaction(async () => {}))
    const cause = expect.objectContaining({ code: 'transaction_control' })
    await expect(begun).rejects.toMatchObject({ cause })
  })
})
