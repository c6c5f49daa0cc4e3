import type { Session } from './session.ts'
import { CLOCK, tell, WAKE } from './sql.ts'

/** A running job that has ended well and left nothing to be kept. */
interface Completion {
  readonly seq: number
  readonly epoch: number
}

/**
 * What most jobs come to, by a statement that is narrower than `LEAVE`: the part of a row of `claims` that is complete
 * becomes one row of `completed`. The rows are locked first, in one order, as `LEAVE` does.
 */
const COMPLETE = `with ${CLOCK}, given as (
    select * from unnest($2::bigint[], $3::integer[]) as g(seq, epoch)
  ), held as materialized (
    select * from millhand.claims where worker = $4 and high >= $5 and low <= $6 order by id for update
  ), members as materialized (
    select h.id, h.started_at, u.* from held h
    cross join lateral unnest(h.seqs, h.epochs, h.attempts, h.crashes, h.dues)
      as u(seq, epoch, attempt, crashes, due_at)
  ), each as materialized (
    select m.*, g.seq is not null as gone from members m left join given g using (seq, epoch)
  ), parts as materialized (
    select id, started_at, gone, min(seq) as low, max(seq) as high, array_agg(seq) as seqs, array_agg(epoch) as epochs,
      array_agg(attempt) as attempts, array_agg(crashes) as crashes, array_agg(due_at) as dues
    from each group by id, started_at, gone
  ), shrunk as (
    update millhand.claims c set low = r.low, high = r.high, seqs = r.seqs, epochs = r.epochs, attempts = r.attempts,
      crashes = r.crashes, dues = r.dues
    from parts r join parts g using (id) where c.id = r.id and not r.gone and g.gone
  ), emptied as (
    delete from millhand.claims where id in (select id from parts where gone)
    and id not in (select id from parts where not gone)
  ), ended as (
    insert into millhand.completed (finished_at, started_at, seqs, epochs, attempts, crashes, dues)
    select (select now from clock), started_at, seqs, epochs, attempts, crashes, dues from parts where gone
  ), freed as (
    delete from millhand.keys where seq = any (array(select seq from each where gone))
  ), announced as (
    select seq, epoch, 'complete' as verb, 'complete' as state from each where gone
  ), ${tell('announced')}
  select seq from given where ${WAKE} and seq not in (select seq from each where gone)`

/** Writes that jobs of one worker are complete; gives those that had left it before. No job may be in it twice. */
export async function complete(
  session: Session,
  worker: string,
  completions: readonly Completion[],
): Promise<ReadonlySet<number>> {
  if (completions.length === 0) return new Set()
  const seqs = completions.map(({ seq }) => seq)
  const rows = await session.at<{ seq: number }>(
    COMPLETE,
    seqs,
    completions.map(({ epoch }) => epoch),
    worker,
    seqs.reduce((low, seq) => Math.min(low, seq), Number.MAX_SAFE_INTEGER),
    seqs.reduce((high, seq) => Math.max(high, seq), 0),
  )
  return new Set(rows.map((row) => row.seq))
}
