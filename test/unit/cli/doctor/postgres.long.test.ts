import { openQueue } from 'millhand'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import type { Finding } from '../../../../src/cli/doctor/finding.ts'
import { checkAutovacuum } from '../../../../src/cli/doctor/postgres/autovacuum.ts'
import { checkClock } from '../../../../src/cli/doctor/postgres/clock.ts'
import { checkConnections, checkFleet } from '../../../../src/cli/doctor/postgres/connections.ts'
import { examinePostgres } from '../../../../src/cli/doctor/postgres/examine.ts'
import { checkServer } from '../../../../src/cli/doctor/postgres/server.ts'
import { readShape } from '../../../../src/cli/doctor/postgres/shape.ts'
import { checkSnapshots, examineSnapshots } from '../../../../src/cli/doctor/postgres/snapshots.ts'
import { parseAddress } from '../../../../src/store/postgres/connection/address.ts'
import { Database } from '../../../../src/store/postgres/database.ts'
import { postgresPool, unmadeSchema } from '../../../support/postgres.ts'

const EXPECTED = new URL('../../../../src/cli/doctor/postgres/schema.json', import.meta.url)

/** A schema as the migrations make it, to break things in. */
async function scene() {
  const { schema, url } = unmadeSchema()
  await (await openQueue(url)).close()
  const run = (sql: string) => postgresPool().query(sql.replaceAll('millhand.', `"${schema}".`))
  return { schema, url, run, examine: () => examine(url), mend: (sql: string) => postgresPool().query(sql) }
}

/** Every finding that is not in order. The tests' server keeps nothing safe, on purpose. */
async function examine(url: string): Promise<Finding[]> {
  const findings = await examinePostgres({ store: url, location: url, queue: {} } as Parameters<
    typeof examinePostgres
  >[0])
  return findings.filter(({ level, check }) => level !== 'ok' && check !== 'durability')
}

async function session(url: string) {
  const database = new Database({
    address: await parseAddress(url),
    sessions: false,
    self: '',
    clock: undefined,
  })
  onTestFinished(() => database.close())
  return database.session
}

/** The role goes with the test, and what it has been granted before it. */
async function role(
  options: string,
): Promise<{ readonly name: string; readonly urlOf: (url: string) => string }> {
  const name = `doctor_${unmadeSchema().schema}`
  await postgresPool().query(`create role ${name} login password 'pa55' ${options}`)
  onTestFinished(async () => {
    await postgresPool().query(`drop owned by ${name}; drop role ${name}`)
  })
  return { name, urlOf: (url) => url.replace(/\/\/.*@/, `//${name}:pa55@`) }
}

test('schema.json is what the migrations make; `npx vitest run FILE --update` writes it anew', async () => {
  const { url } = await scene()
  const shape = `${JSON.stringify(await readShape(await session(url)), null, 2)}\n`
  await expect(shape).toMatchFileSnapshot(EXPECTED.pathname)
})

test('a schema as it was made is in order, whatever it is called', async () => {
  expect(await (await scene()).examine()).toEqual([])
})

test.each([
  ['drop table millhand.logs', 'table logs is missing'],
  [
    'drop index millhand.pending_ready',
    'index pending_ready is missing or invalid: claims read whole tables',
  ],
  [
    'alter table millhand.keys drop constraint keys_pkey',
    'index keys_pkey is missing or invalid: jobs cannot',
  ],
  ['alter table millhand.jobs drop column tags', 'column jobs.tags is missing'],
  [
    'alter table millhand.jobs alter column priority type bigint',
    "column jobs.priority is 'bigint not null', expected 'integer not null'",
  ],
  ['alter table millhand.settled alter column state drop not null', "column settled.state is 'text collate"],
  ['drop sequence millhand.arrivals', 'sequence arrivals is missing'],
  ['alter table millhand.jobs add column extra text not null', "column jobs.extra is not Millhand's"],
  ['alter table millhand.jobs set (autovacuum_enabled = off)', 'autovacuum_enabled'],
])('%s is found, and mended by what the doctor says', async (breaking, told) => {
  const { run, examine, mend } = await scene()
  await run(breaking)
  const [finding, ...others] = await examine()
  expect([finding?.text, finding?.mend].join()).toContain(told)
  expect(others).toEqual([])
  const [, sql = ''] = /((?:create|drop|alter) .*)$/.exec(finding?.mend ?? '') ?? []
  // As psql would: what is made concurrently is made outside a transaction.
  for (const statement of sql.split('; ')) await mend(statement)
  const left = await examine()
  expect(left.filter(({ text }) => text.includes(told))).toEqual([])
})

test('an index under another name and a column more do no harm', async () => {
  const { run, examine } = await scene()
  await run('alter index millhand.pending_ready rename to made_anew')
  await run('alter table millhand.jobs add column note text')
  expect(await examine()).toEqual([])
})

test('an older or absent schema is told as that, not as missing tables', async () => {
  expect(await examine(unmadeSchema().url)).toMatchObject([
    { check: 'schema', level: 'warn', mend: expect.stringContaining('millhand migrate') },
  ])
})

test('a role without rights hears which, and is mended by what the doctor says', async () => {
  const { url, run, mend } = await scene()
  const { name, urlOf } = await role('')
  expect(await examine(urlOf(url))).toMatchObject([
    { check: 'privileges', level: 'fail', text: expect.stringContaining('usage on schema') },
  ])
  await run(`grant usage on schema ${url.split('schema=')[1]} to ${name}`)
  await run(`grant select, insert, update, delete on millhand.jobs to ${name}`)
  const [found] = await examine(urlOf(url))
  expect(found?.text).toMatch(
    /lacks usage on sequence arrivals; usage on sequence holds; delete, insert, select, update on table calls; and \d+ more/,
  )
  await mend(found?.mend?.replace('As the owner: ', '') ?? '')
  expect(await examine(urlOf(url))).toEqual([])
})

test('a role that may not make the tables that are missing is told so, and by what it may', async () => {
  const { schema, url } = unmadeSchema()
  const { name, urlOf } = await role('')
  const [refused] = await examine(urlOf(url))
  expect(refused).toMatchObject({
    ...{ check: 'privileges', level: 'fail' },
    text: expect.stringMatching(/may not make the tables that are missing: it lacks create on database /),
    mend: expect.stringContaining(`grant create on database`),
  })
  await postgresPool().query(`create schema "${schema}"; grant usage on schema "${schema}" to ${name}`)
  expect((await examine(urlOf(url)))[0]?.text).toContain(`it lacks create on schema`)
  await postgresPool().query(`grant create on schema "${schema}" to ${name}`)
  expect(await examine(urlOf(url))).toMatchObject([{ check: 'schema', level: 'warn' }])
})

test('a role that does not own the tables is sent to their owner for the migrations that are missing', async () => {
  const { schema, url, run } = await scene()
  const { name, urlOf } = await role('')
  await run(`grant usage, create on schema "${schema}" to ${name}`)
  await run(`grant select, insert, update, delete on all tables in schema "${schema}" to ${name}`)
  await run(`grant usage on all sequences in schema "${schema}" to ${name}`)
  await run('delete from millhand.migrations where version > 5')
  expect((await examine(urlOf(url)))[0]).toMatchObject({
    ...{ check: 'privileges', level: 'fail' },
    text: expect.stringMatching(/\d+ that are there belong to another role/),
  })
})

test('a role that may hardly connect any more is told so', async () => {
  const { url } = await scene()
  const { name, urlOf } = await role('superuser connection limit 3')
  expect(await examine(urlOf(url))).toMatchObject([
    {
      check: 'connections',
      level: 'warn',
      text: expect.stringMatching(/^[12] of 3 are free; a worker takes up to 11/),
      mend: expect.stringContaining(`the connection limit of the role ${name}`),
    },
  ])
})

test('a transaction that somebody has left open is found, with how to end it', async () => {
  const { url } = await scene()
  const client = new pg.Client({ connectionString: url, application_name: 'forgotten' })
  await client.connect()
  await client.query('begin')
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const found = await examineSnapshots(await session(url), 0)
  expect(found).toContainEqual({
    check: 'snapshots',
    level: 'warn',
    text: expect.stringMatching(/\(postgres, forgotten, .*idle in transaction\) has a transaction open for/),
    mend: expect.stringContaining(`pg_terminate_backend(${rows[0].pid})`),
  })
  await client.end()
  expect((await examineSnapshots(await session(url)))[0]?.level).toBe('ok')
})

test('what a test cannot bring about on a server that others use', () => {
  const texts = (findings: readonly Finding[]) =>
    findings.filter(({ level }) => level !== 'ok').map(({ level, text }) => `${level}: ${text}`)
  const server = { version: 180_004, standby: false, readOnly: false, encoding: 'UTF8', off: '' }
  expect(texts(checkServer(server))).toEqual([])
  expect(texts(checkServer({ ...server, version: 130_010 }))).toEqual([
    'fail: PostgreSQL 13 is older than 14',
  ])
  expect(texts(checkServer({ ...server, version: 190_000 }))[0]).toMatch(/^warn: PostgreSQL 19 is newer/)
  expect(texts(checkServer({ ...server, standby: true, encoding: 'LATIN1', off: 'fsync' }))).toHaveLength(3)
  expect(texts(checkServer({ ...server, readOnly: true }))).toEqual([
    'fail: it cannot be written: default_transaction_read_only is on',
  ])
  expect(texts([checkClock(1_900), checkClock(-90_000)])).toEqual([
    "warn: the server's clock is 1m 30s behind this machine's",
  ])
  expect(texts(checkAutovacuum({ off: 'autovacuum', tables: [] }))).toHaveLength(1)
  expect(texts([checkConnections([{ what: 'max_connections', most: 100, used: 97 }])])).toEqual([
    'warn: 3 of 100 are free; a worker takes up to 11',
  ])
  const limits = [{ what: 'max_connections of the server', most: 97, used: 30 }]
  expect(texts([checkFleet(8, limits)])).toEqual([])
  expect(texts([checkFleet(9, limits)])).toEqual([
    'warn: 9 live workers, with 18 connections at rest and up to 99, of 97 that there are',
  ])
  const slot = { kind: 'slot', name: 'copy', who: 'used by nobody', openMs: null } as const
  const prepared = { kind: 'prepared', name: 'x', who: 'ann', openMs: 600_000 } as const
  expect(texts(checkSnapshots([slot, prepared], { seesAll: true }))).toEqual([
    "warn: replication slot 'copy' (used by nobody) holds old rows back",
    "warn: prepared transaction 'x' of ann is open for 10m",
  ])
})
