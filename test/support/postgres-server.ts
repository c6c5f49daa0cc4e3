import type { TestProject } from 'vitest/node'
import { startEmbedded } from '../../examples/demo/server/embedded.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A URL of the server that the tests run on. */
    postgres: string
  }
}

/** The tests prove that nothing is lost with a crash of a process, not of the machine. */
const SETTINGS = ['fsync=off', 'full_page_writes=off', 'max_connections=200']

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
  const server = await startEmbedded(SETTINGS)
  project.provide('postgres', server.url)
  return server.stop
}
