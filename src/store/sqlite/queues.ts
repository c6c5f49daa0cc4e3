import { orderRule } from '../../job/order.ts'
import { limitsSet } from '../../job/queue-limits.ts'
import { readSettings, settingsText } from '../../job/queue-settings.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote, PLACED_MAX } from '../queues.ts'
import type { Connection } from './connection.ts'
import { write } from './limits.ts'
import { place } from './order.ts'
import { atMost } from './parameters.ts'
import { countReturn } from './pending.ts'

/** Whether the note of this call counts: where the queue was not paused, or where it says anything. */
const IS_NEWS = 'paused_at is null or coalesce(?3, ?4) is not null'

const PAUSE = `insert into millhand_queues (queue, paused_at, paused_by, pause_reason) values (?1, ?2, ?3, ?4)
  on conflict (queue) do update set paused_at = coalesce(paused_at, ?2),
  paused_by = iif(${IS_NEWS}, ?3, paused_by), pause_reason = iif(${IS_NEWS}, ?4, pause_reason)`

const FORGET = 'delete from millhand_queues where queue = ? and settings is null and placed_before is null'

const RESUME = `update millhand_queues set paused_at = null, paused_by = null, pause_reason = null where queue = ?`

const PAUSED = `select queue, paused_at as pausedAt, paused_by as by, pause_reason as reason from millhand_queues
  where paused_at is not null order by queue`

export function pause(
  connection: Connection,
  { queue, note = NO_NOTE }: { readonly queue: string; readonly note?: PauseNote | undefined },
  nowMs: number,
): void {
  connection.run(PAUSE, queue, nowMs, note.by, note.reason)
}

export function resume(connection: Connection, queue: string): void {
  connection.run(FORGET, queue)
  connection.run(RESUME, queue)
}

export function paused(connection: Connection): PausedQueue[] {
  return connection.all<PausedQueue>(PAUSED)
}

/** Before the job that comes next. */
const NEXT = "coalesce((select seq from sqlite_sequence where name = 'millhand_jobs'), 0) + 1"

const CONFIGURE = `insert into millhand_queues (queue, settings, rank_by, due_by, priority_by, weights, placed_before)
  values (?1, ?2, ?3, ?4, ?5, ?6, iif(?4 is null, null, ${NEXT}))
  on conflict (queue) do update set settings = ?2, rank_by = ?3, due_by = ?4, priority_by = ?5, weights = ?6,
    placed_before = iif(rank_by is ?3 and due_by is ?4 and priority_by is ?5 and (weights is null) = (?6 is null), placed_before, ${NEXT})`

const CONFIGURED = 'select queue, settings from millhand_queues where settings is not null order by queue'

export function configure(connection: Connection, { queue, settings }: ConfiguredQueue, nowMs: number): void {
  write(connection, limitsSet(settings), nowMs)
  const { rankBy = null, dueBy = null, priorityBy = null, weights = null } = orderRule(settings) ?? {}
  const drawn = weights && JSON.stringify(weights)
  connection.run(CONFIGURE, queue, settingsText(settings), rankBy, dueBy, priorityBy, drawn)
  forgetUnset(connection, queue)
}

export function configured(connection: Connection): ConfiguredQueue[] {
  const rows = connection.all<{ queue: string; settings: string }>(CONFIGURED)
  return rows.map(({ queue, settings }) => ({ queue, settings: readSettings(settings) }))
}

/** Rows that one piece looks at: of those it writes `PLACED_MAX` at most. */
const LOOKED_AT_MAX = 10_000

const UNPLACED_BEFORE = 'select placed_before as before from millhand_queues where queue = ?'

const WINDOW = `select seq from millhand_jobs where seq < ? order by seq desc limit 1 offset ${LOOKED_AT_MAX - 1}`

const WAITING = `select seq from millhand_jobs where seq >= ? and seq < ? and queue = ? and waits is not null
  order by seq desc ${atMost()}`

const PLACED = 'update millhand_queues set placed_before = ?2 where queue = ?1'

const FORGET_UNSET = `delete from millhand_queues
  where queue = ? and settings is null and paused_at is null and placed_before is null`

/** The next piece of those that waited when the order of the queue was changed, from the newest to the oldest. */
export function placeAnew(connection: Connection, queue: string): number {
  const before = connection.get<{ before: number | null }>(UNPLACED_BEFORE, queue)?.before ?? 0
  if (before === 0) return 0
  const from = connection.get<{ seq: number }>(WINDOW, before)?.seq ?? 0
  const found = connection.all<{ seq: number }>(WAITING, from, before, queue, PLACED_MAX)
  const seqs = found.map(({ seq }) => seq)
  place(connection, seqs)
  countReturn(connection)
  const left = seqs.length < PLACED_MAX ? from : (seqs.at(-1) ?? 0)
  connection.run(PLACED, queue, left === 0 ? null : left)
  forgetUnset(connection, queue)
  return left
}

/** A queue that is not paused, and for which nothing is set or still to be done, has no row. */
function forgetUnset(connection: Connection, queue: string): void {
  connection.run(FORGET_UNSET, queue)
}

export const UNPLACED = 'select queue from millhand_queues where placed_before is not null order by queue'

export function unplaced(connection: Connection): string[] {
  return connection.all<{ queue: string }>(UNPLACED).map(({ queue }) => queue)
}
