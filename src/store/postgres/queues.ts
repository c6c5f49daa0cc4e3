import { NO_NOTE, type PausedQueue, type PauseNote } from '../queues.ts'
import { wake } from './change.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** Whether the note of this call counts: where the queue was not paused, or where it says anything. */
const IS_NEWS = 'q.paused_at is null or coalesce($3::text, $4::text) is not null'

const PAUSE = `insert into millhand.queues as q (queue, paused_at, paused_by, pause_reason)
  values ($2, ${NOW}, $3::text, $4::text)
  on conflict (queue) do update set paused_at = coalesce(q.paused_at, excluded.paused_at),
  paused_by = case when ${IS_NEWS} then $3::text else q.paused_by end,
  pause_reason = case when ${IS_NEWS} then $4::text else q.pause_reason end`

const RESUME = `with forgotten as (
    delete from millhand.queues where queue = $2 and settings is null returning paused_at
  ), resumed as (
    update millhand.queues set paused_at = null, paused_by = null, pause_reason = null
    where queue = $2 and settings is not null returning queue
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
