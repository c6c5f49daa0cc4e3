import { randomUUID } from 'node:crypto'
import pg from 'pg'
import { test as base } from 'vitest'
import { PostgresServer } from '../support/postgres-server.ts'
import { effectsTable } from './script.ts'
import { countEach, PATIENT, Stage } from './stage.ts'

/** `test`, with a server for the tests of the file, and a scene and a queue on it for each alone. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads from the pattern what a fixture needs
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await PostgresServer.start()
    onCleanup(() => server.remove())
    return server
  })
  .extend('scene', ({ server, onTestFinished }) => {
    const scene = new PostgresScene(server)
    onTestFinished(() => scene.close())
    return scene
  })
  .extend('queue', ({ scene }) => scene.open(PATIENT))

/** A schema of its own on a server that can be stopped, and the processes on it. */
export class PostgresScene extends Stage {
  readonly server: PostgresServer
  readonly url: string

  constructor(server: PostgresServer) {
    super()
    this.server = server
    this.url = `${server.url}?schema=test_${randomUUID().replaceAll('-', '')}`
  }

  /** Makes the table that `transaction` writes to. */
  async prepareEffects(): Promise<void> {
    await this.ask(`create table ${effectsTable(this.url)} (job text not null)`)
  }

  /** How often each job has had its effect, in the database and in the file beside it. */
  async effects(): Promise<Record<'transaction' | 'effect', Map<string, number>>> {
    const rows = await this.ask<{ job: string }>(`select job from ${effectsTable(this.url)}`)
    return { transaction: countEach(rows.map(({ job }) => job)), effect: this.effectsInFile() }
  }

  /** Cuts the oldest connection of the processes, whatever it is doing; gives its number. */
  async cut(): Promise<number[]> {
    const cut = await this.ask<{ pid: number }>(
      `select pid, pg_terminate_backend(pid) from pg_stat_activity
        where application_name like 'millhand%' order by backend_start limit 1`,
    )
    return cut.map(({ pid }) => pid)
  }

  override async close(): Promise<void> {
    await this.server.start()
    await super.close()
  }

  async ask<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.server.url })
    await client.connect()
    try {
      return (await client.query(sql, values)).rows
    } finally {
      await client.end()
    }
  }
}
