import { expect, onTestFinished, test } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { enqueue, find, newJob, startWorker } from '../../../support/jobs.ts'
import { emptySchema, schemaOf, untilBlocked, withClient } from '../../../support/postgres.ts'

test.each([
  ['by itself', undefined],
  ['as a call that may be repeated', 'call'],
])('a job that is cancelled while its worker is given up waits for nobody to be told: %s', async (_, call) => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  const worker = await startWorker(store, 'lost')
  await enqueue(store, newJob('a'))
  await worker.claimOne()

  await withClient(async (client) => {
    // The first thing that a rescue does.
    await client.query(`delete from "${schemaOf(url)}".workers where id = 'lost'`)
    const cancelled = store.catalog.cancel(['a'], 'not needed', call)
    await untilBlocked(schemaOf(url), 1)
    await client.query('commit')
    expect(await cancelled).toEqual(['a'])
  })
  expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: null })
})
