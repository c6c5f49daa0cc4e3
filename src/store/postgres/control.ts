import { callOnce } from './calls.ts'
import { tell, WAKE } from './change.ts'
import { groupFor, laneOfJob } from './claiming/lane-of-job.ts'
import type { Database } from './database.ts'
import { releaseKeysOf } from './keys.ts'
import type { Lanes } from './lanes.ts'
import { leave } from './leaving/leave.ts'
import { enterEnded } from './ledger.ts'
import { among, jobsById, lockedRowOf, rowOf } from './lookup.ts'
import { ASKED_DUE_AT, classBy, ORDERED, orderOf, placeBy } from './order.ts'
import { bytesOf } from './pending.ts'
import type { Session } from './session.ts'
import { CLOCK, statement } from './sql.ts'
import { keepWorkers } from './workers.ts'

/** Cancels those that wait and are `wanted` (seq), locked by that; `$reason` is why. */
export const cancelPending = (wanted: string): string => `with ${CLOCK}, wanted as materialized (
    ${wanted}
  ), taken as (
    delete from millhand.pending p where ${among('p.seq', 'wanted')} returning p.*
  ), ended as (
    insert into millhand.settled (seq, state, finished_at, started_at, due_at, expires_at, attempt, epoch, crashes, care, reason)
    select seq, 'cancelled', (select now from clock), started_at, ${ASKED_DUE_AT}, expires_at, attempt, epoch, crashes, care, $reason
    from taken
  ), freed as (
    delete from millhand.keys where ${among('seq', 'taken')}
  ), announced as (
    select seq, epoch, 'cancel' as verb, 'cancelled' as state from taken
  ), ${tell('announced')}
  select j.id from taken t cross join ${rowOf('t', 'id', 'jobs')} j where ${WAKE}`

/** Locked in one order, so that two who cancel the same jobs do not wait for each other. */
const CANCEL_PENDING = statement(
  { ids: 'text[]', reason: 'text' },
  cancelPending(`select p.seq from ${jobsById()} j cross join ${lockedRowOf('j', 'seq', 'pending')} p`),
)

/** Those of the jobs that a worker holds. */
const HELD_AMONG = `select j.id, u.seq, c.worker, u.epoch from millhand.jobs j
  join (millhand.claims c cross join lateral unnest(c.seqs, c.epochs) as u(seq, epoch)) on u.seq = j.seq
  where j.id = any($1::text[])`

const UNSETTLED = `select j.id from ${jobsById('', '$1::text[]')} j
  where not exists (select from millhand.settled s where s.seq = j.seq offset 0)
  and not exists (select from millhand.completed c where c.seqs @> array[j.seq] offset 0)`

/** What one look has come to. */
export interface CancelLook {
  readonly cancelled: string[]
  /** Jobs that were claimed, or came back, while they were looked for in the other place. */
  readonly rest: string[]
}

interface Cancelling {
  readonly reason: string
  /** Gains the gates that the cancelled jobs have left. */
  readonly left: Set<string>
}

/**
 * A running job keeps its worker until the worker has acknowledged: that is how the handler is told. In a transaction: whoever
 * ends the lease of the worker meanwhile is waited for, or waits, and so lets go of what was cancelled before, or has it
 * known that there is nobody to tell. The next look is one of the next transaction: it may have to wait for rows of others,
 * who wait for those of this one.
 */
export async function cancelOnce(
  session: Session,
  ids: readonly string[],
  { reason, left }: Cancelling,
): Promise<CancelLook> {
  const pending = await session.at<{ id: string }>(
    CANCEL_PENDING.text,
    ...CANCEL_PENDING.values({ ids, reason }),
  )
  const running = await session.rows<Held>(HELD_AMONG, ids)
  await keepWorkers(
    session,
    running.map(({ worker }) => worker),
  )
  const leaves = running.map(({ seq, worker, epoch }) => ({
    ...{ seq, worker, epoch, reason },
    verb: 'cancel' as const,
  }))
  const late = await leave(session, leaves, left)
  const cancelled = [...pending, ...running.filter(({ seq }) => !late.has(seq))].map(({ id }) => id)
  await enterEnded(session, cancelled, 'cancelled')
  const rest = await session.rows<{ id: string }>(UNSETTLED, ids)
  return { cancelled, rest: rest.map(({ id }) => id) }
}

/** So often a job is looked for that moves. */
export const CANCEL_LOOKS = 10

/** Each look with what it has cancelled, under a name of its own: made again, it answers the same, and leaves the same to the next. */
export async function cancel(
  database: Database,
  ids: readonly string[],
  { call, ...cancelling }: Cancelling & { readonly call: string | undefined },
): Promise<string[]> {
  const cancelled: string[] = []
  let rest = ids
  for (let look = 1; rest.length > 0 && look <= CANCEL_LOOKS; look += 1) {
    const name = call === undefined ? undefined : `${call} ${look}`
    const answer = await callOnce(database, name, async (session) => {
      const found = await cancelOnce(session, rest, cancelling)
      return [String(found.cancelled.length), ...found.cancelled, ...found.rest]
    })
    const behind = Number(answer[0] ?? 0) + 1
    cancelled.push(...answer.slice(1, behind))
    rest = answer.slice(behind)
  }
  return cancelled
}

interface Held {
  readonly id: string
  readonly seq: number
  readonly worker: string
  readonly epoch: number
}

/** A job whose key another one holds by now stays as it is; one that has kept its key beyond its end holds it itself. */
const RETRY = statement(
  {
    ids: 'text[]',
    queues: 'text[]',
    names: 'text[]',
    lanes: 'integer[]',
  },
  `with ${CLOCK}, ${ORDERED}, wanted as materialized (
    select s.seq, s.epoch, j.id, j.name, j.queue, j.priority, j.key, j.limits,
      ${bytesOf('d.errors', 'd.checkpoint')} as bytes
    from ${jobsById(', name, queue, priority, key, limits, input, context, tags')} j
    cross join ${lockedRowOf('j', 'seq, epoch, state', 'settled')} s
    left join ${rowOf('j', 'errors, checkpoint', 'details')} d on true
    where s.state in ('failed', 'cancelled')
  ), held as (
    insert into millhand.keys (name, key, seq, id) select name, key, seq, id from wanted where key is not null
    order by name, key, seq on conflict do nothing returning seq
  ), free as materialized (
    select * from wanted where key is null or seq in (select seq from held)
    or exists (select from millhand.keys k where k.seq = -wanted.seq)
  ), revived as (
    delete from millhand.settled where ${among('seq', 'free')}
  ), undated as (
    update millhand.jobs set deadline_at = null where ${among('seq', 'free')} and deadline_at is not null
  ), waiting as (
    insert into millhand.pending (seq, waits, class, lane, rank, due_at, asked_due_at, attempt, epoch, crashes, bytes, detailed, turn_group)
    select f.seq, 1, ${classBy({ dueAt: '(select now from clock)', limits: 'f.limits', care: '0' })}, l.id,
      ${placeBy({ priority: 'f.priority', dueAt: '(select now from clock)' })}, 0, f.epoch, 0, f.bytes, true, ${groupFor('f.limits')}
    from free f join lateral (
      select id from unnest($queues, $names, $lanes) as l(queue, name, id)
      where l.queue = f.queue and l.name = ${laneOfJob('f')} limit 1) l on true
    ${orderOf('f.queue')}
  ), announced as (
    select seq, epoch, 'retry' as verb, 'pending' as state from free
  ), ${tell('announced')}
  select id from free where ${WAKE}`,
)

/** Where the jobs ran that are to run again: their lane may have been pruned since. */
const PLACES = `select distinct queue, ${laneOfJob('j')} as name from millhand.jobs j where id = any($1::text[])`

export async function retry(session: Session, ids: readonly string[], lanes: Lanes): Promise<string[]> {
  await releaseKeysOf(session, ids)
  const places = await session.rows<{ queue: string; name: string }>(PLACES, ids)
  const values = RETRY.values({
    ids,
    queues: places.map(({ queue }) => queue),
    names: places.map(({ name }) => name),
    lanes: await lanes.of(places, session),
  })
  const rows = await session.at<{ id: string }>(RETRY.text, ...values)
  return rows.map(({ id }) => id)
}
