import { ASKED_DUE_AT } from './order.ts'

/** The columns of a job in every state, under the names of `JobRecord`. */
const ANY_STATE = `j.seq, j.id, j.name, j.queue, j.priority, j.key, j.rerun_of as "rerunOf", j.tags, j.context, j.input,
  j.retries, j.timeout_ms as "timeoutMs", j.limits, j.created_at as "createdAt", j.deadline_at as "deadlineAt",
  d.errors, d.checkpoint,
  case when d.progress_epoch = s.epoch then d.progress end as progress`

const OF_STATE = `s.state, s.worker, s.due_at as "dueAt", s.expires_at as "expiresAt", s.started_at as "startedAt",
  s.finished_at as "finishedAt", s.attempt, s.epoch, s.crashes, s.care, s.outcome, s.reason,
  s.failure_kind as "failureKind", s.output, s.gate, s.rank, s.place`

export const RECORD_COLUMNS = `${ANY_STATE}, ${OF_STATE}`

/** The names of these columns, for a select around one that has them. */
export const RECORD_NAMES = `seq, id, name, queue, priority, key, "rerunOf", tags, context, input, retries, "timeoutMs", limits,
  "createdAt", "deadlineAt", errors, checkpoint, progress, state, worker, "dueAt", "expiresAt", "startedAt", "finishedAt", attempt, epoch,
  crashes, care, outcome, reason, "failureKind", output, gate, rank, place`

/** What there is to say of a job that has not failed, been cancelled or given anything. */
const NOTHING_MORE = 'null as reason, null as failure_kind, null as output'
const NO_PLACE = 'null as gate, null::integer as rank, null::bigint as place'

/** Where jobs stand, with what changes of them: each of these gives the same columns, and no job is in two. */
export const STANDING = {
  pending: `select seq, 'pending' as state, null as worker, ${ASKED_DUE_AT} as due_at, expires_at, started_at, null::bigint as finished_at,
    attempt, epoch, crashes, care, null as outcome, ${NOTHING_MORE}, gate,
    case when asked_due_at is not null then -rank end as rank,
    case when asked_due_at is not null then due_at end as place from millhand.pending`,
  /** What a worker has begun, and what it only holds: that is pending. */
  claimed: `select u.seq, case when c.begun then 'running' else 'pending' end as state, c.worker, u.due_at, u.expires_at,
    case when c.begun then c.started_at end as started_at, null::bigint as finished_at, u.attempt, u.epoch, u.crashes,
    coalesce(u.care, 0::smallint) as care, null as outcome, ${NOTHING_MORE}, ${NO_PLACE}
    from millhand.claims c cross join lateral
      unnest(c.seqs, c.epochs, c.attempts, c.crashes, c.dues, c.cares, c.expiries)
      as u(seq, epoch, attempt, crashes, due_at, care, expires_at)`,
  completed: `select u.seq, 'complete' as state, null as worker, u.due_at, null::bigint as expires_at,
    c.started_at + coalesce(u.after, 0) as started_at, c.finished_at, u.attempt, u.epoch, u.crashes,
    coalesce(u.care, 0::smallint) as care, 'done' as outcome, ${NOTHING_MORE}, ${NO_PLACE}
    from millhand.completed c cross join lateral
      unnest(c.seqs, c.epochs, c.attempts, c.crashes, c.dues, c.cares, c.afters)
      as u(seq, epoch, attempt, crashes, due_at, care, after)`,
  settled: `select seq, state, worker, due_at, expires_at, started_at, finished_at, attempt, epoch, crashes, care, outcome,
    reason, failure_kind, output, ${NO_PLACE} from millhand.settled`,
} as const

/**
 * The same for one job `j`, by an index: what stands in a row with others is not found by a join. Most of those that
 * are looked for and have not been completed are pending: that is cheaper to see.
 */
export const STANDING_OF_JOB = {
  pending: `${STANDING.pending} where seq = j.seq`,
  claimed: `${STANDING.claimed} where c.low <= j.seq and c.high >= j.seq and u.seq = j.seq`,
  completed: `${STANDING.completed} where c.seqs @> array[j.seq] and u.seq = j.seq
    and not exists (select from millhand.pending where seq = j.seq)`,
  settled: `${STANDING.settled} where seq = j.seq`,
} as const
