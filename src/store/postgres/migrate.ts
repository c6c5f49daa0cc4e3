import { sleep, systemClock } from '../../kit/clock.ts'
import { asError, isMillhandError } from '../../kit/error.ts'
import { systemRandom } from '../../kit/random.ts'
import { isTransient, storeError, TransientError } from '../errors.ts'
import { type Migration, pendingOf, requireNewest, type SchemaState, stateAt } from '../migration.ts'
import type { Address } from './connection/address.ts'
import { Database } from './database.ts'
import { MIGRATIONS } from './migrations/index.ts'
import { Session } from './session.ts'

/**
 * A migration waits so long for a lock at most: whoever waits for one makes all others wait behind it. Then it lets
 * them go by, and tries again.
 */
const LOCK_TIMEOUT_MS = 1_000
const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 2_000
/** After so long without the lock, whoever started it wants to know. An index on a large table may take as long. */
const PATIENCE_MS = 10 * 60_000

/** What the role or the database has set may be meant for small statements. */
const limits = (lockTimeoutMs: number) => `set local lock_timeout = '${lockTimeoutMs}ms';
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0`

/** An index that is made beside the work waits for old transactions, and meanwhile stands in nobody's way. */
const NO_LIMITS = ['set statement_timeout = 0', 'set lock_timeout = 0']

/**
 * Processes that start together migrate once. Not waited for within a statement: an index that is made beside the
 * work waits for all that have begun before it, which would be those that wait for it.
 */
const ONE_AT_A_TIME = `select pg_try_advisory_xact_lock(hashtext('millhand.')) as mine`

/** Where the schema is there already, the right to make one is not needed. */
const FOUNDATION = `do $$ begin
  if to_regnamespace('"{schema}"') is null then create schema "{schema}"; end if;
end $$;
create table if not exists millhand.migrations (
  version integer primary key, name text not null, applied_at timestamptz not null default now())`

interface MigrateOptions {
  readonly known: readonly Migration[]
  readonly lockTimeoutMs: number
}

/**
 * Brings the schema to the newest version. Forward only; gives the names of the migrations that were applied. Where
 * there is nothing to do, no more is needed than to read.
 *
 * @throws MillhandError `store_newer`, `store_unavailable`, `store_busy`, `migration_failed`
 */
export async function migrate(
  database: Database,
  { known = MIGRATIONS, lockTimeoutMs = LOCK_TIMEOUT_MS }: Partial<MigrateOptions> = {},
): Promise<string[]> {
  const { session, address } = database
  const missing = pendingOf(await schemaState(session, known), address.location)
  if (missing.length === 0) return []
  const connections = connect(address)
  const applied: string[] = []
  try {
    for (const _ of missing)
      applied.push(...(await patiently(address, () => applyNext(connections, { known, lockTimeoutMs }))))
    return applied
  } finally {
    await connections.close()
  }
}

/** @throws MillhandError `store_newer`, `store_older` */
export async function requireMigrated({ session, address }: Database): Promise<void> {
  requireNewest(await schemaState(session), address.location)
}

/** How the schema stands; looks, and changes nothing. */
export async function schemaState(
  session: Session,
  known: readonly Migration[] = MIGRATIONS,
): Promise<SchemaState> {
  return stateAt(await schemaVersion(session), known)
}

/** What bringing the schema from one version to the next sends, to be read or to be run by somebody else. */
export async function scriptOf({ version, pending }: SchemaState, address: Address): Promise<string[]> {
  const sent: string[] = []
  const recorder = { query: async ({ text }: { text: string }) => ({ rows: [], length: sent.push(text) }) }
  const session = new Session(recorder, { ...DIALECT, schema: address.schema, location: address.location })
  for (const migration of pending) {
    const first = version === 0 && migration === pending[0] ? `${FOUNDATION};\n` : ''
    const alone = migration.alone && version > 0
    const sql = alone ? migration.sql : withinTransaction(migration)
    const steps = `${sql.trim()}\n${recordOf(migration)};\n`
    await session.run(alone ? steps : `begin;\n${limits(LOCK_TIMEOUT_MS)};\n${first}${steps}commit;\n`)
  }
  return sent
}

const DIALECT = { self: '', clock: undefined, prepares: false, answerMs: 0 }

/**
 * Connections of its own: those of the queue end a statement after a while, and there may be one alone. Two: one holds
 * the lock, while the other one does what no transaction may do.
 */
function connect(address: Address): Database {
  const config = { ...address.config, max: 2, query_timeout: 0 }
  const own = { sessions: false, self: '', clock: undefined, answerMs: 0 }
  return new Database({ address: { ...address, config }, ...own })
}

/** Applies the first migration that is missing, if any is; all of them where there is nothing yet. Gives their names. */
function applyNext(connections: Database, { known, lockTimeoutMs }: MigrateOptions): Promise<string[]> {
  const { location } = connections.address
  return connections.transaction(async (_, session) => {
    await session.run(limits(lockTimeoutMs))
    const [lock] = await session.rows<{ mine: boolean }>(ONE_AT_A_TIME)
    if (!lock?.mine) throw new TransientError('another process migrates the schema')
    // Another process may have been faster between the look and the lock.
    const state = await schemaState(session, known)
    const pending = pendingOf(state, location)
    const next = state.version === 0 ? pending : pending.slice(0, 1)
    for (const migration of next) {
      try {
        if (migration.version === 1) await session.run(FOUNDATION)
        if (migration.alone && state.version > 0) await runAlone(connections.session, migration)
        else await session.run(withinTransaction(migration))
        await session.run(recordOf(migration))
      } catch (error) {
        throw refusal(error, migration.name, location)
      }
    }
    return next.map(({ name }) => name)
  })
}

/** Where there is nothing yet, nobody works whom an index could keep waiting: it is made with all else, or nothing is. */
function withinTransaction({ sql, alone }: Migration): string {
  return alone ? sql.replaceAll(/ concurrently\b/g, '') : sql
}

async function runAlone(session: Session, { sql }: Migration): Promise<void> {
  for (const statement of [...NO_LIMITS, ...sql.split(/;\s*$/m)]) {
    if (/^(?![^\S\n]*--)[^\S\n]*\S/m.test(statement)) await session.run(statement)
  }
}

function recordOf({ version, name }: Migration): string {
  return `insert into millhand.migrations (version, name) values (${version}, '${name}')`
}

/** Tries again while somebody holds a lock that it needs, or while another process migrates. */
async function patiently<Result>({ location }: Address, run: () => Promise<Result>): Promise<Result> {
  const startMs = systemClock.elapsed()
  for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
    try {
      return await run()
    } catch (error) {
      const waitedMs = Math.round(systemClock.elapsed() - startMs)
      // A server that may not be written is not waited for as long as a lock is.
      if (!isTransient(error) || error.lasting) throw error
      if (waitedMs > PATIENCE_MS) throw storeError('store_busy', { location, waitedMs }, { cause: error })
      await sleep(systemClock, backoffMs * (0.5 + systemRandom()))
    }
  }
}

function refusal(error: unknown, name: string, location: string): unknown {
  if (isTransient(error) || (isMillhandError(error) && error.code !== 'store_unavailable')) return error
  const problem = asError(isMillhandError(error) ? (error.cause ?? error) : error).message
  return storeError('migration_failed', { location, name, problem }, { cause: error })
}

/** The version that the schema is of; 0 where there is none. */
async function schemaVersion(session: Session): Promise<number> {
  const [foundation] = await session.rows<{ there: boolean }>(
    "select to_regclass('millhand.migrations') is not null as there",
  )
  if (foundation?.there !== true) return 0
  const [row] = await session.rows<{ version: number | null }>(
    'select max(version) as version from millhand.migrations',
  )
  return row?.version ?? 0
}
