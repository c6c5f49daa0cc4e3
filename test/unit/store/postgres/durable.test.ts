import { test as base, expect } from 'vitest'
import { PENDING_MAX } from '../../../../src/job/limits.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { COMPLETE, enqueue, newJob, settlement, startWorker } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf, withClient } from '../../../support/postgres.ts'

/** The tables that a statement may write to. */
const WRITTEN = [
  ...['jobs', 'pending', 'claims', 'completed', 'settled', 'details', 'logs', 'workers'],
  ...['holders', 'gates'],
]

const LINE = { at: 0, level: 'info', message: 'here', data: null } as const
const TOLD = { progress: { fraction: 0.5 }, logs: [LINE] }

/** A store, and a witness: for each row that a commit writes, it notes whether that commit waits for the disk. */
const test = base
  .extend('clock', () => new VirtualClock())
  .extend('url', async ({ clock: _ }, { onCleanup }) => {
    const { url, release } = await emptySchema()
    onCleanup(release)
    return url
  })
  .extend('store', async ({ url, clock }, { onCleanup }) => {
    const store = await openPostgresStore({ to: url, clock })
    onCleanup(() => store.close())
    return store
  })
  .extend('witness', async ({ url, store: _ }, { onCleanup }) => {
    const witness = new Witness(schemaOf(url))
    await witness.begin()
    onCleanup(() => witness.end())
    return witness
  })

class Witness {
  readonly #schema: string

  constructor(schema: string) {
    this.#schema = schema
  }

  async begin(): Promise<void> {
    await this.#run(`create table S.witness (said text not null)`)
    await this.#run(`create function S.testify() returns trigger language plpgsql as $$
      begin insert into S.witness values (current_setting('synchronous_commit')); return null; end $$`)
    for (const table of WRITTEN)
      await this.#run(`create constraint trigger testifies after insert or update or delete on S.${table}
        deferrable initially deferred for each row execute function S.testify()`)
  }

  /** How the commits were made since it was last asked. */
  async hear(): Promise<string[]> {
    const said = await this.#run('delete from S.witness returning said')
    return [...new Set(said)]
  }

  async end(): Promise<void> {
    await this.#run('drop function S.testify() cascade; drop table S.witness')
  }

  async #run(sql: string): Promise<string[]> {
    const { rows } = await postgresPool().query<{ said: string }>(sql.replaceAll('S.', `"${this.#schema}".`))
    return rows?.map(({ said }) => said) ?? []
  }
}

for (const subscribed of [false, true]) {
  const who = subscribed ? 'somebody subscribes' : 'nobody listens'

  test(`claims, beats, progress and log lines do not wait for the disk: ${who}`, async ({
    store,
    witness,
    clock,
  }) => {
    if (subscribed) await store.feed.subscribe('me', 60_000)
    const worker = await startWorker(store, 'w')
    await enqueue(store, newJob('a'), newJob('b', { delayMs: 1_000 }))
    await witness.hear()
    const said: Record<string, string[]> = {}
    const a = await worker.claimOne()
    said.claim = await witness.hear()
    await worker.report(a, { progress: TOLD.progress })
    said.progress = await witness.hear()
    await worker.report(a, { logs: TOLD.logs })
    said['log line'] = await witness.hear()
    await worker.beat()
    said.beat = await witness.hear()
    await clock.advance(2_000)
    await worker.claimOne()
    said['claim of what became due'] = await witness.hear()
    await enqueue(store, newJob('c'))
    await witness.hear()
    await worker.claimOne({ accepts: () => true })
    said['claim of what is accepted'] = await witness.hear()
    expect(said).toEqual({
      claim: ['off'],
      progress: ['off'],
      'log line': ['off'],
      beat: ['off'],
      'claim of what became due': ['off'],
      'claim of what is accepted': ['off'],
    })
  })
}

test('what was promised does: enqueues, checkpoints and settlements', async ({ store, witness, clock }) => {
  const worker = await startWorker(store, 'w')
  await witness.hear()
  await enqueue(store, newJob('a'))
  const said = { enqueue: await witness.hear(), checkpoint: [''], settle: [''] }
  const job = await worker.claimOne()
  await witness.hear()
  await worker.report(job, { ...TOLD, checkpoint: '1' })
  said.checkpoint = await witness.hear()
  await store.jobs.settle([settlement(job, 'w', { outcome: COMPLETE, nowMs: clock.now() })])
  said.settle = await witness.hear()
  expect(said).toEqual({ enqueue: ['on'], checkpoint: ['on'], settle: ['on'] })
})

test('a claim through gates does: a handler that runs must not be forgotten', async ({ store, witness }) => {
  const worker = await startWorker(store, 'w')
  await store.limits.declare([{ name: 'api', concurrency: 1, rateCount: null, ratePerMs: null }])
  await enqueue(store, newJob('a', { limits: '[["api",1]]' }))
  await witness.hear()
  await worker.claimOne()
  expect(await witness.hear()).toEqual(['on'])
})

test('a transaction that tells of its job is as durable as one that does not', async ({
  store,
  witness,
  clock,
}) => {
  const worker = await startWorker(store, 'w')
  await enqueue(store, newJob('a'))
  const job = await worker.claimOne()
  await store.feed.subscribe('me', 60_000)
  await witness.hear()
  await store.transaction(async (tx) => {
    const { seq, id, epoch } = job
    expect(await tx.report([{ seq, id, epoch, worker: 'w', ...TOLD }])).toEqual(['settled'])
    const written = settlement(job, 'w', { outcome: COMPLETE, nowMs: clock.now() })
    expect(await tx.settle([written])).toEqual(['settled'])
  })
  expect(await witness.hear()).toEqual(['on'])
})

test("so is a transaction of the caller's own in which a job is enqueued", async ({ store, witness }) => {
  await withClient(async (client) => {
    await store.insertIn(client, [newJob('a')], PENDING_MAX)
    await client.query('commit')
  })
  expect(await witness.hear()).toEqual(['on'])
})
