import type { PausedQueue } from '../queues.ts'
import type { Connection } from './connection.ts'

const PAUSE = `insert into millhand_queues (queue, paused_at) values (?, ?)
  on conflict (queue) do update set paused_at = coalesce(paused_at, excluded.paused_at)`

const RESUME = 'delete from millhand_queues where queue = ?'

const PAUSED =
  'select queue, paused_at as pausedAt from millhand_queues where paused_at is not null order by queue'

export function pause(connection: Connection, queue: string, nowMs: number): void {
  connection.run(PAUSE, queue, nowMs)
}

export function resume(connection: Connection, queue: string): void {
  connection.run(RESUME, queue)
}

export function paused(connection: Connection): PausedQueue[] {
  return connection.all<PausedQueue>(PAUSED)
}
