import { DatabaseSync } from 'node:sqlite'
import type { Database } from './database.ts'
import { type Client, PostgresDatabase } from './postgres/database.ts'
import { PostgresSearchIndex } from './postgres/search-index.ts'
import type { SearchIndex } from './search-index.ts'
import { SqliteDatabase } from './sqlite/database.ts'
import { SqliteSearchIndex } from './sqlite/search-index.ts'

/** What the demo keeps in the database of the queue: the documents, their full-text search, and the list of files. */
export interface Library {
  database: Database
  index: SearchIndex
}

/** What `queue.transaction` and `ctx.transaction` hand over, or a connection of one's own. */
export type Handle = DatabaseSync | Client

/** The library on a connection: in the transaction that is open on it, if there is one. */
export function libraryOn(handle: Handle): Library {
  if (handle instanceof DatabaseSync) {
    const database = new SqliteDatabase(handle)
    return { database, index: new SqliteSearchIndex(database) }
  }
  const database = new PostgresDatabase(handle)
  return { database, index: new PostgresSearchIndex(database) }
}

/** A connection for reading. */
export interface Reader extends AsyncDisposable {
  library: Library
}

/** How long a read waits for a writer of SQLite. */
const BUSY_MS = 5_000

/** Opens the database of a queue, by the URL of the queue, for reading beside it. */
export async function openReader(url: string): Promise<Reader> {
  if (url.startsWith('sqlite:')) {
    const db = new DatabaseSync(url.slice('sqlite:'.length), { readOnly: true, timeout: BUSY_MS })
    return { library: libraryOn(db), [Symbol.asyncDispose]: async () => db.close() }
  }
  // Loaded here, since whoever runs the demo on SQLite needs none.
  const { default: pg } = await import('pg')
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  // What becomes of a broken connection is said by the statement that needs it.
  pool.on('error', () => {})
  return { library: libraryOn(pool), [Symbol.asyncDispose]: () => pool.end() }
}
