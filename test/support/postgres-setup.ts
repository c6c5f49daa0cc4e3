import pg from 'pg'
import type { TestProject } from 'vitest/node'
import { PostgresServer } from './postgres-server.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** A URL of the server that the tests run on. */
    postgres: string
    /** What the names of all schemas of this run begin with. */
    schemas: string
  }
}

/**
 * Starts a PostgreSQL for all tests of a run, and stops it when they have ended; `TEST_POSTGRES_URL` names another
 * server to use.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const schemas = `test_${process.pid}`
  project.provide('schemas', schemas)
  const url = process.env.TEST_POSTGRES_URL
  if (url) {
    project.provide('postgres', url)
    return () => dropSchemas(url, schemas)
  }
  const server = await PostgresServer.start()
  project.provide('postgres', server.url)
  return () => server.remove()
}

/** A server that stays is left as it was. One statement for each: all together need more locks than a server has. */
async function dropSchemas(url: string, prefix: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const { rows } = await client.query<{ name: string }>(
    'select nspname as name from pg_namespace where starts_with(nspname, $1)',
    [`${prefix}_`],
  )
  for (const { name } of rows) await client.query(`drop schema "${name}" cascade`)
  await client.end()
}
