import { expiry, interrupt } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import type { Retention } from '../../job/retention.ts'
import { FINAL_STATES } from '../../job/state.ts'
import type { Leadership, Rescued } from '../upkeep.ts'
import type { Connection } from './connection.ts'
import { asList, CLAIMABLE_IF_DUE, recordChanges } from './rows.ts'
import { forget } from './workers.ts'

const ELECT = `insert into millhand_leader (role, worker, lease_until) values ('maintenance', ?1, ?2)
  on conflict (role) do update set worker = ?1, lease_until = ?2
  where millhand_leader.worker = ?1 or millhand_leader.lease_until <= ?3`

const LED_UNTIL = "select lease_until as untilMs from millhand_leader where role = 'maintenance'"

export function elect(
  connection: Connection,
  worker: { id: string; leaseMs: number },
  nowMs: number,
): Leadership {
  const leads = connection.run(ELECT, worker.id, nowMs + worker.leaseMs, nowMs) > 0
  const { untilMs } = connection.get<{ untilMs: number }>(LED_UNTIL) ?? { untilMs: nowMs }
  return { leads, forMs: untilMs - nowMs }
}

export function resign(connection: Connection, worker: string): void {
  connection.run('delete from millhand_leader where worker = ?', worker)
}

const LAPSED = 'select id from millhand_workers where lease_until <= ?'

const NEXT_LAPSE = 'select min(lease_until) as nextLapseAt from millhand_workers'

/** Whether there is a lapsed lease, and when the next lapses: asked without a lock. */
export function nextLapse(connection: Connection): number | null {
  return connection.get<{ nextLapseAt: number | null }>(NEXT_LAPSE)?.nextLapseAt ?? null
}

/** Whether a job has expired: asked without a lock. */
export function mayExpire(connection: Connection, nowMs: number): boolean {
  return connection.get(EXPIRED, nowMs, 1) !== undefined
}

/** Ends lapsed leases; `job/interruption.ts` decides what becomes of each job. */
export function rescue(connection: Connection, crashLimit: number, nowMs: number): Rescued {
  const workers = connection.all<{ id: string }>(LAPSED, nowMs).map((row) => row.id)
  const rescued: string[] = []
  const quarantined: string[] = []
  for (const worker of workers) {
    for (const job of connection.all<Held>(HELD, worker)) {
      const ended = interruptOne(connection, job, { crashLimit, nowMs })
      ;(ended ? quarantined : rescued).push(job.id)
    }
    forget(connection, worker)
  }
  return { workers, rescued, quarantined, nextLapseAt: nextLapse(connection) }
}

type Held = Pick<JobRecord, 'seq' | 'id' | 'attempt' | 'crashes' | 'errors' | 'worker'>

const HELD = `select seq, id, attempt, crashes, errors, worker from millhand_jobs
  where worker = ? and state = 'running' order by seq`

const AGAIN = `update millhand_jobs set state = 'pending', worker = null, attempt = ?, crashes = ?, errors = ?
  where seq = ?`

const MAKE_CLAIMABLE = `update millhand_jobs set claimable = ${CLAIMABLE_IF_DUE} where seq = ?`

const QUARANTINE = `update millhand_jobs set state = 'failed', worker = null, attempt = ?, crashes = ?, errors = ?,
  failure_kind = 'crashed', finished_at = ? where seq = ?`

/** Whether the job was quarantined. */
function interruptOne(
  connection: Connection,
  job: Held,
  { crashLimit, nowMs }: { crashLimit: number; nowMs: number },
) {
  const { verb, attempt, crashes, errors } = interrupt(job, nowMs, crashLimit)
  if (verb === 'fail') connection.run(QUARANTINE, attempt, crashes, errors, nowMs, job.seq)
  else {
    connection.run(AGAIN, attempt, crashes, errors, job.seq)
    connection.run(MAKE_CLAIMABLE, nowMs, job.seq)
  }
  recordChanges(connection, { verb, nowMs }, [job.seq])
  return verb === 'fail'
}

const EXPIRED = `select seq, id, attempt, errors, expires_at as expiresAt from millhand_jobs
  where expires_at is not null and state = 'pending' and expires_at <= ? order by expires_at, seq limit ?`

const EXPIRE = `update millhand_jobs set state = 'failed', claimable = null, failure_kind = 'expired', errors = ?,
  finished_at = ? where seq = ?`

export function expire(connection: Connection, limit: number, nowMs: number): string[] {
  const jobs = connection.all<JobRecord>(EXPIRED, nowMs, limit)
  for (const job of jobs) connection.run(EXPIRE, expiry(job, nowMs), nowMs, job.seq)
  const seqs = jobs.map((job) => job.seq)
  recordChanges(connection, { verb: 'expire', nowMs }, seqs)
  return jobs.map((job) => job.id)
}

const OLD = `select seq from millhand_jobs where state = ? and finished_at is not null and finished_at <= ?
  order by finished_at, seq limit ?`

const DELETE_LOGS = 'delete from millhand_logs where job in (select value from json_each(?))'

const DELETE_JOBS = 'delete from millhand_jobs where seq in (select value from json_each(?))'

export function prune(
  connection: Connection,
  retention: Retention & { limit: number },
  nowMs: number,
): number {
  let pruned = 0
  for (const state of FINAL_STATES) {
    const before = nowMs - retention[state]
    const rows = connection.all<{ seq: number }>(OLD, state, before, retention.limit - pruned)
    const seqs = asList(rows.map((row) => row.seq))
    connection.run(DELETE_LOGS, seqs)
    pruned += connection.run(DELETE_JOBS, seqs)
  }
  return pruned
}
