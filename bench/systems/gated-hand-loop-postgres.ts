import type pg from 'pg'
import { type Claimed, HandLoop, JOBS_SCHEMA, type Statements } from './hand-loop-postgres.ts'
import { JOB_NAME, type System } from './system.ts'

/**
 * The limit for jobs of each of whose keys one runs at a time: a loop written by hand, with a row for each key that
 * whoever lets a job of it pass has locked, and the jobs that run by the key that they hold. A claim is one transaction,
 * flushed to the disk as the outcomes are: a job that runs must not be forgotten. As many run at a time as a worker of
 * Millhand has slots by default.
 */
export const gatedHandLoopOnPostgres: System = {
  name: 'hand-loop',
  store: 'postgres',
  limit: true,
  open: (url) => HandLoop.open(url, GATED),
}

/** Those of a worker of Millhand with no option set. Shared by two loops they were slower: 2,200 jobs/s, by one 3,600. */
const SLOTS = 10

const SCHEMA = `${JOBS_SCHEMA};
  alter table jobs add column if not exists key text collate "C" generated always as (input ->> 'key') stored;
  create table if not exists gates (gate text collate "C" primary key);
  create table if not exists holders (gate text collate "C" not null, job bigint not null, primary key (gate, job));
  create index if not exists holders_job on holders (job)`

const INSERT = `insert into jobs (name, input) select '${JOB_NAME}', input from unnest($1::jsonb[]) as input`

/** Keys that somebody else has locked are passed over. */
const LOCK = `with ready as materialized (
    select id, key from jobs where state = 'pending' and name = '${JOB_NAME}' and due_at <= now()
    order by priority desc, due_at, id limit ${SLOTS} for update skip locked
  ), made as (
    insert into gates (gate) select distinct key from ready order by key on conflict do nothing returning gate
  ), locked as materialized (
    select gate from gates where gate in (select key from ready) order by gate for update skip locked
  )
  select id, key from ready where key in (select gate from made union all select gate from locked)`

/** A statement of its own: only what begins when the keys are locked sees all that hold them. */
const TAKE = `with passing as materialized (
    select distinct on (gate) id, gate from unnest($1::bigint[], $2::text[]) as given (id, gate)
    where not exists (select from holders where holders.gate = given.gate) order by gate, id
  ), held as (
    insert into holders (gate, job) select gate, id from passing
  )
  update jobs set state = 'running', worker = $3, started_at = now(), attempt = attempt + 1, epoch = epoch + 1
  from passing where jobs.id = passing.id returning jobs.id, jobs.epoch, jobs.input`

const SETTLE = `with done as materialized (
    select * from unnest($1::bigint[], $2::integer[]) as done (id, epoch)
  ), left_gates as (
    delete from holders where job in (select id from done)
  )
  update jobs set state = 'complete', worker = null, finished_at = now()
  from done where jobs.id = done.id and jobs.epoch = done.epoch and jobs.state = 'running' and jobs.worker = $3`

const GATED: Statements = {
  loops: 1,
  schema: SCHEMA,
  insert: INSERT,
  async claim(client, worker) {
    await client.query('begin')
    const { rows } = await client.query<Candidate>({ name: 'lock', text: LOCK })
    const jobs = rows.length > 0 ? await take(client, worker, rows) : []
    await client.query('commit')
    return jobs
  },
  async settle(client, worker, jobs) {
    const values = [jobs.map(({ id }) => id), jobs.map(({ epoch }) => epoch), worker]
    await client.query({ name: 'settle', text: SETTLE, values })
  },
}

interface Candidate {
  readonly id: string
  readonly key: string
}

async function take(
  client: pg.PoolClient,
  worker: string,
  candidates: readonly Candidate[],
): Promise<Claimed[]> {
  const values = [candidates.map(({ id }) => id), candidates.map(({ key }) => key), worker]
  const { rows } = await client.query<Claimed>({ name: 'take', text: TAKE, values })
  return rows
}
