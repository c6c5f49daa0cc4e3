import { expect } from 'vitest'
import type { Outcome } from '../../../../src/job/outcome.ts'
import type { ClaimedJob, Settled } from '../../../../src/store/jobs.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  newJobs,
  RELEASE,
  startWorker,
  type TestWorker,
} from '../../../support/jobs.ts'
import { postgresPool, schemaOf, withClient } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'

type Write = (worker: TestWorker, job: ClaimedJob) => Promise<Settled>

const settled =
  (outcome: Outcome): Write =>
  (worker, job) =>
    worker.settle(job, outcome)

const WRITES: Readonly<Record<string, Write>> = {
  'an output': settled({ kind: 'complete', output: '{"sum":3}' }),
  'a plain completion': settled(COMPLETE),
  'a failure': settled(failure('no')),
  'a release': settled(RELEASE),
  'a checkpoint': (worker, job) => worker.report(job, { checkpoint: '{"at":3}' }),
  progress: (worker, job) => worker.report(job, { progress: { fraction: 0.5 } }),
  'the same word again': (worker, job) => worker.begin(job),
}

for (const [what, write] of Object.entries(WRITES)) {
  test(`${what} that meets the word that its job has begun is written, though the job moves meanwhile`, async ({
    store,
    url,
  }) => {
    const worker = await startWorker(store, 'w')
    await enqueue(store, ...newJobs(3))
    const [job] = await worker.hold()
    if (!job) throw new Error('a job was expected')

    const [begun, written] = await withClient(async (client) => {
      await client.query(`select from "${schemaOf(url)}".claims for update`)
      const begins = worker.begin(job)
      await waiting(url, 1)
      const writes = write(worker, job)
      await waiting(url, 2)
      await client.query('rollback')
      return Promise.all([begins, writes])
    })

    expect([begun, written]).toEqual(['settled', 'settled'])
  })
}

/** Waits until so many statements on the schema wait for a lock. */
async function waiting(url: string, count: number): Promise<void> {
  const sql = `select from pg_stat_activity where wait_event_type = 'Lock' and query like $1`
  while (((await postgresPool().query(sql, [`%${schemaOf(url)}%`])).rowCount ?? 0) < count);
}
