import { expiry } from '../../job/deadline.ts'
import type { JobRecord } from '../../job/job.ts'
import type { JobRetention } from '../../job/retention.ts'
import { FINAL_STATES } from '../../job/state.ts'
import { CALLS_KEPT_MS } from '../catalog.ts'
import type { Leadership } from '../upkeep.ts'
import { forgetCalls } from './calls.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { anchorHolds, anchorValues } from './file/anchor.ts'
import type { KnownTime } from './file/store-time.ts'
import { forgetKeys } from './keys.ts'
import { enterEnded } from './ledger.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED } from './pending.ts'
import { UNPLACED } from './queues.ts'
import { NEXT_LAPSE, WORKERS_LOST } from './rescue.ts'
import { forgetResultsOf, pruneResults } from './results.ts'
import { NEXT_DUE } from './schedules.ts'
import type { Lease } from './workers.ts'

/** Of a job that waits, at the time of this parameter. */
const hasExpired = (parameter: string) =>
  `expires_at is not null and waits is not null and expires_at <= ${parameter}`

/** What the leader sees to: it looks along as it is elected, so that one that rests asks for nothing else. */
const OUTLOOK = `(${NEXT_DUE}) as dueAt, (${NEXT_LAPSE}) as nextLapseAt,
  exists (select 1 from millhand_holders) or exists (select 1 from millhand_jobs where ${PARKED}) as gatesWait,
  exists (${WORKERS_LOST}) or exists (${UNPLACED}) or exists (select 1 from millhand_jobs where ${hasExpired('?3')}) as isUntidy`

const ELECT = `insert into millhand_leader (role, worker, lease_until)
  select 'maintenance', ?1, ?2 where ${anchorHolds(4)}
  on conflict (role) do update set worker = ?1, lease_until = ?2
  where millhand_leader.worker = ?1 or millhand_leader.lease_until <= ?3
  returning ${OUTLOOK}`

const LED_UNTIL = "select lease_until as untilMs from millhand_leader where role = 'maintenance'"

interface Outlook {
  readonly dueAt: number | null
  readonly nextLapseAt: number | null
  readonly gatesWait: number
  readonly isUntidy: number
}

export function elect(connection: Connection, candidate: Lease, nowMs: number): Leadership {
  const elected = electAsKnown(connection, candidate, { nowMs, anchor: undefined })
  if (elected) return elected
  const { untilMs } = connection.get<{ untilMs: number }>(LED_UNTIL) ?? { untilMs: nowMs }
  return { leads: false, forMs: untilMs - nowMs }
}

/** The same, without a transaction around it. `undefined`: somebody else leads, or the time is another one. */
export function electAsKnown(
  connection: Connection,
  candidate: Lease,
  time: KnownTime,
): Leadership | undefined {
  const { nowMs, anchor } = time
  const values = [candidate.id, nowMs + candidate.leaseMs, nowMs, ...anchorValues(anchor)]
  const [outlook] = connection.all<Outlook>(ELECT, ...values)
  return outlook && { leads: true, forMs: candidate.leaseMs, ...foreseen(outlook, nowMs) }
}

function foreseen({ dueAt, nextLapseAt, gatesWait, isUntidy }: Outlook, nowMs: number): Partial<Leadership> {
  const isIdle = !isUntidy && nextLapseAt !== null && nextLapseAt > nowMs
  return {
    ...(dueAt !== null && { nextTickInMs: dueAt - nowMs }),
    ...(gatesWait && { gatesWait: true }),
    ...(isIdle && { idleForMs: nextLapseAt - nowMs }),
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
  where ${hasExpired('?')} order by expires_at, seq ${atMost()}`

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

const MAY_PRUNE = `select exists (select 1 from millhand_calls where at <= ?1)
  or exists (select 1 from millhand_keys where kept_until is not null and kept_until <= ?2)
  or exists (select 1 from millhand_results where until <= ?2)
  or ${FINAL_STATES.map(
    (state, index) => `exists (select 1 from millhand_jobs
    where state = '${state}' and finished_at is not null and finished_at <= ?${index + 3})`,
  ).join(' or ')} as mayPrune`

/** Whether there is anything to prune: asked without a lock. */
export function mayPrune(connection: Connection, retention: JobRetention, nowMs: number): boolean {
  const before = FINAL_STATES.map((state) => nowMs - retention[state])
  return (
    connection.get<{ mayPrune: number }>(MAY_PRUNE, nowMs - CALLS_KEPT_MS, nowMs, ...before)?.mayPrune === 1
  )
}

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
