/** What a statement may be given for `$1`, `$2` and so on. */
export type Value = string | number | null

/** The types of the columns of a table that is handed over as JSON. */
export type Columns = Readonly<Record<string, 'text' | 'bigint'>>

/**
 * What is asked of a database, in statements that SQLite and PostgreSQL both understand; where they differ, the
 * database says how. On a connection of its own, or in a transaction of the queue.
 */
export interface Database {
  /** What an index over long texts has to be, such as paths: PostgreSQL sorts none of more than 2,700 bytes. */
  readonly hashed: string
  /** Runs statements without values, such as those that make tables. */
  execute(statements: string): Promise<void>
  rows<Row>(statement: string, ...values: Value[]): Promise<Row[]>
  /** Stands for the rows in `$1`, made by `rowsAsJson`, as a table: one statement, however many they are. */
  given(columns: Columns): string
  /** Until this transaction ends, nobody else writes to `table`. */
  claim(table: string): Promise<void>
}

/**
 * Rows for `given`. PostgreSQL refuses NUL and halves of surrogate pairs in a text. Extraction leaves none, but not
 * every text comes from there (the message of an error does not), so that they are replaced here, for both databases:
 * both hold the same.
 */
export function rowsAsJson(rows: readonly Readonly<Record<string, Value | undefined>>[]): string {
  return JSON.stringify(rows, (_, value: unknown) => (typeof value === 'string' ? storable(value) : value))
}

function storable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd')
}
