import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sleep, systemClock } from '../../src/kit/clock.ts'
import { ROWS_TABLE } from '../jobs.ts'
import { StoreFolder } from './folder.ts'
import type { Act, Place } from './place.ts'

/** How often a stranger asks for the lock that others have. */
const ASK_AGAIN_MS = 2
/** So long the end waits for whoever still writes. */
const PATIENT_MS = 30_000

/** One file, on a disk of its own where one can be had. */
export function sqlitePlace(): Place {
  const folder = new StoreFolder()
  const file = join(folder.path, 'jobs.db')
  const url = `sqlite:${file}`
  const { cannotFill } = folder
  return {
    url,
    urlFor: async () => url,
    acts: { 'hold a lock': lockOn(file), ...(cannotFill === undefined && { 'fill the disk': folder.fill }) },
    leftOut: cannotFill === undefined ? {} : { 'fill the disk': cannotFill },
    prepare: async () =>
      onFile(file, (database) => database.exec(`create table ${ROWS_TABLE} (job text not null)`)),
    rows: async () =>
      onFile(file, (database) =>
        database
          .prepare(`select job from ${ROWS_TABLE}`)
          .all()
          .map(({ job }) => String(job)),
      ),
    close: async () => folder.remove(),
  }
}

/** A stranger, such as a shell or a backup, that holds the write lock. */
function lockOn(file: string): Act {
  return async ({ forMs }) => {
    const database = new DatabaseSync(file, { timeout: 0 })
    try {
      while (!isLocked(database)) await sleep(systemClock, ASK_AGAIN_MS)
      await sleep(systemClock, forMs)
      database.exec('rollback')
    } finally {
      database.close()
    }
  }
}

function isLocked(database: DatabaseSync): boolean {
  try {
    database.exec('begin immediate')
    return true
  } catch {
    return false
  }
}

function onFile<Result>(file: string, body: (database: DatabaseSync) => Result): Result {
  const database = new DatabaseSync(file, { timeout: PATIENT_MS })
  try {
    return body(database)
  } finally {
    database.close()
  }
}
