import { expiry } from '../../job/deadline.ts'
import type { JobRecord } from '../../job/job.ts'
import type { JobRetention } from '../../job/retention.ts'
import { FINAL_STATES } from '../../job/state.ts'
import type { Leadership } from '../upkeep.ts'
import { forgetCalls } from './calls.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { forgetKeys } from './keys.ts'
import { enterEnded } from './ledger.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED } from './pending.ts'
import { forgetResultsOf, pruneResults } from './results.ts'
import { nextDueAt } from './schedules.ts'

const ELECT = `insert into millhand_leader (role, worker, lease_until) values ('maintenance', ?1, ?2)
  on conflict (role) do update set worker = ?1, lease_until = ?2
  where millhand_leader.worker = ?1 or millhand_leader.lease_until <= ?3`

const GATES_WAIT = `select 1 where exists (select 1 from millhand_holders)
  or exists (select 1 from millhand_jobs where ${PARKED})`

const LED_UNTIL = "select lease_until as untilMs from millhand_leader where role = 'maintenance'"

export function elect(
  connection: Connection,
  worker: { id: string; leaseMs: number },
  nowMs: number,
): Leadership {
  const leads = connection.run(ELECT, worker.id, nowMs + worker.leaseMs, nowMs) > 0
  const { untilMs } = connection.get<{ untilMs: number }>(LED_UNTIL) ?? { untilMs: nowMs }
  const dueAt = leads ? nextDueAt(connection) : null
  const gatesWait = leads && connection.get(GATES_WAIT) !== undefined
  return {
    ...{ leads, forMs: untilMs - nowMs },
    ...(dueAt !== null && { nextTickInMs: dueAt - nowMs }),
    ...(gatesWait && { gatesWait }),
  }
}

export function resign(connection: Connection, worker: string): void {
  connection.run('delete from millhand_leader where worker = ?', worker)
}

/** Whether a job has expired: asked without a lock. */
export function mayExpire(connection: Connection, nowMs: number): boolean {
  return connection.get(EXPIRED, nowMs, 1) !== undefined
}

const EXPIRED = `select seq, id, attempt, errors, started_at as startedAt, expires_at as expiresAt,
  deadline_at as deadlineAt from millhand_jobs
  where expires_at is not null and waits is not null and expires_at <= ? order by expires_at, seq ${atMost()}`

const EXPIRE = `update millhand_jobs set state = 'failed', waits = null, lane = null, gate = null, failure_kind = ?,
  errors = ?, finished_at = ? where seq = ?`

export function expire(connection: Connection, limit: number, nowMs: number): string[] {
  const jobs = connection.all<JobRecord>(EXPIRED, nowMs, limit)
  for (const job of jobs) {
    const { failureKind, errors } = expiry(job, nowMs)
    connection.run(EXPIRE, failureKind, errors, nowMs, job.seq)
  }
  const seqs = jobs.map((job) => job.seq)
  recordChanges(connection, { verb: 'expire', nowMs }, seqs)
  enterEnded(connection, seqs, { end: 'failed', nowMs })
  return jobs.map((job) => job.id)
}

const OLD = `select seq from millhand_jobs where state = ? and finished_at is not null and finished_at <= ?
  order by finished_at, seq ${atMost()}`

const DELETE_LOGS = 'delete from millhand_logs where job in (select value from json_each(?))'

const DELETE_JOBS = 'delete from millhand_jobs where seq in (select value from json_each(?))'

/** Gives what was deleted. */
export function prune(
  connection: Connection,
  retention: JobRetention & { limit: number },
  nowMs: number,
): number[] {
  forgetCalls(connection, nowMs)
  forgetKeys(connection, retention.limit, nowMs)
  pruneResults(connection, retention.limit, nowMs)
  const pruned: number[] = []
  for (const state of FINAL_STATES) {
    const before = nowMs - retention[state]
    const rows = connection.all<{ seq: number }>(OLD, state, before, retention.limit - pruned.length)
    const seqs = rows.map((row) => row.seq)
    connection.run(DELETE_LOGS, asList(seqs))
    connection.run(DELETE_JOBS, asList(seqs))
    forgetResultsOf(connection, seqs)
    pruned.push(...seqs)
  }
  return pruned
}
