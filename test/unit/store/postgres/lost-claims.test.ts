import pg from 'pg'
import { expect, onTestFinished } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import type { Store } from '../../../../src/store/store.ts'
import { COMPLETE, enqueue, failure, find, keyed, newJob, startWorker } from '../../../support/jobs.ts'
import { schemaOf } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'

/** A store on the schema, over a pool of which one answer to a claim is lost when `lose` was called. */
async function forgetful(url: string): Promise<{ store: Store; lose: () => void }> {
  let loses = false
  const pool = new pg.Pool({ connectionString: url, max: 8 })
  pool.on('connect', (client) => {
    const query = client.query.bind(client)
    Object.assign(client, {
      query: async (config: pg.QueryConfig) => {
        const answer = await query(config)
        if (!loses || !config.text?.includes('parted as materialized')) return answer
        loses = false
        throw new Error('Connection terminated unexpectedly')
      },
    })
  })
  const store = await openPostgresStore({ to: pool, schema: schemaOf(url), notify: false })
  onTestFinished(async () => {
    await store.close()
    await pool.end()
  })
  const lose = () => {
    loses = true
  }
  return { store, lose }
}

test('what a claim has brought whose answer was lost is found by the next one, as it would have been', async ({
  url,
}) => {
  const { store, lose } = await forgetful(url)
  const worker = await startWorker(store, 'w')
  await enqueue(store, newJob('tried', { priority: 9 }))
  const [tried] = await worker.claim()
  if (!tried) throw new Error('a job was expected')
  await worker.report(tried, { checkpoint: '{"at":3}' })
  await worker.settle(tried, failure('no'))
  await store.catalog.cancel(['tried'], 'enough')
  await store.catalog.retry(['tried'])
  await enqueue(
    store,
    keyed('keyed', {}, { priority: 5, limits: null }),
    newJob('expires', { expiresInMs: 60_000, tags: '["a"]' }),
  )

  lose()
  await expect(worker.claim({ begins: 1 })).rejects.toThrow(/terminated/)
  const found = await worker.claim()

  expect(found).toMatchObject([
    { id: 'tried', attempt: 1, epoch: 2, begun: true, checkpoint: '{"at":3}', crashes: 0, rank: null },
    { id: 'keyed', attempt: 1, epoch: 1, begun: false, key: 'k', priority: 5 },
    { id: 'expires', attempt: 1, epoch: 1, begun: false, tags: '["a"]', expiresAt: expect.any(Number) },
  ])
  expect(found[0]?.errors).toContain('no')
  for (const job of found) {
    const stored = await find(store, job.id)
    expect(job).toMatchObject({ dueAt: stored.dueAt, createdAt: stored.createdAt, input: stored.input })
    expect(await worker.settle(job.begun ? job : { ...job, begun: true }, COMPLETE)).toBe('settled')
  }
})
