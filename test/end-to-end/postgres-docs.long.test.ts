import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineJob, openQueue, Worker } from 'millhand'
import { loadConfig } from 'millhand/config'
import pg from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { examinePostgres } from '../../src/cli/doctor/postgres/examine.ts'
import { postgresPool, unmadeSchema } from '../support/postgres.ts'

const DOCUMENT = readFileSync(new URL('../../docs/postgres.md', import.meta.url), 'utf8')
const hello = defineJob({ name: 'test.hello', run: () => 'hello' })

const blocks = (language: string): string[] =>
  [...DOCUMENT.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, text = '']) => text,
  )

/** The SQL of the page, with names of this test's own for the schema and the roles. */
function scene() {
  const { schema, url } = unmadeSchema()
  const roles = ['owner', 'worker', 'reader'].map((name) => `${schema}_${name}`)
  onTestFinished(async () => {
    for (const role of roles) await postgresPool().query(`drop owned by ${role} cascade`)
    await postgresPool().query(`drop role ${roles}`)
  })
  const sql = blocks('sql').map((text) => text.replaceAll(/\bmillhand\b(?=[_.\s'])|millhand(?=_)/g, schema))
  const urlOf = (role: string) => url.replace(/\/\/.*@/, `//${schema}_${role}:change%20me@`)
  return { schema, sql, urlOf, url }
}

test('the roles of docs/postgres.md: one migrates, one works and can change no table, one only looks', async () => {
  const { schema, sql, urlOf } = scene()
  const [roles = '', afterwards = '', ...watched] = sql
  await postgresPool().query(roles)
  await (await openQueue(urlOf('owner'))).close()
  await postgresPool().query(afterwards)
  for (const each of watched) await postgresPool().query(each)

  const queue = await openQueue(urlOf('worker'), { migrate: false })
  const worker = new Worker(queue, { jobs: [hello] })
  await worker.start()
  const job = await queue.enqueue(hello, 1, { key: 'once' })
  expect(await job.result()).toBe('hello')
  await worker.stop()
  await queue.pause('mail')
  await queue.resume('mail')
  expect(await queue.prune({ complete: 0 })).toBe(1)
  await queue.close()

  const reader = await openQueue(urlOf('reader'), { migrate: false })
  expect(await reader.stats()).toMatchObject({ complete: 0, workers: 0 })
  await expect(reader.enqueue(hello)).rejects.toMatchObject({ code: 'store_unavailable' })
  await reader.close()

  const worked = new pg.Client({ connectionString: urlOf('worker') })
  await worked.connect()
  for (const refused of [
    `create table "${schema}".mine (id integer)`,
    `drop table "${schema}".jobs`,
    `delete from "${schema}".migrations`,
  ]) {
    await expect(worked.query(refused)).rejects.toMatchObject({ code: '42501' })
  }
  await worked.end()
  expect(await failures(urlOf('worker'))).toEqual([])
})

test('what the doctor says to grant is what docs/postgres.md grants a worker, and no more', async () => {
  const { schema, sql, urlOf, url } = scene()
  const [roles = '', afterwards = ''] = sql
  await postgresPool().query(roles)
  await (await openQueue(urlOf('owner'))).close()
  await postgresPool().query(afterwards)
  // Of somebody else in the same schema: neither of the two may touch it.
  await postgresPool().query(`create table "${schema}".theirs (id integer)`)
  const named = `${schema}_reader`
  await postgresPool().query(`revoke all on all tables in schema "${schema}" from ${named};
    revoke all on schema "${schema}" from ${named}`)

  const store = url.replace(/\/\/.*@/, `//${named}:change%20me@`)
  const mend = (await failures(store)).find(({ check }) => check === 'privileges')?.mend ?? ''
  await postgresPool().query(mend.replace('As the owner: ', ''))

  expect(await failures(store)).toEqual([])
  const documented = await rightsOf(`${schema}_worker`, schema)
  const advised = await rightsOf(named, schema)
  expect(advised.filter((right) => !documented.includes(right))).toEqual([])
  // The page grants the sequences of all tables, of which those that number rows by themselves need none.
  expect(documented.filter((right) => !advised.includes(right)).join()).toMatch(/^(usage on \w+_seq,?)+$/)
  expect(advised).toContain('select on migrations')
  expect(advised.join()).not.toMatch(/(insert|update|delete) on migrations|theirs|create/)
})

test('a role that may only connect wakes workers for nothing, and sees and keeps nothing', async () => {
  const { schema, url } = unmadeSchema()
  const stranger = `${schema}_stranger`
  const queue = await openQueue(url)
  await postgresPool().query(`create role ${stranger} login password 'stranger'`)
  const client = new pg.Client({ connectionString: url.replace(/\/\/.*@/, `//${stranger}:stranger@`) })
  await client.connect()
  onTestFinished(async () => {
    await client.end()
    await queue.close()
    await postgresPool().query(`drop role ${stranger}`)
  })
  const heard: (string | undefined)[] = []
  client.on('notification', ({ payload }) => heard.push(payload))
  await client.query(`listen "millhand_${schema}"; listen "millhand_${schema}.due"`)
  await client.query(`select pg_advisory_lock(hashtext('"${schema}".'))`)

  const worker = new Worker(queue, { jobs: [hello] })
  await worker.start()
  await client.query(`notify "millhand_${schema}"; notify "millhand_${schema}.due", 'anything'`)
  const job = await queue.enqueue(hello, 'a secret')
  expect(await job.result()).toBe('hello')
  await worker.stop()
  await expect(client.query(`select * from "${schema}".jobs`)).rejects.toMatchObject({ code: '42501' })
  expect(heard.join()).not.toContain('secret')
})

/** All that a role may do in a schema, and to it. */
async function rightsOf(role: string, schema: string): Promise<string[]> {
  const { rows } = await postgresPool().query<{ right: string }>(
    `select privilege || ' on ' || relname as right from pg_class,
        unnest(array['select', 'insert', 'update', 'delete', 'truncate', 'references', 'trigger']) as privilege
      where relnamespace = $2::regnamespace and relkind = 'r' and has_table_privilege($1, oid, privilege)
    union all select privilege || ' on ' || relname from pg_class, unnest(array['usage', 'select', 'update']) as privilege
      where relnamespace = $2::regnamespace and relkind = 'S' and has_sequence_privilege($1, oid, privilege)
    union all select privilege || ' on the schema' from unnest(array['usage', 'create']) as privilege
      where has_schema_privilege($1, $2, privilege) order by 1`,
    [role, schema],
  )
  return rows.map(({ right }) => right)
}

async function failures(store: string) {
  const where = { store, location: store, queue: {} } as Parameters<typeof examinePostgres>[0]
  return (await examinePostgres(where)).filter(({ level }) => level === 'fail')
}

test('a role that may not migrate is told so, and what to do', async () => {
  const { sql, urlOf } = scene()
  await postgresPool().query(sql[0] ?? '')
  await expect(openQueue(urlOf('worker'))).rejects.toMatchObject({
    code: 'migration_failed',
    message: expect.stringMatching(
      /permission denied.*run 'millhand migrate' as a role that owns the schema/,
    ),
  })
})

test("a queue on a caller's own pool, made from fields: jobs run, and the pool stays open", async () => {
  const { schema, url } = unmadeSchema()
  const { hostname: host, port, username: user, password, pathname } = new URL(url)
  const pool = new pg.Pool({ host, port: Number(port), user, password, database: pathname.slice(1), max: 8 })
  const queue = await openQueue({ postgres: pool, schema })
  const worker = new Worker(queue, { jobs: [hello] })
  await worker.start()
  const client = await pool.connect()
  await client.query('begin')
  const job = await queue.enqueue(hello, 1, { tx: client })
  await client.query('commit')
  client.release()
  expect(await job.result()).toBe('hello')
  await expect(openQueue('memory:', { postgres: pool })).rejects.toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining('the pool in place of a URL'),
  })
  expect(queue.location).toBe(`postgres://${host}:${port}/millhand?schema=${schema}`)
  await worker.stop()
  await queue.close()
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test('every configuration on the page is valid', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millhand-docs-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const configurations = blocks('yaml')
  expect(configurations.length).toBeGreaterThan(0)
  for (const [index, text] of configurations.entries()) {
    const file = join(folder, `${index}.yaml`)
    writeFileSync(file, text)
    const { config } = await loadConfig({ file, env: {} })
    expect(config.location).toMatch(/^postgres:\/\/\w+\.example/)
  }
})
