import type { DatabaseSync } from 'node:sqlite'
import type { Columns, Database, Value } from '../database.ts'

export class SqliteDatabase implements Database {
  readonly hashed = ''
  readonly #db: DatabaseSync

  constructor(db: DatabaseSync) {
    this.#db = db
  }

  async execute(statements: string): Promise<void> {
    this.#db.exec(statements)
  }

  async rows<Row>(statement: string, ...values: Value[]): Promise<Row[]> {
    // Where PostgreSQL has $1, SQLite has ?1: its own $1 is a name.
    const prepared = this.#db.prepare(statement.replaceAll(/\$(?=\d)/g, '?'))
    return prepared.all(...values) as Row[]
  }

  given(columns: Columns): string {
    const named = Object.keys(columns).map((column) => `value ->> '${column}' as ${column}`)
    return `(select ${named.join(', ')} from json_each($1)) as given`
  }

  /** A transaction of SQLite has the whole file for itself. */
  async claim(): Promise<void> {}
}
