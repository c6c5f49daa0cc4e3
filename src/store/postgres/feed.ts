import { sleep, systemClock } from '../../kit/clock.ts'
import type { JobChange } from '../feed.ts'
import { type Horizon, SEEN, type Seen } from './reading/horizon.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** What the feed is read by: the horizon is one for all that read it in this process. */
export interface Feed {
  readonly session: Session
  readonly horizon: Horizon
}

/** What may still be overtaken is looked for again so often and so long; then the caller's own turn comes. */
const LOOK_AGAIN_MS = 4
const LOOKS = 250

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
  select ${SEEN}`

const LOOK = `select ${SEEN}`

/** Gives the newest change once all before it are there, so that whatever is committed from now on comes after it. */
export async function subscribe(
  { session, horizon }: Feed,
  subscriber: string,
  { leaseMs, onAnnounced }: { readonly leaseMs: number; readonly onAnnounced: (() => void) | undefined },
): Promise<number> {
  const [first] = await session.at<Seen>(SUBSCRIBE, subscriber, leaseMs)
  onAnnounced?.()
  const last = first?.last ?? 0
  for (let look = 1, seen = first; seen !== undefined && horizon.of(seen) < last && look < LOOKS; look += 1) {
    await sleep(systemClock, LOOK_AGAIN_MS)
    ;[seen] = await session.rows<Seen>(LOOK)
  }
  return last
}

const UNSUBSCRIBE = 'delete from millhand.subscribers where id = $1'

const TURN_OFF = 'delete from millhand.changes where not exists (select from millhand.subscribers)'

/** The last one out turns off the light: without subscribers the feed is empty. */
export async function unsubscribe(session: Session, subscriber: string): Promise<void> {
  await session.rows(UNSUBSCRIBE, subscriber)
  await session.rows(TURN_OFF)
}

const AFTER = `select ${SEEN}, number as cursor, id, name, queue, verb, state, at, progress
  from millhand.changes
  where number > greatest($1::bigint, (select max(number) from millhand.changes) - ${CHANGES_KEPT})
  order by number limit $2`

export async function changesAfter(
  { session, horizon }: Feed,
  cursor: number,
  limit: number,
): Promise<JobChange[]> {
  for (let look = 1; ; look += 1) {
    const rows = await session.rows<JobChange & Seen>(AFTER, cursor, limit)
    const whole = rows[0] === undefined ? 0 : horizon.of(rows[0])
    const changes = rows.filter((row) => row.cursor <= whole)
    if (changes.length > 0 || rows.length === 0 || look >= LOOKS) return changes.map(withoutSeen)
    await sleep(systemClock, LOOK_AGAIN_MS)
  }
}

function withoutSeen({ last: _last, open: _open, next: _next, ...change }: JobChange & Seen): JobChange {
  return change
}
