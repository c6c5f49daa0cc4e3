import { expect, onTestFinished } from 'vitest'
import { enqueue, newJobs } from '../../../support/jobs.ts'
import { postgresPool, schemaOf } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'

const IDS = newJobs(4).map(({ id }) => id)

/** The first look at each job does not get it, as if it had moved in that very moment; gives in how many transactions any was got. */
async function jobsThatMove(url: string): Promise<() => Promise<number>> {
  const run = (sql: string) => postgresPool().query(sql.replaceAll('S.', `"${schemaOf(url)}".`))
  // The schema is another test's afterwards.
  onTestFinished(async () => {
    await run('drop function if exists S.move() cascade')
    await run('drop table if exists S.moved; drop table if exists S.got')
  })
  await run('create table S.moved (seq bigint primary key); create table S.got (transaction bigint)')
  await run(`create function S.move() returns trigger language plpgsql as $$ begin
    insert into S.moved values (old.seq) on conflict do nothing;
    if found and old.seq % 2 = 0 then return null; end if;
    insert into S.got values (txid_current());
    return old; end $$`)
  await run('create trigger moves before delete on S.pending for each row execute function S.move()')
  return async () => {
    const { rows } = await run('select count(distinct transaction)::integer as count from S.got')
    return (rows[0] as { count: number }).count
  }
}

test.for([
  ['by itself', undefined],
  ['as a call that may be repeated', 'call'],
] as const)('jobs that move while they are cancelled are looked for again when the first look holds nothing any more: %s', async ([
  _,
  call,
], { store, url }) => {
  await enqueue(store, ...newJobs(4))
  const transactions = await jobsThatMove(url)

  const cancelled = await store.catalog.cancel(IDS, 'not needed', call)
  expect(cancelled.toSorted()).toEqual(IDS)
  expect(await transactions()).toBe(2)
  // What all looks have cancelled is the answer of the call.
  if (call) expect(await store.catalog.cancel(IDS, 'not needed', call)).toEqual(cancelled)
})

test('an operation stays at a piece of which jobs have moved, until it was done to all', async ({
  store,
  url,
}) => {
  await enqueue(store, ...newJobs(4))
  const transactions = await jobsThatMove(url)

  const { beforeSeq } = await store.operations.begin({ id: 'o', verb: 'cancel', asked: '{}', by: null })
  const deed = { verb: 'cancel', reason: 'not needed' } as const
  const piece = { operation: 'o', deed, ids: IDS, fromSeq: beforeSeq, toSeq: 0 }
  const stepped = await store.operations.step(piece)
  expect(stepped?.ids.toSorted()).toEqual(IDS)
  expect(stepped?.record).toMatchObject({ done: 4, beforeSeq: 0 })
  expect(await transactions()).toBe(2)
})
