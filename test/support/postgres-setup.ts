import type { TestProject } from 'vitest/node'
import { PostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A URL of the server that the tests run on. */
    postgres: string
  }
}

/**
 * Starts a PostgreSQL for all tests of a run, and stops it when they have ended; `MILLHAND_TEST_POSTGRES` names another
 * server to use.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.MILLHAND_TEST_POSTGRES
  if (url) {
    project.provide('postgres', url)
    return async () => {}
  }
  const server = await PostgresServer.start()
  project.provide('postgres', server.url)
  return () => server.remove()
}
