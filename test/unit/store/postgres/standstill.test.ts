import { expect, onTestFinished } from 'vitest'
import { enqueue, newJob, startWorker } from '../../../support/jobs.ts'
import { postgresPool, schemaOf } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'

test('a claim through gates bids the server end it after five seconds of standstill', async ({
  store,
  url,
}) => {
  const worker = await startWorker(store, 'w')
  await store.limits.declare([{ name: 'api', concurrency: 1, rateCount: null, ratePerMs: null }])
  await enqueue(store, newJob('a', { limits: '[["api",1]]' }))
  const tables = schemaOf(url)
  const run = (sql: string) => postgresPool().query(sql.replaceAll('S.', `"${tables}".`))
  // The schema is another test's afterwards.
  onTestFinished(
    async () => void (await run('drop function if exists S.look() cascade; drop table if exists S.seen')),
  )
  await run('create table S.seen (bound text)')
  await run(`create function S.look() returns trigger language plpgsql as $$ begin
    insert into S.seen values (current_setting('idle_in_transaction_session_timeout')); return null; end $$`)
  await run('create trigger looks after insert on S.holders for each row execute function S.look()')

  await worker.claimOne()
  expect((await run('select bound from S.seen')).rows).toEqual([{ bound: '5s' }])
})
