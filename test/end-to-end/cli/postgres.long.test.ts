import { execFileSync } from 'node:child_process'
import { expect, inject, test } from 'vitest'
import { postgresPool, unmadeSchema } from '../../support/postgres.ts'
import { JOBS, Project } from './project.ts'

/** The password of the tests' server is a word that stands in many places; one of a role of ours is not. */
const PASSWORD = 'seKr3t-w0rd'
const ROLE = 'cli_of_millhand_tests'

async function scene() {
  const { schema, url } = unmadeSchema()
  const pool = postgresPool()
  await pool.query(`do $$ begin
    create role ${ROLE} superuser login password '${PASSWORD}';
  exception when duplicate_object or unique_violation then null; end $$`)
  const store = url.replace(/\/\/.*@/, `//${ROLE}:${PASSWORD}@`)
  const project = new Project({ 'jobs.ts': JOBS })
  project.write('millhand.yaml', `store: ${store}\njobs: [jobs.ts]\nlog: { format: lines }\n`)
  return { project, store, schema, pool }
}

const quiet = (...texts: readonly string[]) => expect(texts.join('\n')).not.toContain(PASSWORD)

test('jobs are enqueued, run, looked at, controlled and pruned as on SQLite', async () => {
  const { project } = await scene()
  const { id } = await project.json<{ id: string }>('enqueue mail.send JSON --tag a', {
    json: '{"to":"ann"}',
  })
  const later = await project.json<{ id: string }>('enqueue mail.send JSON --delay 1h', {
    json: '{"to":"bo"}',
  })
  expect(await project.json('work --until-idle --log-level silent')).toEqual({ ran: 1 })
  const [job, jobs, stats] = await Promise.all([
    project.json(`job ${id}`),
    project.json('jobs --tag a'),
    project.json('stats'),
  ])
  const [queues, workers, explained] = await Promise.all([
    project.json('queues'),
    project.json('workers'),
    project.json(`explain ${later.id}`),
  ])
  expect(job).toMatchObject({ state: 'complete', output: { sentTo: 'ann' }, logs: [{ message: 'sending' }] })
  expect(jobs).toMatchObject([{ id }])
  expect(stats).toMatchObject({ complete: 1, pending: 1, scheduled: 1, workers: 0 })
  expect(queues).toMatchObject([{ queue: 'default', complete: 1 }])
  expect(workers).toEqual([])
  expect(explained).toMatchObject({ state: 'pending', text: expect.stringContaining('due in') })
  expect(await project.json(`cancel ${later.id}`)).toEqual({ cancelled: [later.id], refused: [] })
  expect(await project.json(`retry ${later.id}`)).toEqual({ retried: [later.id], refused: [] })
  await project.json('pause default')
  expect(await project.json('queues')).toMatchObject([{ paused: true }])
  expect(await project.json('resume default')).toEqual({ queue: 'default', paused: false })
  expect(await project.json('prune --complete 0')).toEqual({ pruned: 1 })
})

test('what looks makes nothing, and says where there is nothing; --store needs no configuration', async () => {
  const { project, store, schema, pool } = await scene()
  project.write('millhand.yaml', 'worker: { concurency: 1 }')
  const refused = await project.run(`jobs --store ${store}`)
  expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('(store_missing)') })
  const { rows } = await pool.query('select to_regnamespace($1) as there', [schema])
  expect(rows).toEqual([{ there: null }])
  await project.json(`migrate --store ${store}`)
  expect(await project.json(`jobs --store ${store}`)).toEqual([])
  const base = store.replace(/\?.*/, '')
  const env = { MILLHAND_QUEUE_SCHEMA: schema }
  expect(await project.json(`jobs --store ${base}`, { env })).toEqual([])
  quiet(refused.stdout, refused.stderr)
})

test('migrate --dry-run prints what migrate would run, with the name of the schema', async () => {
  const { project, store, schema, pool } = await scene()
  const dry = await project.run('migrate --dry-run')
  expect(dry.stdout).toMatch(/^-- 001_core\nbegin;\nset local lock_timeout/)
  expect(dry.stdout).toContain(`create table "${schema}".jobs`)
  expect(await project.json('migrate')).toMatchObject({ applied: expect.arrayContaining(['001_core']) })
  expect(await project.json('migrate --dry-run')).toMatchObject({ pending: [] })
  const { schema: other } = unmadeSchema()
  const elsewhere = `${store.replace(/\?.*/, '')}?schema=${other}`
  await pool.query((await project.run(`migrate --dry-run --store ${elsewhere}`)).stdout)
  expect(await project.json(`migrate --store ${elsewhere}`)).toMatchObject({ applied: [] })
  await pool.query(`insert into "${schema}".migrations values (99, '099_later')`)
  for (const words of ['migrate', 'migrate --dry-run', 'stats']) {
    const newer = await project.run(words)
    expect(newer).toMatchObject({ code: 1, stderr: expect.stringContaining('(store_newer)') })
  }
})

test('workers that may not migrate are told to have it done', async () => {
  const { project } = await scene()
  const env = { MILLHAND_QUEUE_MIGRATE: 'false' }
  const refused = await project.run('work', { env })
  expect(refused).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/'millhand migrate'.*\(store_older\)/),
  })
  await project.run('migrate', { env })
  expect(await project.json('work --until-idle --log-level silent', { env })).toEqual({ ran: 0 })
})

test('the doctor looks at the server, the schema and the jobs, and says what is wrong', async () => {
  const { project, schema, pool } = await scene()
  const fresh = await project.run('doctor --json')
  expect(JSON.parse(fresh.stdout).checks).toContainEqual(
    expect.objectContaining({ check: 'schema', level: 'warn' }),
  )
  await project.run('migrate')
  const work = project.start('work')
  await work.line(/worker_start/)
  // The tests' server writes nothing through to its disk, and other tests may leave something open on it.
  const shared = ['durability', 'snapshots', 'connections']
  const ill = (text: string): string[] =>
    JSON.parse(text)
      .checks.filter(
        ({ check, level }: { check: string; level: string }) => level !== 'ok' && !shared.includes(check),
      )
      .map(({ text }: { text: string }) => text)
  const well = await project.run('doctor --json')
  expect({ code: well.code, ill: ill(well.stdout) }).toEqual({ code: 0, ill: [] })
  await pool.query(`drop index "${schema}".claims_held; drop table "${schema}".logs`)
  const broken = await project.run('doctor --json')
  expect({ code: broken.code, ill: ill(broken.stdout) }).toMatchObject({
    code: 1,
    ill: ['table logs is missing', expect.stringMatching(/^index claims_held is missing/)],
  })
  await work.end('SIGTERM')
  quiet(fresh.stdout, well.stdout, broken.stdout)
})

test('a server that is away, a wrong password and a wrong URL are told, without the password', async () => {
  const { project, store } = await scene()
  const [{ port }] = [new URL(inject('postgres'))]
  const cases = [
    ['stats', `postgres://ann:${PASSWORD}@127.0.0.1:1/none`, 1, 'store_unavailable'],
    ['stats', store.replace(PASSWORD, `${PASSWORD}x`), 1, 'store_unavailable'],
    ['stats', `postgres://ann:${PASSWORD}@localhost:${port}/nowhere`, 1, 'store_unavailable'],
    ['stats', `postgress://ann:${PASSWORD}@localhost/app`, 2, 'config_invalid'],
    ['stats', store.replace(/schema=.*/, 'schema=my-schema'), 2, 'config_invalid'],
    ['doctor', `postgres://ann:${PASSWORD}@127.0.0.1:1/none`, 1, undefined],
  ] as const
  for (const [words, url, code, error] of cases) {
    const ended = await project.run(`${words} --json --store ${url}`)
    expect([ended.code, ended.stderr && JSON.parse(ended.stderr).error.code]).toEqual([code, error ?? ''])
    quiet(ended.stdout, ended.stderr)
  }
})

test('no password is shown by check, by a worker, or by dev and its processes', async () => {
  const { project, schema } = await scene()
  const checked = await project.run('check')
  const document = await project.json<{ store: string }>('check')
  expect(document.store).toMatch(new RegExp(`^postgres://[\\w.]+:\\d+/millhand\\?schema=${schema}$`))
  const dev = project.start('dev')
  await dev.line(/worker 1 is ready/)
  await project.run('enqueue test.patient')
  await dev.line(/patient runs/)
  // Its own arguments are the caller's; those of its workers are not.
  const processes = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' })
  expect(processes).toContain('main.ts work')
  const ended = await dev.end('SIGINT')
  expect(ended.stdout).toContain(`on postgres://`)
  const work = await project.run('work --until-idle --json')
  expect(work.stdout).toContain('"store":"postgres://')
  quiet(checked.stdout, JSON.stringify(document), processes, ended.stdout, ended.stderr, work.stdout)
})

test('changes are streamed while they happen', async () => {
  const { project } = await scene()
  await project.run('migrate')
  const changes = project.start('jobs --watch --json --name mail.send')
  const counts = project.start('stats --watch --json')
  await counts.line(/"complete":0/)
  await project.json('enqueue mail.send JSON', { json: '{"to":"dan"}' })
  await counts.line(/"pending":1/)
  await project.run('work --until-idle')
  expect(JSON.parse(await changes.line(/complete/))).toMatchObject({ name: 'mail.send', state: 'complete' })
  expect((await changes.end('SIGINT')).code).toBe(0)
  expect((await counts.end('SIGTERM')).code).toBe(0)
})
