import { orderRule } from '../../job/order.ts'
import { limitsSet } from '../../job/queue-limits.ts'
import { type QueueSettings, readSettings, settingsText } from '../../job/queue-settings.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote, PLACED_MAX } from '../queues.ts'
import { wake } from './change.ts'
import type { Database } from './database.ts'
import { reopenAll, write } from './limits.ts'
import { placeStrays, placeWindow, strayedFromOrders } from './order.ts'
import type { Session } from './session.ts'
import { CLOCK, NOW, statement, TIMED } from './sql.ts'

/** Whether the note of this call counts: where the queue was not paused, or where it says anything. */
const IS_NEWS = 'q.paused_at is null or coalesce($3::text, $4::text) is not null'

const PAUSE = `insert into millhand.queues as q (queue, paused_at, paused_by, pause_reason)
  values ($2, ${NOW}, $3::text, $4::text)
  on conflict (queue) do update set paused_at = coalesce(q.paused_at, excluded.paused_at),
  paused_by = case when ${IS_NEWS} then $3::text else q.paused_by end,
  pause_reason = case when ${IS_NEWS} then $4::text else q.pause_reason end`

const RESUME = `with forgotten as (
    delete from millhand.queues where queue = $2 and settings is null and placed_before is null returning paused_at
  ), resumed as (
    update millhand.queues set paused_at = null, paused_by = null, pause_reason = null
    where queue = $2 and (settings is not null or placed_before is not null) returning queue
  ) ${wake('ready', 'exists (select from forgotten union all select from resumed)')}`

const PAUSED = `select queue, paused_at as "pausedAt", paused_by as by, pause_reason as reason from millhand.queues
  where paused_at is not null order by queue`

export async function pause(session: Session, queue: string, note: PauseNote = NO_NOTE): Promise<void> {
  await session.at(PAUSE, queue, note.by, note.reason)
}

export async function resume(session: Session, queue: string): Promise<void> {
  await session.at(RESUME, queue)
}

export function paused(session: Session): Promise<PausedQueue[]> {
  return session.rows<PausedQueue>(PAUSED)
}

/** Before whatever comes from now on: a number that is drawn later is higher. */
const NEXT = "nextval('millhand.arrivals')"

const CONFIGURE = statement(
  {
    queue: 'text',
    settings: 'text',
    rankBy: 'integer',
    dueBy: 'integer',
    priorityBy: 'bigint',
    weights: 'text',
  },
  `with ${CLOCK} insert into millhand.queues as q (queue, settings, rank_by, due_by, priority_by, weights,
    placed_before)
  select $queue, $settings, $rankBy, $dueBy, $priorityBy, $weights, case when $dueBy is not null then ${NEXT} end from clock
  on conflict (queue) do update set settings = excluded.settings, rank_by = excluded.rank_by, due_by = excluded.due_by,
    priority_by = excluded.priority_by, weights = excluded.weights, placed_before = case
      when (q.rank_by, q.due_by, q.priority_by, q.weights is null)
        is not distinct from ($rankBy, $dueBy, $priorityBy, $weights is null)
      then q.placed_before else ${NEXT} end where ${TIMED}`,
)

/** A queue that is not paused, and for which nothing is set or still to be done, has no row. */
const FORGET_UNSET = `delete from millhand.queues
  where queue = $1 and settings is null and paused_at is null and placed_before is null`

const CONFIGURED = 'select queue, settings from millhand.queues where settings is not null order by queue'

/** With its limits, whose rows are locked first: whoever declares them meanwhile reads afterwards what is set. */
export async function configure(database: Database, queue: string, settings: QueueSettings): Promise<void> {
  const changed = await database.briefTransaction(async (_, within) => {
    const written = await write(within, limitsSet(settings))
    await set(within, queue, settings)
    return written
  })
  await reopenAll(database.session, changed)
}

async function set(session: Session, queue: string, settings: QueueSettings): Promise<void> {
  const { rankBy = null, dueBy = null, priorityBy = null, weights = null } = orderRule(settings) ?? {}
  const values = CONFIGURE.values({
    queue,
    settings: settingsText(settings),
    rankBy,
    dueBy,
    priorityBy,
    weights: weights && JSON.stringify(weights),
  })
  await session.at(CONFIGURE.text, ...values)
  await session.rows(FORGET_UNSET, queue)
}

const UNPLACED_BEFORE = 'select placed_before as before from millhand.queues where queue = $1 for update'

const WINDOW = `select seq from millhand.pending where seq < $1 order by seq desc limit 1 offset ${PLACED_MAX - 1}`

const PLACED = 'update millhand.queues set placed_before = $2 where queue = $1'

/** The next piece of those that waited when the order was changed, from the newest to the oldest, in one transaction. */
export function placeAnew(database: Database, queue: string): Promise<number> {
  return database.transaction((_, session) => placePiece(session, queue))
}

async function placePiece(session: Session, queue: string): Promise<number> {
  const [row] = await session.rows<{ before: number | null }>(UNPLACED_BEFORE, queue)
  const before = row?.before ?? 0
  if (before === 0) {
    await placeStrays(session, queue, PLACED_MAX)
    return 0
  }
  const [window] = await session.rows<{ seq: number }>(WINDOW, before)
  const from = window?.seq ?? 0
  await placeWindow(session, { queue, before, from })
  await session.rows(PLACED, queue, from === 0 ? null : from)
  await session.rows(FORGET_UNSET, queue)
  return from
}

const UNPLACED = 'select queue from millhand.queues where placed_before is not null'

export async function unplaced(session: Session): Promise<string[]> {
  const begun = (await session.rows<{ queue: string }>(UNPLACED)).map(({ queue }) => queue)
  return [...new Set([...begun, ...(await strayedFromOrders(session))])].sort()
}

export async function configured(session: Session): Promise<ConfiguredQueue[]> {
  const rows = await session.rows<{ queue: string; settings: string }>(CONFIGURED)
  return rows.map(({ queue, settings }) => ({ queue, settings: readSettings(settings) }))
}
