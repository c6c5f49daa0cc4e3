import { NO_NOTE, type PausedQueue, type PauseNote } from '../queues.ts'
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
