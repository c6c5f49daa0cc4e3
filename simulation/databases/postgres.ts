import pg from 'pg'
import { openPostgresStore } from '../../src/store/postgres/index.ts'
import { inSchema as withSchema } from '../../src/store/postgres/session.ts'
import { STANDING } from '../../src/store/postgres/standing.ts'
import type { Store } from '../../src/store/store.ts'
import type { Connection, Database, Holder } from '../database.ts'
import { type Mark, marksOf } from '../marks.ts'
import { MachineClock, NOBODY, type Timeline } from '../timeline.ts'
import { unflushed, watchFlushes } from './flushes.ts'
import { Wire } from './wire.ts'

/** Moves with whatever is written anywhere on the server. */
const VERSION = 'select pg_current_wal_insert_lsn()::text as version'

/** Empties what a world has left, and counts from one again: the numbers of jobs, lanes and changes are in its story. */
const EMPTY = `select format('delete from %I.%I', schemaname, tablename) as sql from pg_tables
    where schemaname = $1 and tablename <> 'migrations'
  union all
  select format('alter sequence %I.%I restart', schemaname, sequencename) from pg_sequences where schemaname = $1`

/** One schema of a server that is there, emptied for each world. */
export class PostgresSchema {
  readonly #server: string
  readonly #schema: string
  #eye: pg.Client | undefined

  /** @param server the URL of a server on which nothing else is at work */
  constructor(server: string) {
    this.#server = server
    this.#schema = `simulation_${process.pid}`
  }

  async make(timeline: Timeline): Promise<Database> {
    this.#eye ??= await this.#open()
    const { rows } = await this.#eye.query<{ sql: string }>(EMPTY, [this.#schema])
    await this.#eye.query(rows.map(({ sql }) => sql).join(';\n'))
    return inSchema({ timeline, url: this.#url(this.#server), schema: this.#schema, eye: this.#eye })
  }

  async remove(): Promise<void> {
    await this.#eye?.query(`drop schema "${this.#schema}" cascade`)
    await this.#eye?.end()
    this.#eye = undefined
  }

  async #open(): Promise<pg.Client> {
    await (await openPostgresStore({ to: this.#url(this.#server) })).close()
    const eye = new pg.Client({ connectionString: this.#server })
    await eye.connect()
    await watchFlushes(eye, this.#schema)
    return eye
  }

  #url(server: string): string {
    const url = new URL(server)
    url.searchParams.set('schema', this.#schema)
    return url.href
  }
}

interface Schema {
  readonly timeline: Timeline
  readonly url: string
  readonly schema: string
  readonly eye: pg.Client
}

function inSchema({ timeline, url, schema, eye }: Schema): Database {
  const clock = new MachineClock(timeline, NOBODY)
  const marked = withSchema(MARKS, schema)
  const holders = withSchema(HOLDERS, schema)
  return {
    open: () => connect({ url, schema, clock }),
    // Its server's clock is what all go by: see docs/promises.md.
    step: () => {},
    restarts: true,
    concurrent: true,
    ordered: false,
    timing: 'loose',
    holders: async () => (await eye.query<Holder>(holders)).rows,
    blocked: async () => (await eye.query<{ blocked: number }>(BLOCKED)).rows[0]?.blocked ?? 0,
    version: async () => (await eye.query<{ version: string }>(VERSION)).rows[0]?.version,
    marks: async () => marksOf((await eye.query<Mark>(marked)).rows),
    complaints: () => unflushed(eye, schema),
    remove: async () => {},
  }
}

const MARKS = `select j.id, concat_ws(' ', s.state, coalesce(s.worker, '-'), s.epoch, s.attempt, s.crashes,
    coalesce(j.key, '-'), coalesce(s.gate, '-')) as mark
  from (${Object.values(STANDING).join(' union all ')}) s join millhand.jobs j using (seq) order by seq desc`

const HOLDERS = 'select h.gate, j.id from millhand.holders h left join millhand.jobs j on j.seq = h.job'

/** Statements that wait for a lock. */
const BLOCKED = `select count(*)::integer as blocked from pg_stat_activity
  where datname = current_database() and wait_event_type = 'Lock'`

interface Place {
  readonly url: string
  readonly schema: string
  readonly clock: MachineClock
}

/** Each process has a line of its own. */
async function connect({ url, schema, clock }: Place): Promise<Connection> {
  const to = new URL(url)
  const wire = await Wire.open(to)
  to.port = String(wire.port)
  const store = await openPostgresStore({ to: to.href, clock, closeWaitMs: 0 })
  return {
    store: closing(store, wire),
    line: wire,
    write: (tx) => (tx as pg.PoolClient).query(`insert into "${schema}".effects values (1)`),
  }
}

function closing(store: Store, wire: Wire): Store {
  return {
    ...store,
    close: async () => {
      await store.close()
      wire.close()
    },
  }
}
