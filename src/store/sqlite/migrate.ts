import { pendingOf, requireNewest, type SchemaState, stateAt } from '../migration.ts'
import type { Connection } from './connection.ts'
import { MIGRATIONS } from './migrations/index.ts'

/**
 * Brings the file to the newest version. Forward only; two processes that start together do it once. Gives the names
 * of the migrations that were applied.
 *
 * @throws MillhandError `store_newer`
 */
export function migrate(connection: Connection, nowMs: number): string[] {
  const missing = () => pendingOf(schemaState(connection), connection.file)
  if (missing().length === 0) return []
  return connection.write(true, () => {
    connection.db.exec(`create table if not exists millhand_migrations (
      version integer primary key, name text not null, applied_at integer not null) strict`)
    // Another process may have been faster between the look and the lock.
    return missing().map((migration) => {
      connection.db.exec(migration.sql)
      const { version, name } = migration
      connection.run('insert into millhand_migrations values (?, ?, ?)', version, name, nowMs)
      return name
    })
  })
}

/** @throws MillhandError `store_newer`, `store_older` */
export function requireMigrated(connection: Connection): void {
  requireNewest(schemaState(connection), connection.file)
}

function schemaState(connection: Connection): SchemaState {
  return stateAt(schemaVersion(connection), MIGRATIONS)
}

function schemaVersion(connection: Connection): number {
  const table = connection.get(
    "select 1 from sqlite_master where type = 'table' and name = 'millhand_migrations'",
  )
  if (!table) return 0
  const row = connection.get<{ version: number | null }>(
    'select max(version) as version from millhand_migrations',
  )
  return row?.version ?? 0
}
