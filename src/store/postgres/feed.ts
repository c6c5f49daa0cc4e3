import { sleep, systemClock } from '../../kit/clock.ts'
import type { JobChange } from '../feed.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/**
 * A cursor is the number of a transaction and the place of a change in it. Transactions commit in another order than
 * they begin: only what no open transaction can come before any more is read, so that nothing is missed. Changes of
 * one transaction past this many share the last place.
 */
const PLACES = 8_192

/** Newest changes that stay in the feed, however slow a subscriber is. */
const CHANGES_KEPT = 10_000

/** Two that have both lapsed would wait for each other: what another one has in hand is left to it. */
const SUBSCRIBE = `with lapsed as (
    delete from millhand.subscribers where id = any (array(
      select id from millhand.subscribers where lease_until <= ${NOW} and id <> $2 for update skip locked))
  ), old as (
    delete from millhand.changes where number <= (select max(number) from millhand.changes) - ${CHANGES_KEPT}
  ), mine as (
    insert into millhand.subscribers (id, lease_until) values ($2, ${NOW} + $3::bigint)
    on conflict (id) do update set lease_until = excluded.lease_until
  )
  select pg_snapshot_xmin(pg_current_snapshot())::text::bigint * ${PLACES} as cursor`

export async function subscribe(session: Session, subscriber: string, leaseMs: number): Promise<number> {
  const [row] = await session.at<{ cursor: number }>(SUBSCRIBE, subscriber, leaseMs)
  return row?.cursor ?? 0
}

const UNSUBSCRIBE = 'delete from millhand.subscribers where id = $1'

const TURN_OFF = 'delete from millhand.changes where not exists (select from millhand.subscribers)'

/** The last one out turns off the light: without subscribers the feed is empty. */
export async function unsubscribe(session: Session, subscriber: string): Promise<void> {
  await session.rows(UNSUBSCRIBE, subscriber)
  await session.rows(TURN_OFF)
}

const AFTER = `select * from (
    select transaction::text::bigint * ${PLACES}
      + least(row_number() over (partition by transaction order by number), ${PLACES} - 1) as cursor,
      transaction < pg_snapshot_xmin(pg_current_snapshot()) as sure, id, name, queue, verb, state, at, progress
    from millhand.changes
    where number > (select max(number) from millhand.changes) - ${CHANGES_KEPT}
    and transaction >= ($1::bigint / ${PLACES})::text::xid8
  ) changes where cursor > $1 order by cursor limit $2`

/** Changes behind an open transaction are looked for again so often and so long; then the caller's own turn comes. */
const LOOK_AGAIN_MS = 4
const LOOKS = 250

export async function changesAfter(session: Session, cursor: number, limit: number): Promise<JobChange[]> {
  for (let look = 1; ; look += 1) {
    const rows = await session.rows<JobChange & { readonly sure: boolean }>(AFTER, cursor, limit)
    const unsure = rows.findIndex((row) => !row.sure)
    const changes = unsure < 0 ? rows : rows.slice(0, unsure)
    if (changes.length > 0 || unsure < 0 || look >= LOOKS) return changes.map(({ sure, ...change }) => change)
    await sleep(systemClock, LOOK_AGAIN_MS)
  }
}
