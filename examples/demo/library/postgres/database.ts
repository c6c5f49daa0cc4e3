import type { QueryConfig } from 'pg'
import type { Columns, Database, Value } from '../database.ts'

/** A connection, or a pool of them. Its `search_path` is the schema of the library. */
export interface Client {
  query(query: QueryConfig): Promise<{ readonly rows: unknown[] }>
}

const BIGINT = 20
const NUMERIC = 1700
const DOUBLE = 701
const REAL = 700
const INTEGER = 23
const NUMBERS: readonly number[] = [BIGINT, NUMERIC, DOUBLE, REAL, INTEGER]

/** pg gives what may be larger than a number as a text; no count of this demo is. */
const types = {
  getTypeParser(oid: number): (text: string) => unknown {
    return NUMBERS.includes(oid) ? Number : (text) => text
  },
}

export class PostgresDatabase implements Database {
  readonly hashed = 'using hash'
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  async execute(statements: string): Promise<void> {
    await this.#client.query({ text: statements })
  }

  async rows<Row>(statement: string, ...values: Value[]): Promise<Row[]> {
    const { rows } = await this.#client.query({ text: statement, values, types })
    return rows as Row[]
  }

  given(columns: Columns): string {
    const typed = Object.entries(columns).map(([column, type]) => `${column} ${type}`)
    return `json_to_recordset($1::json) as given(${typed.join(', ')})`
  }

  async claim(table: string): Promise<void> {
    await this.execute(`lock table ${table} in share row exclusive mode`)
  }
}
