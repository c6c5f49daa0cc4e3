import { expect, onTestFinished, test } from 'vitest'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { enqueue, newJob, startWorker } from '../../../support/jobs.ts'
import { emptySchema, postgresPool, schemaOf } from '../../../support/postgres.ts'

test('a claim through gates that stands still is ended by the server: it keeps no gate from others', async () => {
  const { url, release } = await emptySchema()
  const store = await openPostgresStore({ to: url })
  onTestFinished(async () => {
    await store.close()
    await release()
  })
  const worker = await startWorker(store, 'w')
  await store.limits.declare([{ name: 'api', concurrency: 1, rateCount: null, ratePerMs: null }])
  await enqueue(store, newJob('a', { limits: '[["api",1]]' }))
  const tables = schemaOf(url)
  const run = (sql: string) => postgresPool().query(sql.replaceAll('S.', `"${tables}".`))
  await run('create table S.seen (bound text)')
  await run(`create function S.look() returns trigger language plpgsql as $$ begin
    insert into S.seen values (current_setting('idle_in_transaction_session_timeout')); return null; end $$`)
  await run('create trigger looks after insert on S.holders for each row execute function S.look()')

  await worker.claimOne()
  expect((await run('select bound from S.seen')).rows).toEqual([{ bound: '5s' }])
})
