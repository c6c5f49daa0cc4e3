import { PostgresServer } from '../../test/support/postgres-server.ts'

/** A PostgreSQL that is started for the worlds, and goes with them. */
export interface Postgres {
  readonly url: string
  remove(): Promise<void>
}

/** Locks that wait for each other are to be seen at once. */
const SETTINGS = ['deadlock_timeout=20ms']

export function startPostgres(): Promise<Postgres> {
  return PostgresServer.start(SETTINGS)
}
