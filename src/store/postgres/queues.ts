import type { PausedQueue } from '../queues.ts'
import { wake } from './change.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

const PAUSE = `insert into millhand.queues as q (queue, paused_at) values ($2, ${NOW})
  on conflict (queue) do update set paused_at = coalesce(q.paused_at, excluded.paused_at)`

const RESUME = `with resumed as (delete from millhand.queues where queue = $2 returning queue)
  ${wake('ready', 'exists (select from resumed)')}`

const PAUSED = `select queue, paused_at as "pausedAt" from millhand.queues where paused_at is not null order by queue`

export async function pause(session: Session, queue: string): Promise<void> {
  await session.at(PAUSE, queue)
}

export async function resume(session: Session, queue: string): Promise<void> {
  await session.at(RESUME, queue)
}

export function paused(session: Session): Promise<PausedQueue[]> {
  return session.rows<PausedQueue>(PAUSED)
}
