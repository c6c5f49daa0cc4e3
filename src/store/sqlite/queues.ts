import { type QueueSettings, readSettings, settingsText } from '../../job/queue-settings.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote } from '../queues.ts'
import type { Connection } from './connection.ts'

/** Whether the note of this call counts: where the queue was not paused, or where it says anything. */
const IS_NEWS = 'paused_at is null or coalesce(?3, ?4) is not null'

const PAUSE = `insert into millhand_queues (queue, paused_at, paused_by, pause_reason) values (?1, ?2, ?3, ?4)
  on conflict (queue) do update set paused_at = coalesce(paused_at, ?2),
  paused_by = iif(${IS_NEWS}, ?3, paused_by), pause_reason = iif(${IS_NEWS}, ?4, pause_reason)`

const FORGET = 'delete from millhand_queues where queue = ? and settings is null'

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

const CONFIGURE = `insert into millhand_queues (queue, settings) values (?1, ?2)
  on conflict (queue) do update set settings = ?2`

/** A queue that is not paused, and for which nothing is set, has no row. */
const FORGET_UNSET = 'delete from millhand_queues where queue = ? and settings is null and paused_at is null'

const CONFIGURED = 'select queue, settings from millhand_queues where settings is not null order by queue'

export function configure(connection: Connection, queue: string, settings: QueueSettings): void {
  connection.run(CONFIGURE, queue, settingsText(settings))
  connection.run(FORGET_UNSET, queue)
}

export function configured(connection: Connection): ConfiguredQueue[] {
  const rows = connection.all<{ queue: string; settings: string }>(CONFIGURED)
  return rows.map(({ queue, settings }) => ({ queue, settings: readSettings(settings) }))
}
