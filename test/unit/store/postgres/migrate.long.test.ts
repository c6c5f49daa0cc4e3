import { openQueue } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { type Migration, toMigration } from '../../../../src/store/migration.ts'
import { parseAddress } from '../../../../src/store/postgres/connection/address.ts'
import { Database } from '../../../../src/store/postgres/database.ts'
import { migrate, schemaState, scriptOf } from '../../../../src/store/postgres/migrate.ts'
import { MIGRATIONS } from '../../../../src/store/postgres/migrations/index.ts'
import { postgresPool, unmadeSchema } from '../../../support/postgres.ts'

const TABLE = toMigration('001_items', 'create table millhand.items (id integer primary key);')
const COLUMN = toMigration('002_name', 'alter table millhand.items add column name text;')
const INDEX = toMigration(
  '003_index',
  `-- outside a transaction
-- A failed one is left behind as invalid.
drop index concurrently if exists millhand.items_name;

create index concurrently items_name
  on millhand.items (name);
`,
)
const ALL: readonly Migration[] = [TABLE, COLUMN, INDEX]

async function scene() {
  const { schema, url } = unmadeSchema()
  const address = await parseAddress(url)
  const database = new Database({ address, sessions: false, self: '', clock: undefined })
  onTestFinished(() => database.close())
  return { schema, url, address, database, session: database.session }
}

async function one<Value>(sql: string, ...values: unknown[]): Promise<Value> {
  const { rows } = await postgresPool().query({ text: sql, values, rowMode: 'array' })
  return rows[0]?.[0]
}

test('each migration runs once and is recorded; one outside a transaction too', async () => {
  const { schema, database, session } = await scene()
  expect(await migrate(database, { known: ALL.slice(0, 1) })).toEqual(['001_items'])
  expect(await migrate(database, { known: ALL })).toEqual(['002_name', '003_index'])
  expect(await migrate(database, { known: ALL })).toEqual([])
  expect(await schemaState(session, ALL)).toMatchObject({ version: 3, newest: 3, pending: [] })
  const valid = 'select indisvalid from pg_index where indexrelid = $1::regclass'
  expect(await one(valid, `"${schema}".items_name`)).toBe(true)
})

test('processes that start together migrate once, also while one makes an index', async () => {
  const { database, address } = await scene()
  // From nothing, no index is made beside anything.
  await migrate(database, { known: [TABLE] })
  const others = [1, 2, 3].map(() => new Database({ address, sessions: false, self: '', clock: undefined }))
  const applied = await Promise.all([database, ...others].map((each) => migrate(each, { known: ALL })))
  expect(applied.flat().sort()).toEqual(['002_name', '003_index'])
  await Promise.all(others.map((each) => each.close()))
})

test('a busy table: the others go by while it waits, and it is done when the table is free', async () => {
  const { schema, database } = await scene()
  await migrate(database, { known: [TABLE] })
  const holder = await postgresPool().connect()
  await holder.query(`begin; select * from "${schema}".items`)
  // Not long: while it waits, nobody on this server reads changes, and other tests do.
  const migrating = migrate(database, { known: ALL, lockTimeoutMs: 50 })
  const waiting = `select exists (select from pg_locks l join pg_class c on c.oid = l.relation
    where c.relname = 'items' and c.relnamespace = $1::regnamespace and not l.granted)`
  await expect.poll(() => one<boolean>(waiting, schema)).toBe(true)
  // Behind a lock that is waited for, others wait too: not for long.
  await postgresPool().query(`insert into "${schema}".items values (1)`)
  await expect.poll(() => one<boolean>(waiting, schema)).toBe(true)
  await holder.query('commit')
  holder.release()
  expect(await migrating).toEqual(['002_name', '003_index'])
})

test('a refused migration leaves nothing behind, says why, and is tried again', async () => {
  const { database, session } = await scene()
  await migrate(database, { known: [TABLE] })
  const broken = toMigration('002_broken', 'create table millhand.more (id integer); select 1 / 0;')
  await expect(migrate(database, { known: [TABLE, broken] })).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/002_broken of postgres:.* failed: division by zero/),
  })
  expect(await schemaState(session, ALL)).toMatchObject({ version: 1 })
  expect(await migrate(database, { known: ALL })).toEqual(['002_name', '003_index'])
})

test('a new schema is made whole or not at all, its indexes in the same transaction', async () => {
  const { schema, database, session } = await scene()
  const broken = toMigration('004_broken', 'select 1 / 0;')
  await expect(migrate(database, { known: [...ALL, broken] })).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(/004_broken of postgres:.* failed: division by zero/),
  })
  expect(await schemaState(session, ALL)).toMatchObject({ version: 0 })
  const index = () => one('select to_regclass($1)', `"${schema}".items_name`)
  expect(await index()).toBeNull()
  expect(await migrate(database, { known: ALL })).toEqual(['001_items', '002_name', '003_index'])
  expect(await index()).not.toBeNull()
})

test('the script does the same when somebody else runs it, all of it as one query', async () => {
  const { url, address, session } = await scene()
  const script = await scriptOf(await schemaState(session), address)
  // The name of a channel ends with that of the schema, and this one with 'millhand'.
  expect(script.join('')).not.toMatch(/(?<!\w)millhand\./)
  await postgresPool().query(script.join(''))
  expect(await schemaState(session)).toMatchObject({ pending: [] })
  await (await openQueue(url, { migrate: false })).close()
})

test('the script for an older schema too, which makes its indexes outside a transaction', async () => {
  const { url, address, database, session } = await scene()
  await migrate(database, { known: MIGRATIONS.slice(0, 1) })
  const script = await scriptOf(await schemaState(session), address)
  expect(script.filter((part) => part.includes('\ncreate index concurrently'))).not.toEqual([])
  // As psql sends it, statement by statement: several at once are a transaction, which no concurrent index can be in.
  const asPsql = (part: string) => (part.startsWith('begin;') ? [part] : part.split(/(?<=;)\n/))
  for (const each of script.flatMap(asPsql)) await postgresPool().query(each)
  expect(await schemaState(session)).toMatchObject({ pending: [] })
  await (await openQueue(url, { migrate: false })).close()
})

test('without migrating, an older schema is refused, and a newer one is in any case', async () => {
  const { schema, url } = await scene()
  await expect(openQueue(url, { migrate: false })).rejects.toMatchObject({
    code: 'store_older',
    message: expect.stringMatching(
      /is of schema version 0, this Millhand needs \d+\. Run 'millhand migrate'/,
    ),
  })
  expect(await one('select to_regnamespace($1)', schema)).toBeNull()
  await (await openQueue(url)).close()
  await postgresPool().query(`insert into "${schema}".migrations values (99, '099_later')`)
  for (const options of [{}, { migrate: false }]) {
    await expect(openQueue(url, options)).rejects.toMatchObject({ code: 'store_newer' })
  }
})

test('a server that cannot be reached within the time to open is told, as an error with a code', async () => {
  const away = openQueue('postgres://ann:secret@127.0.0.1:1/none', { openTimeout: '100ms' })
  await expect(away).rejects.toMatchObject({
    code: 'store_unavailable',
    message: expect.stringMatching(
      /^The database postgres:\/\/127\.0\.0\.1:1\/none cannot be used: .*ECONNREFUSED/,
    ),
  })
})
