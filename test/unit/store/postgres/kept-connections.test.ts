import { randomInt } from 'node:crypto'
import pg from 'pg'
import { afterEach, expect, test } from 'vitest'
import { seededRandom } from '../../../../src/kit/random.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { enqueue, newJob } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

const releases: (() => void)[] = []
afterEach(() => {
  for (const release of releases.splice(0)) release()
})

/** A pool whose connections are those of the stores that tests open. */
function poolOf(url: string): pg.Pool {
  const connectionString = url.replace(/schema=\w+&/, '')
  return new pg.Pool({ connectionString, max: 1 })
}

/** Unlike that of any other test, so that its connections are its own. */
async function lendUrl(): Promise<string> {
  const { url, release } = await emptySchema()
  releases.push(release)
  return `${url}&keepalives=${randomInt(2 ** 40)}`
}

test('what one store has prepared serves the next one, as long as both are told the same randomness', async () => {
  const url = await lendUrl()
  const prepared: number[] = []
  for (const seed of [1, 1, 1, 2]) {
    const store = await openPostgresStore({ to: url, random: seededRandom(seed) })
    await enqueue(store, newJob(`job-${prepared.length}`))
    await store.close()
    const pool = poolOf(url)
    const sql = 'select count(*)::integer as count from pg_prepared_statements where statement like $1'
    const { rows } = await pool.query(sql, [`%"${schemaOf(url)}".%`])
    prepared.push(rows[0].count)
    await pool.end()
  }
  const [, second, third, other] = prepared
  expect(second).toBeGreaterThan(0)
  expect(third).toBe(second)
  expect(other).toBeGreaterThan(second as number)
})

test('nothing else of a test is left on a connection that serves the next one', async () => {
  const url = await lendUrl()
  const pids: number[] = []
  const pidOf = async (pool: pg.Pool) => (await pool.query('select pg_backend_pid() as pid')).rows[0].pid
  const one = poolOf(url)
  pids.push(await pidOf(one))
  await one.query(
    'set statement_timeout = 77; listen somebody; create temp table own (); select pg_advisory_lock(7)',
  )
  await one.end()
  const next = poolOf(url)
  pids.push(await pidOf(next))
  const { rows } = await next.query(`select current_setting('statement_timeout') as timeout,
    (select count(*)::integer from pg_listening_channels()) as heard, to_regclass('pg_temp.own') as made,
    (select count(*)::integer from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`)
  expect(pids[1]).toBe(pids[0])
  expect(rows).toEqual([{ timeout: '0', heard: 0, made: null, locks: 0 }])

  const client = await next.connect()
  await client.query('begin')
  client.release()
  await next.end()
  const last = poolOf(url)
  expect(await pidOf(last)).not.toBe(pids[1])
  await last.end()
})

test('a connection of the tests that the server ends while nobody has it troubles nobody', async () => {
  const pool = postgresPool()
  const [idle, other] = [await pool.connect(), await pool.connect()]
  const { rows } = await idle.query('select pg_backend_pid() as pid')
  const removed = new Promise((resolve) => pool.once('remove', resolve))
  idle.release()
  await other.query('select pg_terminate_backend($1)', [rows[0].pid])
  await removed
  other.release()
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
})
