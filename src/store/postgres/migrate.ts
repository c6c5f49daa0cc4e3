import { storeError } from '../errors.ts'
import { type Migration, readMigrations } from '../migration.ts'
import type { Database } from './database.ts'
import type { Session } from './session.ts'

const FOLDER = new URL('./migrations/', import.meta.url)

/** All migrations that this Millhand knows, in order. */
function migrations(): Migration[] {
  return readMigrations(FOLDER)
}

/** A migration waits so long for a lock at most: whoever waits for one makes all others wait behind it. */
const LOCK_TIMEOUT = "set local lock_timeout = '3s'"

/** Two processes that start together migrate once. */
const ONE_AT_A_TIME = "select pg_advisory_xact_lock(hashtext('millhand.'))"

/** Where the schema is there already, the right to make one is not needed. */
const FOUNDATION = `do $$ begin
    if to_regnamespace('"{schema}"') is null then create schema "{schema}"; end if;
  end $$;
  create table if not exists millhand.migrations (
    version integer primary key, name text not null, applied_at timestamptz not null default now())`

/**
 * Brings the schema to the newest version. Forward only; gives the names of the migrations that were applied. Where
 * there is nothing to do, no more is needed than to read.
 *
 * @throws MillhandError `store_newer`, `store_unavailable`
 */
export async function migrate(database: Database): Promise<string[]> {
  if ((await pendingMigrations(database.session, database.address.location)).length === 0) return []
  return database.transaction(async (_, session) => {
    await session.run(LOCK_TIMEOUT)
    await session.rows(ONE_AT_A_TIME)
    // Another process may have been faster between the look and the lock.
    const pending = await pendingMigrations(session, database.address.location)
    if (pending.length > 0 && !(await hasFoundation(session))) await session.run(FOUNDATION)
    for (const { version, name, sql } of pending) {
      await session.run(sql, 0)
      await session.rows('insert into millhand.migrations (version, name) values ($1, $2)', version, name)
    }
    return pending.map(({ name }) => name)
  })
}

/** Migrations that the schema lacks. @throws MillhandError `store_newer` */
async function pendingMigrations(session: Session, location: string): Promise<Migration[]> {
  const known = migrations()
  const version = await schemaVersion(session)
  const newest = known.at(-1)?.version ?? 0
  if (version > newest) throw storeError('store_newer', { location, version, known: newest })
  return known.filter((migration) => migration.version > version)
}

/** The version that the schema is of; 0 where there is none. */
async function schemaVersion(session: Session): Promise<number> {
  if (!(await hasFoundation(session))) return 0
  const [row] = await session.rows<{ version: number | null }>(
    'select max(version) as version from millhand.migrations',
  )
  return row?.version ?? 0
}

async function hasFoundation(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ there: boolean }>(
    "select to_regclass('millhand.migrations') is not null as there",
  )
  return row?.there === true
}
