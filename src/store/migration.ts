import { storeError } from './errors.ts'

/** A numbered step from one version of a schema to the next: `001_core`. */
export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
  /** Its statements cannot be in a transaction, such as `create index concurrently`. */
  readonly alone: boolean
}

/** How the schema of a database stands. */
export interface SchemaState {
  /** 0: there are no tables of Millhand's, or no database. */
  readonly version: number
  /** What this Millhand knows. */
  readonly newest: number
  /** What opening the store would apply. */
  readonly pending: readonly Migration[]
}

/** First line of a migration that runs statement by statement, each by itself: each may be repeated, and ends a line with `;`. */
const ALONE = '-- outside a transaction'

/**
 * The migrations of a store, by their names. They are a part of the code: in a bundle there is no folder of files beside it.
 *
 * @throws Error where they are not numbered from 1 without a gap, in order
 */
export function numbered(migrations: Readonly<Record<string, string>>): readonly Migration[] {
  return Object.entries(migrations).map(([name, sql], index) => {
    const migration = toMigration(name, sql)
    if (migration.version === index + 1) return migration
    throw new Error(
      `migration '${name}' stands in place ${index + 1}: they are numbered in order, without a gap`,
    )
  })
}

export function toMigration(name: string, sql: string): Migration {
  return { version: Number.parseInt(name, 10), name, sql, alone: sql.startsWith(ALONE) }
}

export function stateAt(version: number, known: readonly Migration[]): SchemaState {
  const newest = known.at(-1)?.version ?? 0
  return { version, newest, pending: known.filter((migration) => migration.version > version) }
}

/** What has to be applied. @throws MillhandError `store_newer` */
export function pendingOf({ version, newest, pending }: SchemaState, location: string): readonly Migration[] {
  if (version > newest) throw storeError('store_newer', { location, version, known: newest })
  return pending
}

/** What is opened without being migrated has to be of this version. @throws MillhandError `store_newer`, `store_older` */
export function requireNewest(state: SchemaState, location: string): void {
  if (pendingOf(state, location).length === 0) return
  throw storeError('store_older', { location, version: state.version, needed: state.newest })
}
