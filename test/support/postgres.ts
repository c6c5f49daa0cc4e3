import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { inject } from 'vitest'
import { keepConnections, kept } from './postgres-connections.ts'

keepConnections()

/**
 * Schemas that nobody uses at the moment, for all files that this process runs: to empty one is cheaper than to make
 * one. They go with the server; postgres-setup.ts drops them from one that stays.
 */
const free: string[] = []
let pool: pg.Pool | undefined

/** Millhand's tables in a schema that a test has used before; what they were migrated to stays. */
const TABLES = "select tablename as name from pg_tables where schemaname = $1 and tablename <> 'migrations'"

/** Statements and transactions on a schema. A call that was given up when its store was closed may be at work on the server for a moment. */
const AT_WORK =
  "select from pg_stat_activity where state <> 'idle' and pid <> pg_backend_pid() and position($1 in query) > 0"

const LOOKS_MAX = 10_000

/** A pool for what a test does to the database by itself. */
export function postgresPool(): pg.Pool {
  if (pool) return pool
  pool = new pg.Pool({ connectionString: inject('postgres'), max: 5, allowExitOnIdle: true })
  // The server of a run may stop before this process has ended: what is idle is told so, and nobody waits for it.
  pool.on('error', () => {})
  return pool
}

/** The URL of an empty schema, to be given back when the case has ended. */
export async function emptySchema({
  keepsConnections = true,
} = {}): Promise<{ readonly url: string; readonly release: () => void }> {
  const schema = free.pop() ?? newSchema()
  await untilAtRest(schema)
  const { rows } = await postgresPool().query<{ name: string }>(TABLES, [schema])
  await postgresPool().query(rows.map(({ name }) => `delete from "${schema}"."${name}";`).join('\n'))
  const plain = `${inject('postgres')}?schema=${schema}`
  const url = keepsConnections ? kept(plain) : plain
  let held = true
  const release = () => {
    // Given back twice, it would be given to two at a time.
    if (held) free.push(schema)
    held = false
  }
  return { url, release }
}

/**
 * Of two who delete the same rows in another order one would be ended by the server. Who has stopped in the middle of a
 * transaction is not waited for for ever: the locks of that are waited for by the deletion itself.
 */
async function untilAtRest(schema: string): Promise<void> {
  for (let looks = 0; looks < LOOKS_MAX; looks += 1) {
    const { rowCount } = await postgresPool().query(AT_WORK, [`"${schema}".`])
    if (rowCount === 0) return
  }
}

/** A table of the application's own, beside the tables of the queue on `url`. */
export interface Effects {
  /** As a statement names it: `(name text primary key, doubted text)`, of which no two are to be doubted in the end. */
  readonly table: string
  readonly names: () => Promise<string[]>
  readonly drop: () => Promise<void>
}

export async function effectsTable(url: string): Promise<Effects> {
  const table = `"${schemaOf(url)}".effects`
  const pool = postgresPool()
  await pool.query(
    `create table ${table} (name text primary key, doubted text unique deferrable initially deferred)`,
  )
  return {
    table,
    names: async () =>
      (await pool.query(`select name from ${table} order by name`)).rows.map(({ name }) => name),
    drop: async () => void (await pool.query(`drop table ${table}`)),
  }
}

/** A client of the test's own, in which a transaction is open. */
export async function withClient<Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> {
  const client = await postgresPool().connect()
  try {
    await client.query('begin')
    return await work(client)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

export function schemaOf(url: string): string {
  return new URL(url).searchParams.get('schema') ?? ''
}

/** A schema that is not there yet. */
export function unmadeSchema(): { readonly schema: string; readonly url: string } {
  const schema = newSchema()
  return { schema, url: `${inject('postgres')}?schema=${schema}` }
}

const RANDOM_CHARACTERS = 16

/** Each ends as the name of the default one does: what is made of a name must not be taken for that. */
function newSchema(): string {
  const random = randomUUID().replaceAll('-', '').slice(0, RANDOM_CHARACTERS)
  return `${inject('schemas')}_${random}_millhand`
}

/** Waits until so many statements of the schema wait for a lock. */
export async function untilBlocked(schema: string, count: number): Promise<void> {
  const sql = `select count(*)::integer as count from pg_stat_activity where wait_event_type = 'Lock' and query like $1`
  for (let look = 0; look < 1_000; look += 1) {
    const { rows } = await postgresPool().query(sql, [`%"${schema}".%`])
    if (rows[0].count >= count) return
  }
  throw new Error('nothing waits for a lock')
}
