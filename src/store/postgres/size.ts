import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import type { NewJob } from '../../job/new-job.ts'
import { dropReason, excessOf, type SizeLimit, sizeLimit } from '../../job/queue-settings.ts'
import { countByQueue } from '../room.ts'
import { cancelPending } from './control.ts'
import type { Session } from './session.ts'

/**
 * Queues that have a size of their own. Whoever adds to one holds its row until what it has added is committed, so that
 * two who count at once do not both find room. Not in a caller's transaction, which would keep the queue from all others
 * for as long as it is open: it counts, and what others add meanwhile may be too much.
 */
const SETTINGS = `select queue, settings from millhand.queues where queue = any($1::text[]) and settings is not null
  order by queue`

export async function limitsOf(
  session: Session,
  queues: readonly string[],
  { locks }: { readonly locks: boolean },
): Promise<SizeLimit[]> {
  const statement = locks ? `${SETTINGS} for update` : SETTINGS
  const rows = await session.rows<{ queue: string; settings: string }>(statement, queues)
  return rows.flatMap(({ queue, settings }) => sizeLimit(queue, settings) ?? [])
}

/** Keeps queues within their sizes after jobs were stored, in their transaction. @throws MillhandError `queue_full` */
export async function keepWithin(
  session: Session,
  limits: readonly SizeLimit[],
  stored: readonly NewJob[],
): Promise<void> {
  const counts = countByQueue(stored)
  const filled = limits.filter(({ queue }) => counts.has(queue))
  const pending = await pendingIn(
    session,
    filled.map(({ queue }) => queue),
  )
  for (const limit of filled) {
    const { queue } = limit
    const excess = excessOf(limit, pending.get(queue) ?? 0, counts.get(queue) ?? 0)
    if (excess > 0) await cancelOldest(session, queue, { limit: excess, reason: dropReason(limit) })
  }
}

/** Of each lane by the index; what is scheduled is gone through once, whatever the number of queues. */
const COUNT_PENDING = `with mine as materialized (
    select id, queue from millhand.lanes where queue = any($1::text[])
  ), scheduled as materialized (
    select lane, count(*) as jobs from millhand.pending where waits = 2 group by lane
  )
  select queue, sum(jobs) as pending from (
    select queue, (select count(*) from millhand.pending where waits = 1 and class = 1 and lane = mine.id)
      + (select count(*) from millhand.pending where waits = 1 and class = 2 and lane = mine.id)
      + (select count(*) from millhand.pending where waits = 1 and class = 3 and lane = mine.id)
      + (select count(*) from millhand.pending where waits = 3 and lane = mine.id) as jobs from mine
    union all select mine.queue, s.jobs from scheduled s cross join lateral (select queue from mine where id = s.lane) mine
  ) each group by queue`

/** How many jobs wait in each of these queues; none where it has none. */
export async function pendingIn(
  session: Session,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (queues.length === 0) return new Map()
  const rows = await session.rows<{ queue: string; pending: string }>(COUNT_PENDING, queues)
  return new Map(rows.map(({ queue, pending }) => [queue, Number(pending)]))
}

/**
 * By the indexes of what waits. What somebody else has locked, such as a claim, is passed over: as many more are looked at
 * as a claim may hold. Who waits for nobody cannot wait in a circle, though it holds keys by then.
 */
const CANCEL_OLDEST = cancelPending(`select p.seq, j.id from (
      select seq from millhand.pending where seq = any (array(select seq from (
        select p.seq from millhand.pending p where waits = 1 and class = 1
          and lane = any (array(select id from millhand.lanes where queue = $2::text))
        union all select p.seq from millhand.pending p where waits = 1 and class = 2
          and lane = any (array(select id from millhand.lanes where queue = $2::text))
        union all select p.seq from millhand.pending p where waits = 1 and class = 3
          and lane = any (array(select id from millhand.lanes where queue = $2::text))
        union all select p.seq from millhand.pending p where waits = 3
          and lane = any (array(select id from millhand.lanes where queue = $2::text))
        union all select p.seq from millhand.pending p where waits = 2
          and lane = any (array(select id from millhand.lanes where queue = $2::text))
      ) waiting order by seq limit $4::integer + ${STATEMENT_ROWS_MAX}))
      order by seq limit $4::integer for update skip locked
    ) p join millhand.jobs j using (seq)`)

/** Cancels those of a queue that have waited longest, of those that nobody holds. */
async function cancelOldest(
  session: Session,
  queue: string,
  { limit, reason }: { readonly limit: number; readonly reason: string },
): Promise<string[]> {
  const rows = await session.at<{ id: string }>(CANCEL_OLDEST, queue, reason, limit)
  return rows.map(({ id }) => id)
}
