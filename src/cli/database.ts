import { existsSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import { asError, isMillhandError } from '../kit/error.ts'
import { storeError } from '../store/errors.ts'
import { type SchemaState, stateAt } from '../store/migration.ts'
import { openDatabase } from '../store/sqlite/file/open.ts'
import { MIGRATIONS } from '../store/sqlite/migrations/index.ts'

/** Looks at a file through a connection that cannot write: looking must not change what is looked at. */
export function inspectFile<Result>(file: string, look: (db: DatabaseSync) => Result): Result {
  const { db } = openDatabase(file, { readOnly: true, timeout: LOCK_WAIT_MS })
  try {
    return look(db)
  } finally {
    db.close()
  }
}

/** How the schema of a file stands. @throws MillhandError `store_unavailable` */
export function schemaState(file: string): SchemaState {
  try {
    return stateAt(existsSync(file) ? inspectFile(file, schemaVersion) : 0, MIGRATIONS)
  } catch (error) {
    if (isMillhandError(error)) throw error
    throw storeError(
      'store_unavailable',
      { location: file, problem: asError(error).message },
      { cause: error },
    )
  }
}

/** A person waits for the answer, so that blocking is fine; but not for long. */
const LOCK_WAIT_MS = 2_000

function schemaVersion(db: DatabaseSync): number {
  const table = db.prepare("select 1 from sqlite_master where name = 'millhand_migrations'").get()
  const row = table && db.prepare('select max(version) as version from millhand_migrations').get()
  return Number(row?.version ?? 0)
}
