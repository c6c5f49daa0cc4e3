import { type QueueSettings, readSettings, settingsText } from '../../job/queue-settings.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote } from '../queues.ts'
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

const CONFIGURE = `insert into millhand.queues (queue, settings) values ($1, $2)
  on conflict (queue) do update set settings = excluded.settings`

/** A queue that is not paused, and for which nothing is set, has no row. */
const FORGET_UNSET = 'delete from millhand.queues where queue = $1 and settings is null and paused_at is null'

const CONFIGURED = 'select queue, settings from millhand.queues where settings is not null order by queue'

export async function configure(session: Session, queue: string, settings: QueueSettings): Promise<void> {
  await session.rows(CONFIGURE, queue, settingsText(settings))
  await session.rows(FORGET_UNSET, queue)
}

export async function configured(session: Session): Promise<ConfiguredQueue[]> {
  const rows = await session.rows<{ queue: string; settings: string }>(CONFIGURED)
  return rows.map(({ queue, settings }) => ({ queue, settings: readSettings(settings) }))
}
