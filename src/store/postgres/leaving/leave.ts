import type { Care } from '../../../job/care.ts'
import type { FailureKind } from '../../../job/failure.ts'
import type { Settlement } from '../../../job/outcome.ts'
import type { Verb } from '../../../job/state.ts'
import { tell, WAKE } from '../change.ts'
import { leaving, locked, lookingTwice, membersOf } from '../holding.ts'
import { ENTRY_TYPES, enter, entering, entryValues } from '../ledger.ts'
import { column, rangeOf } from '../parameters.ts'
import { AGAIN } from '../pending.ts'
import { KEEP_RESULTS } from '../results.ts'
import type { Session } from '../session.ts'
import { CLOCK, statement } from '../sql.ts'

/** How a job leaves the worker that runs or holds it. What is `null` of it stays as it is. */
export interface Leave {
  readonly seq: number
  readonly worker: string
  readonly epoch: number
  readonly verb: Extract<Verb, 'complete' | 'fail' | 'retry' | 'snooze' | 'release' | 'rescue' | 'cancel'>
  readonly attempt?: number
  readonly crashes?: number
  readonly care?: Care
  readonly dueInMs?: number
  /** Of one that was only held: how long after the claim it began; `null`: it never did. */
  readonly begunAfterMs?: number | null
  readonly output?: string | null
  readonly outcome?: Settlement['outcome']
  readonly reason?: string | null
  readonly failureKind?: FailureKind | null
  readonly errors?: string | null
  /** What the ledger gets of it; nothing of what does not come of a settlement. */
  readonly settlement?: Settlement
}

/**
 * The one statement by which jobs leave `claims`: for `settled` or back to `pending`. A job that its worker does not hold
 * in this epoch is not `moved`, and nothing is written for it.
 */
const TYPES = {
  seqs: 'bigint[]',
  ownerOfEach: 'text[]',
  epochs: 'integer[]',
  verbs: 'text[]',
  attempts: 'integer[]',
  crashes: 'integer[]',
  cares: 'smallint[]',
  dueIn: 'bigint[]',
  begunAfter: 'integer[]',
  outputs: 'text[]',
  outcomes: 'text[]',
  reasons: 'text[]',
  failureKinds: 'text[]',
  errors: 'text[]',
  workers: 'text[]',
  low: 'bigint',
  high: 'bigint',
  ...ENTRY_TYPES,
} as const

const WRITE = `with ${CLOCK}, given as (
    select g.seq, coalesce(g.worker, ($workers)[1]) as worker, g.epoch, coalesce(g.verb, 'complete') as verb,
      g.attempt, g.crashes, g.care, g.due_in, g.after, g.output, g.outcome, g.reason, g.failure_kind, g.errors
    from unnest($seqs, $ownerOfEach, $epochs, $verbs, $attempts, $crashes, $cares,
      $dueIn, $begunAfter, $outputs, $outcomes, $reasons, $failureKinds, $errors)
    as g(seq, worker, epoch, verb, attempt, crashes, care, due_in, after, output, outcome, reason, failure_kind, errors)
  ), ${locked({ workers: '$workers', low: '$low', high: '$high' })}, members as materialized (
    ${membersOf('held')}
  ), each as materialized (
    select m.*, g.seq is not null as leaves from members m left join given g using (seq, worker, epoch)
  ), ${leaving()}, moved as materialized (
    select e.id, e.seq, e.worker, e.epoch, g.verb, coalesce(g.attempt, e.attempt) as attempt,
      coalesce(g.crashes, e.crashes) as crashes, coalesce(g.care, e.care) as care,
      case when e.begun then e.started_at else e.started_at + g.after end as started_at,
      case when not e.begun and g.after is null then e.expires_at end as expires_at,
      (select now from clock) + g.due_in as due_new, e.due_at as due_old,
      case when g.verb = 'complete' then 'complete' when g.verb = 'fail' then 'failed'
        when g.verb = 'cancel' then 'cancelled' else 'pending' end as state,
      g.output, coalesce(g.outcome, case g.verb when 'complete' then 'done' end) as outcome, g.reason,
      g.failure_kind, g.errors
    from each e join given g using (seq, worker, epoch) where e.leaves
  ), ended as (
    insert into millhand.settled (seq, state, finished_at, started_at, due_at, expires_at, attempt, epoch, crashes, care,
      worker, outcome, reason, failure_kind, output)
    select seq, state, (select now from clock), started_at, due_old, expires_at, attempt, epoch, crashes, care,
      case when verb = 'cancel' then (select id from millhand.workers w where w.id = moved.worker) end, outcome, reason, failure_kind, output
    from moved where state <> 'pending'
  ), ${AGAIN}, noted as (
    insert into millhand.details (seq, errors) select seq, errors from moved where errors is not null
    on conflict (seq) do update set errors = excluded.errors
  ), freed as (
    delete from millhand.keys where seq = any (array(select seq from moved where state <> 'pending'))
  ), opened as (
    delete from millhand.holders where job = any (array(select seq from moved)) returning gate
  ), ${tell('moved')}, {answers}missed as materialized (
    select seq from given where seq not in (select seq from moved)
  ), ${entering('not exists (select from missed)')}
  select seq, null as gate from missed where ${WAKE}
  union all select null, gate from opened`

const LEAVE = statement(TYPES, WRITE.replace('{answers}', ''))

/** The same, where one of them comes to the result of its equals. */
const LEAVE_ANSWERING = statement(
  { ...TYPES, answered: 'text[]', answersFor: 'bigint[]' },
  WRITE.replace('{answers}', KEEP_RESULTS),
)

/**
 * Writes how jobs leave their workers; gives those that had left before. No job may be in it twice. The gates that they held
 * are added to `left`: whoever waits there may go on.
 */
export function leave(
  session: Session,
  leaves: readonly Leave[],
  left: Set<string>,
): Promise<ReadonlySet<number>> {
  return lookingTwice(leaves, (some) => leaveOnce(session, some, left))
}

interface Left {
  readonly seq: number | null
  readonly gate: string | null
}

function answerValues(answers: readonly Settlement['answers'][]) {
  return {
    answered: answers.map((each) => each?.gate ?? null),
    answersFor: answers.map((each) => each?.forMs ?? null),
  }
}

async function leaveOnce(
  session: Session,
  leaves: readonly Leave[],
  left: Set<string>,
): Promise<ReadonlySet<number>> {
  if (leaves.length === 0) return new Set()
  const seqs = leaves.map(({ seq }) => seq)
  const workers = [...new Set(leaves.map(({ worker }) => worker))]
  const given = {
    seqs,
    ownerOfEach: workers.length === 1 ? null : leaves.map(({ worker }) => worker),
    epochs: leaves.map(({ epoch }) => epoch),
    verbs: column(leaves, ({ verb }) => (verb === 'complete' ? null : verb)),
    attempts: column(leaves, ({ attempt }) => attempt),
    crashes: column(leaves, ({ crashes }) => crashes),
    cares: column(leaves, ({ care }) => care),
    dueIn: column(leaves, ({ dueInMs }) => dueInMs),
    begunAfter: column(leaves, ({ begunAfterMs }) => begunAfterMs),
    outputs: column(leaves, ({ output }) => output),
    outcomes: column(leaves, ({ outcome }) => (outcome === 'done' ? null : outcome)),
    reasons: column(leaves, ({ reason }) => reason),
    failureKinds: column(leaves, ({ failureKind }) => failureKind),
    errors: column(leaves, ({ errors }) => errors),
    workers,
    ...rangeOf(leaves),
    ...entryValues(settlementsOf(leaves)),
  }
  const answers = leaves.map(({ settlement }) => settlement?.answers)
  const rows = answers.some((each) => each !== undefined)
    ? await session.at<Left>(
        LEAVE_ANSWERING.text,
        ...LEAVE_ANSWERING.values({ ...given, ...answerValues(answers) }),
      )
    : await session.at<Left>(LEAVE.text, ...LEAVE.values(given))
  for (const { gate } of rows) if (gate !== null) left.add(gate)
  const missed = new Set(rows.flatMap(({ seq }) => seq ?? []))
  if (missed.size > 0) await enter(session, settlementsOf(leaves.filter(({ seq }) => !missed.has(seq))))
  return missed
}

function settlementsOf(leaves: readonly Leave[]): Settlement[] {
  return leaves.flatMap(({ settlement }) => settlement ?? [])
}
