import { statSync } from 'node:fs'
import { Scratch } from '../scratch.ts'
import { withClient } from '../servers/databases.ts'
import { PostgresServer } from '../servers/postgres.ts'
import type { SoakOptions } from './arguments.ts'

/** Where the jobs of a soak are. */
export interface Place extends AsyncDisposable {
  readonly url: string
  describe(): Promise<string>
  /** What the jobs take on the disk. */
  sizeMb(): Promise<number>
}

export async function openPlace(store: SoakOptions['store']): Promise<Place> {
  return store === 'sqlite' ? filePlace(new Scratch()) : databasePlace(await PostgresServer.start())
}

function filePlace(scratch: Scratch): Place {
  const file = scratch.file()
  return {
    url: `sqlite:${file}`,
    describe: () => scratch.describe(),
    // The log beside it too, which grows as long as a reader keeps it from being written back.
    sizeMb: async () => megabytes(bytesOf(file) + bytesOf(`${file}-wal`)),
    [Symbol.asyncDispose]: () => scratch[Symbol.asyncDispose](),
  }
}

async function databasePlace(server: PostgresServer): Promise<Place> {
  const url = await server.databases.createDatabase()
  return {
    url,
    describe: () => server.describe(),
    sizeMb: () =>
      withClient(url, async (client) => {
        const { rows } = await client.query<{ bytes: string }>(
          'select pg_database_size(current_database()) as bytes',
        )
        return megabytes(Number(rows[0]?.bytes))
      }),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

function bytesOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}

function megabytes(bytes: number): number {
  return bytes / 2 ** 20
}
