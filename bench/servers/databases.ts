import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { monotonicMs } from '../measure.ts'

/** Longer than it takes anybody who has closed his connections. */
const LEAVE_MS = 2_000
const ASK_AGAIN_MS = 5
const CONNECTED = "select from pg_stat_activity where datname = $1 and backend_type = 'client backend'"

/** Databases on a PostgreSQL that runs. Several processes may make theirs on one server. */
export class Databases {
  /** Without the name of a database. */
  readonly address: string
  #made = 0

  constructor(address: string) {
    this.address = address
  }

  async version(): Promise<string | undefined> {
    return withClient(`${this.address}/postgres`, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version
    })
  }

  /** The address of a new, empty database. What was written before has reached the disk by then. */
  async createDatabase(): Promise<string> {
    this.#made += 1
    const name = `bench_${process.pid}_${this.#made}`
    await this.#asked(`create database ${name}`, 'checkpoint')
    return `${this.address}/${name}`
  }

  /** What a database in use has got from its autovacuum, and nothing left to write. */
  async rest(url: string): Promise<void> {
    await withClient(url, async (client) => {
      await client.query('vacuum analyze')
      await client.query('checkpoint')
    })
  }

  async dropDatabase(url: string): Promise<void> {
    const name = new URL(url).pathname.slice(1)
    await this.#untilLeft(name)
    await this.#asked(`drop database ${name} with (force)`)
  }

  /** A pool says that it has ended before the server has noticed: whoever is thrown out then ends with an error. */
  async #untilLeft(name: string): Promise<void> {
    await withClient(`${this.address}/postgres`, async (client) => {
      const endMs = monotonicMs() + LEAVE_MS
      for (let left = false; !left && monotonicMs() < endMs; ) {
        const { rowCount } = await client.query(CONNECTED, [name])
        left = rowCount === 0
        if (!left) await sleep(ASK_AGAIN_MS)
      }
    })
  }

  #asked(...statements: string[]): Promise<void> {
    return withClient(`${this.address}/postgres`, async (client) => {
      for (const statement of statements) await client.query(statement)
    })
  }
}

/** Does something on a connection of its own. */
export async function withClient<Result>(
  url: string,
  body: (client: pg.Client) => Promise<Result>,
): Promise<Result> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await body(client)
  } finally {
    await client.end()
  }
}
