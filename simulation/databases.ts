import type { Database, StoreKind } from './database.ts'
import { memoryDatabase } from './databases/memory.ts'
import { PostgresSchema } from './databases/postgres.ts'
import { SqliteFiles } from './databases/sqlite.ts'
import type { Timeline } from './timeline.ts'

/** Makes databases for many worlds, one after the other. */
export interface Databases {
  make(timeline: Timeline): Promise<Database>
  remove(): Promise<void>
}

/** @param server the URL of the PostgreSQL that worlds on `postgres` share */
export function databasesOn(kind: StoreKind, server?: string): Databases {
  if (kind === 'sqlite') return new SqliteFiles()
  if (kind === 'memory') return { make: async (timeline) => memoryDatabase(timeline), remove: async () => {} }
  if (server === undefined) throw new Error('worlds on PostgreSQL need a server')
  return new PostgresSchema(server)
}
