import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System } from './system.ts'

/**
 * The limit on PostgreSQL: the statements that a job must cost, in loops written by hand, one for each of two
 * connections. Batches of 500; inserts and outcomes are flushed to the disk, claims are not; finished jobs are kept.
 * No validation, no handlers, no lease, no events.
 */
export const handLoopOnPostgres: System = {
  name: 'hand-loop',
  store: 'postgres',
  limit: true,
  open: (url) => HandLoop.open(url, { loops: 2, schema: JOBS_SCHEMA, insert: INSERT, claim, settle }),
}

/** What such a loop does with its database. */
export interface Statements {
  /** How many work side by side, each on a connection of its own. */
  readonly loops: number
  readonly schema: string
  /** Stores jobs: `$1` is their inputs. */
  readonly insert: string
  claim(client: pg.PoolClient, worker: string): Promise<readonly Claimed[]>
  settle(client: pg.PoolClient, worker: string, jobs: readonly Claimed[]): Promise<void>
}

const BATCH = 500
const POLL_MS = 1
/** For 50 callers, each with a statement of its own. */
const CONNECTIONS = 25

export const JOBS_SCHEMA = `
  create table if not exists jobs (
    id bigint generated always as identity primary key,
    name text not null,
    state text not null default 'pending',
    priority integer not null default 0,
    due_at timestamptz not null default now(),
    created_at timestamptz not null default now(),
    started_at timestamptz,
    finished_at timestamptz,
    attempt integer not null default 0,
    epoch integer not null default 0,
    worker text,
    input jsonb not null
  );
  create index if not exists jobs_pending on jobs (name, priority desc, due_at, id) where state = 'pending'`

const INSERT = `insert into jobs (name, input) select '${JOB_NAME}', input from unnest($1::jsonb[]) as input`

/** The setting ends with the transaction, which is this statement: a claim that is lost runs again. */
const CLAIM = `with relaxed as materialized (select set_config('synchronous_commit', 'off', true)),
  ready as materialized (
    select id from jobs where state = 'pending' and name = '${JOB_NAME}' and due_at <= now()
    order by priority desc, due_at, id limit ${BATCH} for update skip locked)
  update jobs set state = 'running', worker = $1, started_at = now(), attempt = attempt + 1, epoch = epoch + 1
  from ready, relaxed where jobs.id = ready.id returning jobs.id, jobs.epoch, jobs.input`

const SETTLE = `update jobs set state = 'complete', worker = null, finished_at = now()
  from unnest($1::bigint[], $2::integer[]) as done (id, epoch)
  where jobs.id = done.id and jobs.epoch = done.epoch and jobs.state = 'running' and jobs.worker = $3`

export interface Claimed {
  readonly id: string
  readonly epoch: number
  readonly input: Payload
}

/** Loops that claim, run and settle, each batch after the other. */
export class HandLoop implements OpenSystem {
  readonly #pool: pg.Pool
  readonly #statements: Statements

  constructor(pool: pg.Pool, statements: Statements) {
    this.#pool = pool
    this.#statements = statements
  }

  static async open(connectionString: string, statements: Statements): Promise<OpenSystem> {
    const pool = new pg.Pool({ connectionString, max: CONNECTIONS })
    await pool.query(statements.schema)
    return new HandLoop(pool, statements)
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    for (let from = 0; from < payloads.length; from += BATCH)
      await this.#insert(payloads.slice(from, from + BATCH))
  }

  enqueue(payload: Payload): Promise<void> {
    return this.#insert([payload])
  }

  async drain(count: number): Promise<void> {
    let left = count
    await this.#loops(
      (jobs) => {
        left -= jobs.length
      },
      () => left <= 0,
    )
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const stop = new AbortController()
    const ended = this.#loops(
      (jobs) => {
        for (const { input } of jobs) onStart(input)
      },
      () => stop.signal.aborted,
    )
    return () => {
      stop.abort()
      return ended
    }
  }

  async unfinished(): Promise<number> {
    const { rows } = await this.#pool.query("select count(*) from jobs where state <> 'complete'")
    return Number(rows[0].count)
  }

  faults(): Faults {
    return { reached: 0, retried: 0 }
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async #loops(run: (jobs: readonly Claimed[]) => void, ended: () => boolean): Promise<void> {
    const loop = async (_: unknown, index: number) => {
      const client = await this.#pool.connect()
      const worker = `hand-loop-${process.pid}-${index}`
      while (!ended()) {
        const jobs = await this.#statements.claim(client, worker)
        run(jobs)
        if (jobs.length > 0) await this.#statements.settle(client, worker, jobs)
        else if (!ended()) await sleep(POLL_MS)
      }
      client.release()
    }
    await Promise.all(Array.from({ length: this.#statements.loops }, loop))
  }

  async #insert(payloads: readonly Payload[]): Promise<void> {
    const inputs = payloads.map((payload) => JSON.stringify(payload))
    await this.#pool.query({ name: 'insert', text: this.#statements.insert, values: [inputs] })
  }
}

async function claim(client: pg.PoolClient, worker: string): Promise<Claimed[]> {
  const { rows } = await client.query<Claimed>({ name: 'claim', text: CLAIM, values: [worker] })
  return rows
}

async function settle(client: pg.PoolClient, worker: string, jobs: readonly Claimed[]): Promise<void> {
  const values = [jobs.map(({ id }) => id), jobs.map(({ epoch }) => epoch), worker]
  await client.query({ name: 'settle', text: SETTLE, values })
}
