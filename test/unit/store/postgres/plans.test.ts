import pg from 'pg'
import { expect, onTestFinished, test, vi } from 'vitest'
import { CRASH_LIMIT } from '../../../../src/job/interruption.ts'
import type { NewJob } from '../../../../src/job/new-job.ts'
import type { Deed } from '../../../../src/job/operation.ts'
import { seededRandom } from '../../../../src/kit/random.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import type { Store } from '../../../../src/store/store.ts'
import { COMPLETE, enqueue, failure, idsOf, newJobs, startWorker } from '../../../support/jobs.ts'
import { postgresPool, unmadeSchema } from '../../../support/postgres.ts'

/** Jobs that something is done to, and those that are there besides. */
const FEW = 20
const MANY = 2_000
/** What is due later has no index by its queue: a purge goes through all of it, once a piece. */
const SOME = 500

/** A node of a plan, as `explain (format json, analyze)` tells of it. */
interface PlanNode {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Actual Rows': number
  readonly 'Actual Loops': number
  readonly 'Rows Removed by Filter'?: number
  readonly Plans?: readonly PlanNode[]
}

/** What is read by the statements that run, each told by the server with what its plan has done. */
function watchPlans() {
  const plans: { readonly 'Query Text': string; readonly Plan: PlanNode }[] = []
  const { connect } = pg.Client.prototype
  const spy = vi.spyOn(pg.Client.prototype, 'connect').mockImplementation(function watched(
    this: pg.Client,
    ...given: unknown[]
  ) {
    this.on('notice', ({ message = '' }) => {
      const [, plan] = /^duration: .* plan:\n(.*)$/s.exec(message) ?? []
      if (plan) plans.push(JSON.parse(plan))
    })
    return connect.apply(this, given as never)
  } as typeof connect)
  onTestFinished(() => spy.mockRestore())
  return plans
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)]
}

/** The rows of tables that a plan has looked at. */
function rowsRead(plan: PlanNode): [number, string] {
  const scans = nodesOf(plan).filter((node) => /Scan/.test(node['Node Type']) && node['Relation Name'])
  const read = scans.map((node) => {
    const rows = (node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0)) * node['Actual Loops']
    return [rows, `${node['Relation Name']} by ${node['Index Name']}`] as const
  })
  const [most] = read.toSorted(([left], [right]) => right - left)
  return [most?.[0] ?? 0, most?.[1] ?? '']
}

const OPTIONS = [
  'session_preload_libraries=auto_explain',
  'auto_explain.log_min_duration=0',
  'auto_explain.log_analyze=on',
  'auto_explain.log_timing=off',
  'auto_explain.log_format=json',
  'client_min_messages=log',
]

test('a plan that was made while the tables were all but empty looks up what it needs when they are full', async () => {
  const { schema, url } = unmadeSchema()
  const plans = watchPlans()
  const options = encodeURIComponent(OPTIONS.map((option) => `-c ${option}`).join(' '))
  const store = await openPostgresStore({ to: `${url}&max=1&options=${options}`, random: seededRandom(1) })
  onTestFinished(async () => {
    await store.close()
    await postgresPool().query(`drop schema "${schema}" cascade`)
  })
  await live(store, 'a', 2)
  await analyze(schema)
  await store.feed.subscribe('reader', 3_600_000)
  await live(store, 'b', 2)
  await fill(store)

  plans.length = 0
  await live(store, 'c', FEW)
  const wide = plans
    .map(({ 'Query Text': text, Plan }) => [...rowsRead(Plan), text] as const)
    .filter(([rows]) => rows > MANY / 2)
  expect(
    wide.map(
      ([rows, where, text]) =>
        `${where}: ${rows} rows: ${text
          .replaceAll(/\s+/g, ' ')
          .replaceAll(`"${schema}".`, '')
          .replace(/^with clock as .*?as now\), /, '')
          .slice(0, 110)}`,
    ),
  ).toEqual([])
})

/** From now on nobody plans anything anew. */
async function analyze(schema: string): Promise<void> {
  const { rows } = await postgresPool().query(
    'select tablename as name from pg_tables where schemaname = $1',
    [schema],
  )
  for (const { name } of rows) {
    const table = `"${schema}"."${name}"`
    await postgresPool().query(`alter table ${table} set (autovacuum_enabled = false)`)
    await postgresPool().query(`vacuum analyze ${table}`)
  }
}

async function fill(store: Store): Promise<void> {
  const jobs = (prefix: string, count: number, given: Partial<NewJob> = {}) =>
    newJobs(count, { queue: 'other', ...given }).map((job) => ({ ...job, id: `${prefix} ${job.id}` }))
  await enqueue(store, ...jobs('waits', MANY))
  await enqueue(store, ...jobs('is later', SOME, { delayMs: 3_600_000 }))
  const cancelled = jobs('was cancelled', MANY)
  await enqueue(store, ...cancelled)
  await store.catalog.cancel(idsOf(cancelled), 'not needed')
  await enqueue(store, ...jobs('has a key', MANY).map((job) => ({ ...job, key: job.id })))
}

/** All that is done to jobs, to so many of them each time. */
async function live(store: Store, prefix: string, count: number): Promise<void> {
  const jobs = (name: string, queue = 'mine') => {
    const given = newJobs(count, { queue }).map((job) => ({ ...job, id: `${prefix} ${name} ${job.id}` }))
    return given.map((job) => ({ ...job, key: job.id }))
  }
  const mine = { queues: ['mine'], limit: count }
  const worker = await startWorker(store, `${prefix} worker`)
  await enqueue(store, ...jobs('first'))
  const first = idsOf(jobs('first'))
  await store.catalog.cancel(first, 'not needed', `${prefix} cancel`)
  await store.catalog.retry(first, `${prefix} retry`)
  await worker.settleAll(await worker.claim(mine), failure('broken'))
  await enqueue(store, ...jobs('complete'))
  await worker.settleAll(await worker.claim(mine), COMPLETE)
  expect(await store.catalog.get(idsOf(jobs('complete')))).toHaveLength(count)
  await enqueue(store, ...jobs('held'))
  const [begun] = await worker.hold(mine)
  if (begun) {
    await worker.begin(begun)
    await worker.report(begun, { checkpoint: '1', progress: { fraction: 1 } })
  }
  await worker.stop()
  await operate(store, prefix, idsOf(jobs('held')))
  await enqueue(store, ...jobs('lost'))
  const lost = await startWorker(store, `${prefix} lost`, { leaseMs: 1 })
  await lost.claim(mine)
  // Its lease ends by the clock of the server, within the next calls.
  while ((await store.upkeep.rescue(CRASH_LIMIT)).workers.length === 0);
  await store.upkeep.expire(count)
  await enqueue(store, ...jobs('purged', 'purged'))
  await store.queues.purge('purged', { limit: count, reason: 'not needed', call: `${prefix} purge` })
  await store.upkeep.prune({ complete: 0, failed: 0, cancelled: 3_600_000 }, count * 4)
}

const DEEDS: readonly Deed[] = [
  { verb: 'reprioritise', priority: 5 },
  { verb: 'reschedule', dueAt: Date.UTC(2100, 0) },
  { verb: 'move', queue: 'moved' },
  { verb: 'cancel', reason: 'not needed' },
  { verb: 'retry' },
  { verb: 'cancel', reason: 'not needed' },
  { verb: 'delete' },
]

async function operate(store: Store, id: string, ids: readonly string[]): Promise<void> {
  const { beforeSeq } = await store.operations.begin({ id, verb: 'cancel', asked: '{}', by: null })
  for (const deed of DEEDS)
    await store.operations.step({ operation: id, deed, ids, fromSeq: beforeSeq, toSeq: beforeSeq })
}
