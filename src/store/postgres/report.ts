import { LOG_LINES_MAX } from '../../job/limits.ts'
import type { Report, Settled } from '../jobs.ts'
import { WAKE, wake } from './change.ts'
import { lookingTwice, missing } from './holding.ts'
import { rowOf } from './lookup.ts'
import { inWaves, rangeOf } from './parameters.ts'
import type { Session } from './session.ts'
import { CLOCK, LIGHT_CLOCK, statement, TIMED } from './sql.ts'

/** The log lines; of those that were there before, as many go as there are too many with these. */
const LOGGED = `lines as materialized (
    select l.* from unnest($lineOf, $at, $levels, $messages, $data)
    with ordinality as l(job, at, level, message, data, place) where job in (select seq from mine)
  ), logged as (
    insert into millhand.logs (job, at, level, message, data)
    select job, at, level, message, data from lines order by place
  ), trimmed as (
    delete from millhand.logs where seq = any (array(
      select o.seq from (select job, count(*) as added from lines group by job) n cross join lateral (
        select seq from millhand.logs where job = n.job order by seq desc offset greatest(0, $linesMax - n.added)
      ) o))`

/**
 * Locked against a settlement that comes at the same time: what is told of a job is told before it ends. As a settlement
 * locks, and in its order: in a transaction that settles next, two who held a weaker lock would wait for each other.
 */
const toldWith = (clock: string): string => `with ${clock}, given as (
    select * from unnest($seqs, $ownerOfEach, $epochs, $progress, $checkpoints)
    as g(seq, worker, epoch, progress, checkpoint)
  ), held as materialized (
    select worker, begun, seqs, epochs from millhand.claims
    where worker = any($workers) and high >= $low and low <= $high order by id for update
  ), mine as materialized (
    select g.*, case when h.begun then 'running' else 'pending' end as state from held h cross join lateral unnest(h.seqs, h.epochs) as u(seq, epoch)
    join given g on g.seq = u.seq and g.epoch = u.epoch and g.worker = h.worker
  ), written as (
    insert into millhand.details as d (seq, progress, progress_epoch, checkpoint)
    select seq, progress, case when progress is not null then epoch end, checkpoint from mine
    where progress is not null or checkpoint is not null
    on conflict (seq) do update set progress = coalesce(excluded.progress, d.progress),
      progress_epoch = coalesce(excluded.progress_epoch, d.progress_epoch),
      checkpoint = coalesce(excluded.checkpoint, d.checkpoint)
  ), ${LOGGED}
  ), told as (
    insert into millhand.changes (id, name, queue, verb, state, at, progress)
    select j.id, j.name, j.queue, m.verb, m.state, (select now from clock),
      coalesce(m.progress, case when d.progress_epoch = m.epoch then d.progress end)
    from (
      select seq, epoch, state, 'progress' as verb, progress from mine where progress is not null
      union all select seq, epoch, state, 'checkpoint', progress from mine where checkpoint is not null
    ) m cross join ${rowOf('m', 'id, name, queue', 'jobs')} j
    left join ${rowOf('m', 'progress, progress_epoch', 'details')} d on true
    where exists (select from millhand.subscribers where lease_until > (select now from clock))
    order by m.seq, m.verb desc
  ), woken as materialized (
    ${wake('changed', 'exists (select from mine where coalesce(progress, checkpoint) is not null)')}
  )
  select seq from mine where ${WAKE} and ${TIMED}`

const TOLD = {
  seqs: 'bigint[]',
  ownerOfEach: 'text[]',
  epochs: 'integer[]',
  progress: 'text[]',
  checkpoints: 'text[]',
  workers: 'text[]',
  low: 'bigint',
  high: 'bigint',
  lineOf: 'bigint[]',
  at: 'bigint[]',
  levels: 'text[]',
  messages: 'text[]',
  data: 'text[]',
  linesMax: 'integer',
} as const

const DURABLY = statement(TOLD, toldWith(CLOCK))
/** Progress and log lines may be lost in a power cut: they tell of a handler that was lost too. */
const LIGHTLY = statement(TOLD, toldWith(LIGHT_CLOCK))

const CANCELLED_AMONG = `select s.seq from millhand.settled s
  join unnest($1::bigint[], $2::text[], $3::integer[]) as g(seq, worker, epoch) using (seq, worker, epoch)
  where s.state = 'cancelled'`

/** Writes what running jobs tell of themselves. */
export async function report(session: Session, reports: readonly Report[]): Promise<Settled[]> {
  const results = new Map<Report, Settled>()
  for (const wave of inWaves(reports)) {
    const missed = await lookingTwice(wave, (some) => tellOnce(session, some))
    const others = wave.filter(({ seq }) => missed.has(seq))
    const cancelled = others.length === 0 ? new Set() : await cancelledOf(session, others)
    for (const each of wave) {
      if (!missed.has(each.seq)) results.set(each, 'settled')
      else results.set(each, cancelled.has(each.seq) ? 'cancelled' : 'refused')
    }
  }
  return reports.map((each) => results.get(each) ?? 'refused')
}

/** Gives those that are not running for whoever tells. */
async function tellOnce(session: Session, reports: readonly Report[]): Promise<ReadonlySet<number>> {
  const seqs = reports.map(({ seq }) => seq)
  const lines = reports.flatMap(linesOf)
  const told = reports.some(({ checkpoint }) => checkpoint !== undefined) ? DURABLY : LIGHTLY
  const values = told.values({
    seqs,
    ownerOfEach: reports.map(({ worker }) => worker),
    epochs: reports.map(({ epoch }) => epoch),
    progress: reports.map(({ progress }) => (progress === undefined ? null : JSON.stringify(progress))),
    checkpoints: reports.map(({ checkpoint }) => checkpoint ?? null),
    workers: [...new Set(reports.map(({ worker }) => worker))],
    ...rangeOf(reports),
    lineOf: lines.map(({ job }) => job),
    at: lines.map(({ at }) => at),
    levels: lines.map(({ level }) => level),
    messages: lines.map(({ message }) => message),
    data: lines.map(({ data }) => data),
    linesMax: LOG_LINES_MAX,
  })
  return missing(reports, await session.at<{ seq: number }>(told.text, ...values))
}

/** Those that somebody has cancelled. */
export async function cancelledOf(session: Session, reports: readonly Fence[]): Promise<ReadonlySet<number>> {
  const rows = await session.rows<{ seq: number }>(
    CANCELLED_AMONG,
    reports.map(({ seq }) => seq),
    reports.map(({ worker }) => worker),
    reports.map(({ epoch }) => epoch),
  )
  return new Set(rows.map((row) => row.seq))
}

/** What a write after a claim carries. */
type Fence = Pick<Report, 'seq' | 'worker' | 'epoch'>

function linesOf({ seq, logs = [] }: Report) {
  return logs.slice(-LOG_LINES_MAX).map((line) => ({ job: seq, ...line }))
}
