import { readSafely } from '../kit/brand.ts'
import { preview } from '../kit/error.ts'
import { isFunction, optionError } from '../kit/options.ts'

/**
 * For transactions that a library began, rather than a client of pg: each function gives what `tx` takes. They know
 * the libraries by the few methods that they use, so that the package depends on none of them.
 */

/** What `tx` takes: a client of pg, or what stands for one. */
export interface TransactionClient {
  query(statement: { readonly text: string; readonly values?: readonly unknown[] }): Promise<{
    readonly rows: unknown[]
  }>
  /** The library's own transaction: what is enqueued in it goes one after the other. */
  readonly of: object
}

/** What is used of a Drizzle transaction on `drizzle-orm/node-postgres`. */
export interface DrizzleTransaction {
  readonly _: { readonly session: DrizzleSession }
}

interface DrizzleSession {
  prepareQuery(
    query: { sql: string; params: unknown[] },
    fields: undefined,
    name: undefined,
    isResponseInArrayMode: boolean,
  ): { execute(): Promise<unknown> }
}

/** What is used of a Kysely transaction. */
export interface KyselyTransaction {
  executeQuery(query: {
    sql: string
    parameters: readonly unknown[]
    query: { kind: 'RawNode'; sqlFragments: readonly string[]; parameters: readonly never[] }
    queryId: { queryId: string }
  }): Promise<{ readonly rows: unknown[] }>
}

/** What is used of an interactive transaction of Prisma. */
export interface PrismaTransaction {
  $queryRawUnsafe(sql: string, ...values: unknown[]): Promise<unknown>
}

/**
 * A Drizzle transaction on `drizzle-orm/node-postgres`, for `tx`.
 *
 * @example
 * declare const tx: DrizzleTransaction
 * const queue = await openQueue('postgres://localhost/app')
 * await queue.enqueue('mail.send', { to: 'ada' }, { tx: fromDrizzle(tx) })
 *
 * @throws MillhandError `invalid_option`
 */
export function fromDrizzle(tx: DrizzleTransaction): TransactionClient {
  const session = readSafely(readSafely(tx, '_'), 'session')
  requireMethod(session, 'prepareQuery', {
    component: 'fromDrizzle',
    expected: 'what db.transaction(async (tx) => …) of drizzle-orm/node-postgres gives',
    got: tx,
  })
  return {
    of: tx,
    async query({ text, values = [] }) {
      const statement = { sql: text, params: [...values] }
      const answer = await tx._.session.prepareQuery(statement, undefined, undefined, false).execute()
      return answer as { readonly rows: unknown[] }
    },
  }
}

/**
 * A Kysely transaction, for `tx`.
 *
 * @example
 * declare const trx: KyselyTransaction
 * const queue = await openQueue('postgres://localhost/app')
 * await queue.enqueue('mail.send', { to: 'ada' }, { tx: fromKysely(trx) })
 *
 * @throws MillhandError `invalid_option`
 */
export function fromKysely(trx: KyselyTransaction): TransactionClient {
  requireMethod(trx, 'executeQuery', {
    component: 'fromKysely',
    expected: 'what db.transaction().execute(async (trx) => …) of Kysely gives',
    got: trx,
  })
  return {
    of: trx,
    query: ({ text, values = [] }) =>
      trx.executeQuery({
        sql: text,
        parameters: values,
        query: { kind: 'RawNode', sqlFragments: [text], parameters: [] },
        queryId: { queryId: 'millhand' },
      }),
  }
}

/**
 * The client of an interactive transaction of Prisma, for `tx`. Lists go as texts: of one with a null in it Prisma
 * makes a list of integers.
 *
 * @example
 * declare const tx: PrismaTransaction
 * const queue = await openQueue('postgres://localhost/app')
 * await queue.enqueue('mail.send', { to: 'ada' }, { tx: fromPrisma(tx) })
 *
 * @throws MillhandError `invalid_option`
 */
export function fromPrisma(tx: PrismaTransaction): TransactionClient {
  requireMethod(tx, '$queryRawUnsafe', {
    component: 'fromPrisma',
    expected: 'what prisma.$transaction(async (tx) => …) gives',
    got: tx,
  })
  return {
    of: tx,
    async query({ text, values = [] }) {
      const sql = text.replaceAll(/(\$\d+)::(\w+\[\])/g, '$1::text::$2')
      const texts = values.map((value) => (Array.isArray(value) ? arrayText(value) : value))
      return { rows: (await tx.$queryRawUnsafe(sql, ...texts)) as unknown[] }
    },
  }
}

interface Taken {
  readonly component: string
  readonly expected: string
  readonly got: unknown
}

/** What is no transaction is met here, and not by the first statement. @throws MillhandError `invalid_option` */
function requireMethod(holder: unknown, method: string, { component, expected, got }: Taken): void {
  if (isFunction(readSafely(holder, method))) return
  throw optionError('invalid_option', { component, option: 'tx', expected, got: preview(got) })
}

/** A list as PostgreSQL writes it: `{"a",NULL}`. */
function arrayText(values: readonly unknown[]): string {
  const elements = values.map((value) =>
    value === null ? 'NULL' : `"${String(value).replaceAll(/["\\]/g, '\\$&')}"`,
  )
  return `{${elements.join(',')}}`
}
