import { expect, test } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { COMPLETE, enqueue, find, newJob, settlement, startWorker } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

test('a claim that a crash of the server has undone completes no jobs of another that got its name', async () => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url })
  try {
    const worker = await startWorker(store, 'worker')
    await enqueue(store, newJob('a'), newJob('b'))
    const undone = await worker.claim({ limit: 2 })
    await postgresPool().query(`delete from "${schemaOf(url)}".claims`)
    await postgresPool().query(
      `select setval('"${schemaOf(url)}".holds', (select last_value from "${schemaOf(url)}".holds), false)`,
    )
    await enqueue(store, newJob('c'), newJob('d'))
    const others = await worker.claim({ limit: 2 })
    expect(others[0]?.hold?.id).toBe(undone[0]?.hold?.id)

    const ended = [...undone, ...others.slice(0, 1)]
    const how = { outcome: COMPLETE, nowMs: await store.now() }
    const results = await store.jobs.settle(ended.map((job) => settlement(job, worker.id, how)))
    expect(results).toEqual(['refused', 'refused', 'settled'])
    expect((await find(store, 'c')).state).toBe('complete')
    expect((await find(store, 'd')).state).toBe('running')
  } finally {
    await store.close()
    release()
  }
})
