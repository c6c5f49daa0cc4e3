import { expiry } from '../../job/deadline.ts'
import type { JobRetention } from '../../job/retention.ts'
import { CALLS_KEPT_MS } from '../catalog.ts'
import type { Leadership } from '../upkeep.ts'
import { tell, WAKE } from './change.ts'
import { forgetKeys } from './keys.ts'
import { keepLanes } from './lane-upkeep.ts'
import { enterEnded } from './ledger.ts'
import { among, rowOf } from './lookup.ts'
import { ASKED_DUE_AT } from './order.ts'
import type { Session } from './session.ts'
import { CLOCK, NOW, statement } from './sql.ts'

const ELECT = `with elected as (
    insert into millhand.leader as l (role, worker, lease_until)
    select 'maintenance', $2, now + $3::bigint from (select ${NOW} as now) t
    on conflict (role) do update set worker = excluded.worker, lease_until = excluded.lease_until
    where l.worker = excluded.worker or l.lease_until <= ${NOW} returning worker
  )
  select true as leads, $3::bigint as "forMs", (select min(due_at) from millhand.schedules) - ${NOW} as "nextTickInMs",
    exists (select from millhand.holders) or exists (select from millhand.pending where waits = 3) as "gatesWait"
  from elected
  union all select false, lease_until - ${NOW}, null, false from millhand.leader where not exists (select from elected)`

type Elected = Omit<Leadership, 'nextTickInMs'> & { readonly nextTickInMs: number | null }

/** Somebody who has just been elected for the first time is not seen by the others yet: they ask again soon. */
export async function elect(session: Session, worker: string, leaseMs: number): Promise<Leadership> {
  const [leadership] = await session.at<Elected>(ELECT, worker, leaseMs)
  if (!leadership) return { leads: false, forMs: leaseMs }
  const { nextTickInMs, gatesWait, ...led } = leadership
  return { ...led, ...(nextTickInMs !== null && { nextTickInMs }), ...(gatesWait && { gatesWait }) }
}

export async function resign(session: Session, worker: string): Promise<void> {
  await session.rows('delete from millhand.leader where worker = $1', worker)
}

const EXPIRED = `select p.seq, p.attempt, p.started_at as "startedAt", p.expires_at as "expiresAt",
    j.deadline_at as "deadlineAt", d.errors, ${NOW} as "nowMs"
  from millhand.pending p cross join ${rowOf('p', 'deadline_at', 'jobs')} j left join ${rowOf('p', 'errors', 'details')} d on true
  where p.expires_at <= ${NOW} order by p.expires_at, p.seq limit $2 for update of p skip locked`

const EXPIRE = `with ${CLOCK}, given as (
    select * from unnest($2::bigint[], $3::text[], $4::text[]) as g(seq, failure_kind, errors)
  ), taken as (
    delete from millhand.pending p using given g where p.seq = g.seq and ${among('p.seq', 'given')} returning p.*, g.failure_kind, g.errors
  ), ended as (
    insert into millhand.settled (seq, state, finished_at, started_at, due_at, expires_at, attempt, epoch, crashes, care, failure_kind)
    select seq, 'failed', (select now from clock), started_at, ${ASKED_DUE_AT}, expires_at, attempt, epoch, crashes, care, failure_kind
    from taken
  ), noted as (
    insert into millhand.details (seq, errors) select seq, errors from taken
    on conflict (seq) do update set errors = excluded.errors
  ), freed as (
    delete from millhand.keys where ${among('seq', 'taken')}
  ), announced as (
    select seq, epoch, 'expire' as verb, 'failed' as state from taken
  ), ${tell('announced')}
  select j.id from taken t cross join ${rowOf('t', 'id', 'jobs')} j where ${WAKE}`

type Expired = Parameters<typeof expiry>[0] & {
  readonly seq: number
  readonly nowMs: number
}

/** Whether a job has expired: asked without a lock. */
export async function mayExpire(session: Session): Promise<boolean> {
  const rows = await session.at(`select 1 from millhand.pending where expires_at <= ${NOW} limit 1`)
  return rows.length > 0
}

/** Fails jobs that nobody started in time, and those that wait at their deadline, in a transaction. */
export async function expire(session: Session, limit: number): Promise<string[]> {
  const jobs = await session.at<Expired>(EXPIRED, limit)
  const failures = jobs.map((job) => expiry(job, job.nowMs))
  const rows = await session.at<{ id: string }>(
    EXPIRE,
    jobs.map(({ seq }) => seq),
    failures.map(({ failureKind }) => failureKind),
    failures.map(({ errors }) => errors),
  )
  const ids = rows.map(({ id }) => id)
  await enterEnded(session, ids, 'failed')
  return ids
}

/**
 * Found by an index in order of their end; a deleted job takes along everything that was kept of it. Of a row that has
 * more jobs than may be deleted the others are left.
 */
const PRUNE = statement(
  {
    completeMs: 'bigint',
    failedMs: 'bigint',
    cancelledMs: 'bigint',
    limit: 'integer',
  },
  `with ${CLOCK}, old as materialized (
    select seq from (values ('complete', $completeMs), ('failed', $failedMs), ('cancelled', $cancelledMs)) as r(state, kept)
    cross join lateral (
      select seq from millhand.settled s where s.state = r.state and s.finished_at <= (select now from clock) - r.kept
      order by s.finished_at, s.seq limit $limit for update skip locked
    ) each limit $limit
  ), rows as materialized (
    select id, finished_at, seqs from millhand.completed where finished_at <= (select now from clock) - $completeMs
    order by finished_at, id limit $limit for update skip locked
  ), parts as materialized (
    select id, seqs, ($limit - (select count(*) from old) + cardinality(seqs)
      - sum(cardinality(seqs)) over (order by finished_at, id))::integer as room
    from rows
  ), shortened as (
    update millhand.completed c set seqs = c.seqs[room + 1:], epochs = epochs[room + 1:],
      attempts = attempts[room + 1:], crashes = crashes[room + 1:], dues = dues[room + 1:],
      cares = cares[room + 1:], afters = afters[room + 1:]
    from parts p where c.id = p.id and room > 0 and room < cardinality(p.seqs)
  ), emptied as (
    delete from millhand.completed where id = any (array(select id from parts where room >= cardinality(seqs)))
  ), deleted as (
    delete from millhand.settled where ${among('seq', 'old')} returning seq
  ), pruned as materialized (
    select seq from deleted
    union all select unnest(seqs[:room]) from parts where room > 0
  ), details as (
    delete from millhand.details where ${among('seq', 'pruned')}
  ), logs as (
    delete from millhand.logs where ${among('job', 'pruned')}
  ), results as (
    delete from millhand.results where ${among('job', 'pruned')}
  )
  delete from millhand.jobs where ${among('seq', 'pruned')} returning seq`,
)

export async function prune(session: Session, retention: JobRetention, limit: number): Promise<number> {
  const { complete, failed, cancelled } = retention
  const values = PRUNE.values({ completeMs: complete, failedMs: failed, cancelledMs: cancelled, limit })
  return (await session.at(PRUNE.text, ...values)).length
}

const FORGET_CALLS = `delete from millhand.calls where call = any (array(
    select call from millhand.calls where at <= ${NOW} - $2::bigint order by at limit $3 for update skip locked))`

/** Forgets answers that nobody asks for again, keys that are over, and lanes in which nothing is. */
export async function forget(session: Session, limit: number): Promise<void> {
  await session.at(FORGET_CALLS, CALLS_KEPT_MS, limit)
  await forgetKeys(session, limit)
  await keepLanes(session)
}
