import { expect, onTestFinished } from 'vitest'
import { FairTurns } from '../../../../src/job/fair-turns.ts'
import { withGroup } from '../../../../src/job/job-gates.ts'
import { bestIn } from '../../../../src/store/postgres/claiming/best-of-class.ts'
import { LIMITED } from '../../../../src/store/postgres/claiming/lane-of-job.ts'
import { drawn } from '../../../../src/store/postgres/claiming/turns.ts'
import { Session } from '../../../../src/store/postgres/session.ts'
import { ANY_JOB, enqueue, idsOf, newJob, startWorker } from '../../../support/jobs.ts'
import { postgresPool, schemaOf, withClient } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'

const REQUEST = { worker: 'w', limit: 5, ...ANY_JOB, begins: 5 }
const KEY = 20_601

/** What reads the waiting jobs of a schema stands still, once it has its snapshot, for as long as somebody has the lock. */
async function readersWait(schema: string): Promise<void> {
  const run = (sql: string) => postgresPool().query(sql.replaceAll('S.', `"${schema}".`))
  await run(`create function S.wait() returns boolean language plpgsql as $$
    begin perform pg_advisory_xact_lock_shared(${KEY}); return true; end $$`)
  await run('alter table S.pending rename to waiting')
  await run('create view S.pending as select * from S.waiting where S.wait()')
  // The schema is another test's afterwards.
  onTestFinished(async () => {
    await run('drop view S.pending; drop function S.wait; alter table S.waiting rename to pending')
  })
}

/** Reads, and moves a job to another queue after the snapshot of that and before its locks. */
async function movedMeanwhile<Result>(schema: string, id: string, read: () => Promise<Result>) {
  return withClient(async (mover) => {
    await mover.query(`select pg_advisory_xact_lock(${KEY})`)
    const reading = read()
    const waits = `select from pg_locks where locktype = 'advisory' and objid = ${KEY} and not granted`
    await expect.poll(async () => (await postgresPool().query(waits)).rowCount).toBe(1)
    await mover.query(`update "${schema}".jobs set queue = 'other' where id = '${id}'`)
    await mover.query(`update "${schema}".waiting set lane = lane + 1
      where seq = (select seq from "${schema}".jobs where id = '${id}')`)
    await mover.query('commit')
    return reading
  })
}

function sessionOn(schema: string): Session {
  const how = { schema, location: '', self: '', clock: undefined, prepares: false, answerMs: 0 }
  return new Session(postgresPool(), how)
}

test('a job with limits that is moved after it was read is not taken as one of the queue before', async ({
  store,
  url,
}) => {
  const schema = schemaOf(url)
  await startWorker(store, 'w')
  await enqueue(store, newJob('moved', { limits: '[["a",1]]' }), newJob('stays', { limits: '[["a",1]]' }))
  await postgresPool().query(`update "${schema}".pending set waits = 1, gate = null`)
  await readersWait(schema)

  const look = () => bestIn(sessionOn(schema), REQUEST, { class: LIMITED, lanes: null })
  expect(idsOf(await movedMeanwhile(schema, 'moved', look))).toEqual(['stays'])
})

test('nor is one that is drawn', async ({ store, url }) => {
  const schema = schemaOf(url)
  await startWorker(store, 'w')
  const limits = withGroup(null, 'g')
  await enqueue(store, newJob('moved', { limits }), newJob('stays', { limits }))
  await readersWait(schema)

  const session = sessionOn(schema)
  const lists = session.lists.bind(session)
  // What may be drawn is read before; only the statement that locks waits.
  session.lists = <Row extends readonly unknown[]>(...given: Parameters<typeof lists>) =>
    movedMeanwhile(schema, 'moved', () => lists<Row>(...given))
  const { queues } = await drawn(session, REQUEST, new FairTurns().begin())
  expect(queues.map(({ rules, jobs }) => [rules.queue, idsOf(jobs)])).toEqual([['default', ['stays']]])
})
