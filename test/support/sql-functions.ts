import { type OpenOptions, openQueue, type Queue } from 'millhand'
import { type RunUntilIdleOptions, runUntilIdle, virtualClock } from 'millhand/testing'
import type pg from 'pg'
import { test as base } from 'vitest'
import { emptySchema, postgresPool, schemaOf } from './postgres.ts'

/** The functions that the schema has, as a program in another language calls them. */

export type Sql = (call: string, ...values: unknown[]) => Promise<{ readonly given: unknown }[]>

export interface Call {
  readonly input?: unknown
  readonly options?: object
  readonly name?: unknown
}

/** By how much a queue is ahead of the server, so that what a function has made due now is due. */
const AHEAD_MS = 60_000

/** What is due now. The time of the functions is that of the server, which nobody moves on. */
export function runDue(queue: Queue, options: RunUntilIdleOptions): Promise<number> {
  return runUntilIdle(queue, { ...options, advance: false })
}

/** A queue about on the time of the server. On its very clock, each worker would start a thread, which takes longer than a test does. */
export const test = base
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads from the pattern what a fixture needs
  .extend('url', async ({}, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return url
  })
  .extend('clock', () => virtualClock(Date.now() + AHEAD_MS))
  .extend('open', ({ url, clock }, { onCleanup }) => {
    const queues: Queue[] = []
    onCleanup(async () => void (await Promise.all(queues.map((queue) => queue.close()))))
    return async (options: OpenOptions = {}): Promise<Queue> => {
      const queue = await openQueue(url, { clock, logger: false, ...options })
      queues.push(queue)
      return queue
    }
  })
  .extend('queue', ({ open }) => open())
  .extend('sql', ({ url, queue: _ }): Sql => callingIn(postgresPool(), schemaOf(url)))

/** Sends statements in which `millhand.` stands for the schema. */
export function callingIn(client: pg.Pool | pg.ClientBase, schema: string): Sql {
  return async (call, ...values) =>
    (await client.query(call.replaceAll('millhand.', `"${schema}".`), values)).rows
}

/** Gives the id. */
export async function enqueue(sql: Sql, { name = 'test.echo', input = null, options = {} }: Call = {}) {
  const values = [name, JSON.stringify(input), JSON.stringify(options)]
  const [row] = await sql('select millhand.enqueue($1, $2, $3) as given', ...values)
  return row?.given as string
}

/** What the database says of a call that it refuses. */
export async function refusalOf(call: Promise<unknown>) {
  const error = await call.then(
    () => ({ message: 'nothing was refused', detail: '{}' }),
    (thrown) => thrown,
  )
  return {
    code: error.code,
    message: `${error.message} ${error.hint}`,
    facts: JSON.parse(error.detail ?? '{}'),
  }
}
