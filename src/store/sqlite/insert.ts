import type { NewJob } from '../../job/new-job.ts'
import type { Inserted } from '../jobs.ts'
import type { Room } from '../room.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { LaneNumbers } from './lanes.ts'
import { READY, READY_ALONE, WAITS } from './pending.ts'

const INSERT = `insert into millhand_jobs (id, name, queue, state, waits, lane, priority, due_at, key, tags, context,
  retries, timeout_ms, created_at, expires_at, input)
  values (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (id) do nothing
  on conflict (name, key) where key is not null and finished_at is null do nothing`

const HAS = 'select 1 from millhand_jobs where id = ?'

const KEY_HOLDER = 'select id from millhand_jobs where name = ? and key = ? and finished_at is null'

/**
 * Stores new jobs, inside the caller's transaction, which has to be undone when this throws.
 *
 * @throws MillhandError `queue_full`
 */
export function insert(
  connection: Connection,
  jobs: readonly NewJob[],
  { room, pendingMax, nowMs }: InsertOptions,
): Inserted[] {
  const seqs: number[] = []
  const stored: NewJob[] = []
  const statement = connection.prepare(INSERT)
  const lanes = new LaneNumbers(connection)
  const inserted = jobs.map((job) => {
    const result = statement.run(...columns(job, nowMs, lanes))
    if (result.changes === 0) return existing(connection, job)
    seqs.push(Number(result.lastInsertRowid))
    stored.push(job)
    return { id: job.id, existed: false }
  })
  // Asked after the jobs were stored, since a job whose key is held takes no room.
  for (const queue of room.take(stored, pendingMax)) {
    room.counted(queue, pendingIn(connection, queue), pendingMax)
  }
  recordChanges(connection, { verb: 'enqueue', nowMs }, seqs)
  return inserted
}

interface InsertOptions {
  readonly room: Room
  readonly pendingMax: number
  readonly nowMs: number
}

function columns(job: NewJob, nowMs: number, lanes: LaneNumbers) {
  const dueAt = job.runAtMs ?? nowMs + job.delayMs
  const isDue = dueAt <= nowMs
  return [
    job.id,
    job.name,
    job.queue,
    isDue ? WAITS.ready : WAITS.due,
    isDue ? lanes.of(job) : null,
    job.priority,
    dueAt,
    job.key,
    job.tags,
    job.context,
    job.retries,
    job.timeoutMs,
    nowMs,
    job.expiresInMs === null ? null : nowMs + job.expiresInMs,
    job.input,
  ] as const
}

/** A job that is there already was stored by this very call, made again after its answer was lost; else its key is held. */
function existing(connection: Connection, job: NewJob): Inserted {
  if (connection.get(HAS, job.id)) return { id: job.id, existed: false }
  const holder = connection.get<{ id: string }>(KEY_HOLDER, job.name, job.key)
  return { id: holder?.id ?? job.id, existed: true }
}

const LANES = 'select id from millhand_lanes where queue = ?1'

const COUNT_PENDING = `select
  (select count(*) from millhand_jobs where ${READY} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_ALONE} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where waits = ${WAITS.due} and queue = ?1) as pending`

function pendingIn(connection: Connection, queue: string): number {
  return connection.get<{ pending: number }>(COUNT_PENDING, queue)?.pending ?? 0
}
