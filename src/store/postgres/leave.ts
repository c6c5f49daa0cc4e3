import type { FailureKind } from '../../job/failure.ts'
import type { Verb } from '../../job/state.ts'
import { column } from './rows.ts'
import type { Session } from './session.ts'
import { CLOCK, claimable, tell, WAKE } from './sql.ts'

/** How a running job leaves its worker. What is `null` of it stays as it is. */
export interface Leave {
  readonly seq: number
  readonly worker: string
  readonly epoch: number
  readonly verb: Extract<Verb, 'complete' | 'fail' | 'retry' | 'snooze' | 'release' | 'rescue' | 'cancel'>
  readonly attempt?: number
  readonly crashes?: number
  readonly dueInMs?: number
  readonly output?: string | null
  readonly outcome?: 'done' | 'skipped' | null
  readonly reason?: string | null
  readonly failureKind?: FailureKind | null
  readonly errors?: string | null
}

/**
 * The one statement by which running jobs leave `claims`: for `settled` or back to `pending`. The rows of `claims` are
 * locked first, in one order: whoever waited for a lock sees what the other one left in them. A job that its worker
 * does not hold in this epoch is not in `gone`, and nothing is written for it.
 */
const LEAVE = `with ${CLOCK}, given as (
    select g.seq, coalesce(g.worker, ($14::text[])[1]) as worker, g.epoch, coalesce(g.verb, 'complete') as verb,
      g.attempt, g.crashes, g.due_in, g.output, g.outcome, g.reason, g.failure_kind, g.errors
    from unnest($2::bigint[], $3::text[], $4::integer[], $5::text[], $6::integer[], $7::integer[],
      $8::bigint[], $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
    as g(seq, worker, epoch, verb, attempt, crashes, due_in, output, outcome, reason, failure_kind, errors)
  ), held as materialized (
    select * from millhand.claims where worker = any($14::text[]) and high >= $15 and low <= $16 order by id for update
  ), each as materialized (
    select h.id, h.worker, h.started_at, u.* from held h
    cross join lateral unnest(h.seqs, h.epochs, h.attempts, h.crashes, h.dues)
      as u(seq, epoch, attempt, crashes, due_at)
  ), gone as materialized (
    select e.id, e.seq, e.worker, e.started_at, e.epoch, g.verb, coalesce(g.attempt, e.attempt) as attempt,
      coalesce(g.crashes, e.crashes) as crashes, (select now from clock) + g.due_in as due_new, e.due_at as due_old,
      case when g.verb = 'complete' then 'complete' when g.verb = 'fail' then 'failed'
        when g.verb = 'cancel' then 'cancelled' else 'pending' end as state,
      g.output, coalesce(g.outcome, case g.verb when 'complete' then 'done' end) as outcome, g.reason,
      g.failure_kind, g.errors
    from each e join given g using (seq, worker, epoch)
  ), rest as materialized (
    select id, min(seq) as low, max(seq) as high, array_agg(seq) as seqs, array_agg(epoch) as epochs,
      array_agg(attempt) as attempts, array_agg(crashes) as crashes, array_agg(due_at) as dues
    from each where id in (select id from gone) and seq not in (select seq from gone) group by id
  ), shrunk as (
    update millhand.claims c set low = r.low, high = r.high, seqs = r.seqs, epochs = r.epochs, attempts = r.attempts,
      crashes = r.crashes, dues = r.dues from rest r where c.id = r.id
  ), emptied as (
    delete from millhand.claims c where id in (select id from gone) and id not in (select id from rest)
  ), ended as (
    insert into millhand.settled (seq, state, finished_at, started_at, due_at, attempt, epoch, crashes, worker,
      outcome, reason, failure_kind, output)
    select seq, state, (select now from clock), started_at, due_old, attempt, epoch, crashes,
      case when verb = 'cancel' then worker end, outcome, reason, failure_kind, output
    from gone where state <> 'pending'
  ), again as (
    insert into millhand.pending (seq, claimable, queue, name, rank, due_at, started_at, attempt, epoch, crashes, detailed)
    select g.seq, ${claimable('coalesce(g.due_new, g.due_old)', 'g.crashes')}, j.queue, j.name, -j.priority,
      coalesce(g.due_new, g.due_old), g.started_at, g.attempt, g.epoch, g.crashes, true
    from gone g join lateral (select * from millhand.jobs where seq = g.seq limit 1) j on true
    where g.state = 'pending'
  ), noted as (
    insert into millhand.details (seq, errors) select seq, errors from gone where errors is not null
    on conflict (seq) do update set errors = excluded.errors
  ), freed as (
    delete from millhand.keys where seq = any (array(select seq from gone where state <> 'pending'))
  ), ${tell('gone')}
  select seq from given where ${WAKE} and seq not in (select seq from gone)`

/** Writes how running jobs leave their workers; gives those that had left before. No job may be in it twice. */
export async function leave(session: Session, leaves: readonly Leave[]): Promise<ReadonlySet<number>> {
  if (leaves.length === 0) return new Set()
  const seqs = leaves.map(({ seq }) => seq)
  const workers = [...new Set(leaves.map(({ worker }) => worker))]
  const rows = await session.at<{ seq: number }>(
    LEAVE,
    seqs,
    workers.length === 1 ? null : leaves.map(({ worker }) => worker),
    leaves.map(({ epoch }) => epoch),
    column(leaves, ({ verb }) => (verb === 'complete' ? null : verb)),
    column(leaves, ({ attempt }) => attempt),
    column(leaves, ({ crashes }) => crashes),
    column(leaves, ({ dueInMs }) => dueInMs),
    column(leaves, ({ output }) => output),
    column(leaves, ({ outcome }) => (outcome === 'done' ? null : outcome)),
    column(leaves, ({ reason }) => reason),
    column(leaves, ({ failureKind }) => failureKind),
    column(leaves, ({ errors }) => errors),
    workers,
    seqs.reduce((low, seq) => Math.min(low, seq), Number.MAX_SAFE_INTEGER),
    seqs.reduce((high, seq) => Math.max(high, seq), 0),
  )
  return new Set(rows.map((row) => row.seq))
}
