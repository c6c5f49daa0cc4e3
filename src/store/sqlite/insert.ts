import type { NewJob } from '../../job/enqueue-options.ts'
import type { Inserted } from '../jobs.ts'
import type { Room } from '../room.ts'
import type { Connection } from './connection.ts'
import { CLAIMABLE, recordChanges } from './rows.ts'

const INSERT = `insert into millhand_jobs (id, name, queue, state, claimable, priority, due_at, key, tags, context,
  retries, timeout_ms, created_at, expires_at, input)
  values (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
  on conflict (name, key) where key is not null and finished_at is null do nothing`

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
  const inserted = jobs.map((job) => {
    const result = statement.run(...columns(job, nowMs))
    if (result.changes === 0) return { id: keyHolder(connection, job), existed: true }
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

function columns(job: NewJob, nowMs: number) {
  const dueAt = job.runAtMs ?? nowMs + job.delayMs
  return [
    job.id,
    job.name,
    job.queue,
    dueAt <= nowMs ? CLAIMABLE.ordinary : null,
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

function keyHolder(connection: Connection, job: NewJob): string {
  return connection.get<{ id: string }>(KEY_HOLDER, job.name, job.key)?.id ?? job.id
}

const COUNT_PENDING = `select
  (select count(*) from millhand_jobs where claimable = ${CLAIMABLE.ordinary} and queue = ?1) +
  (select count(*) from millhand_jobs where claimable = ${CLAIMABLE.suspect} and queue = ?1) +
  (select count(*) from millhand_jobs where state = 'pending' and claimable is null and queue = ?1) as pending`

function pendingIn(connection: Connection, queue: string): number {
  return connection.get<{ pending: number }>(COUNT_PENDING, queue)?.pending ?? 0
}
