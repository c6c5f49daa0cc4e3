import { type Holder, keptUntil, ruleOf, type Standing } from '../../job/key.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { KeyLabel } from '../catalog.ts'
import type { Connection } from './connection.ts'
import { atMost } from './parameters.ts'

/** That a key is kept by another job than the one of this row, as of the time `now`. */
export const keptByAnother = (now: string): string => `exists (select 1 from millhand_keys k
  where k.name = millhand_jobs.name and k.key = millhand_jobs.key and k.id <> millhand_jobs.id
  and (k.kept_until is null or k.kept_until > ${now}))`

const ANY_KEPT = 'select 1 from millhand_keys limit 1'

/** Whether any key at all outlives its job: most often none does, and then no job has to ask for its own. */
export function keepsAny(connection: Connection): boolean {
  return connection.get(ANY_KEPT) !== undefined
}

const KEPT = `select id from millhand_keys
  where name = ? and key = ? and (kept_until is null or kept_until > ?)`

/** Who keeps a key beyond the end of its job. */
export function keeperOf(
  connection: Connection,
  { name, key }: Pick<NewJob, 'name' | 'key'>,
  nowMs: number,
): string | undefined {
  return connection.get<{ id: string }>(KEPT, name, key, nowMs)?.id
}

const ACTIVE = `select id, iif(waits is null, 'begun', 'pending') as standing from millhand_jobs
  where name = ? and key = ? and finished_at is null`

/** Who holds a key: an unfinished job, or one that has ended and keeps it. */
export function holderOf(connection: Connection, job: NewJob, nowMs: number): Holder | undefined {
  const active = connection.get<{ id: string; standing: Standing }>(ACTIVE, job.name, job.key)
  if (active) return active
  const id = keeperOf(connection, job, nowMs)
  return id === undefined ? undefined : { id, standing: 'ended' }
}

const KEEP = 'insert or replace into millhand_keys (name, key, id, kept_until) values (?, ?, ?, ?)'

const LET_GO = 'delete from millhand_keys where name = ? and key = ?'

/** Keeps the key of a job for as long as that says, from now on. */
export function keep(
  connection: Connection,
  job: NewJob,
  { id, nowMs }: { readonly id: string; readonly nowMs: number },
): void {
  const rule = ruleOf(job)
  if (rule.keptMs === 0) connection.run(LET_GO, job.name, job.key)
  else connection.run(KEEP, job.name, job.key, id, keptUntil(rule, nowMs))
}

export function freeKey(connection: Connection, label: KeyLabel, nowMs: number): string[] {
  const id = keeperOf(connection, label, nowMs)
  if (id === undefined) return []
  connection.run(LET_GO, label.name, label.key)
  return [id]
}

const FORGET = `delete from millhand_keys where (name, key) in (
  select name, key from millhand_keys where kept_until is not null and kept_until <= ? ${atMost()})`

/** Forgets keys whose time is over; an unfinished job holds its own without. */
export function forgetKeys(connection: Connection, limit: number, nowMs: number): void {
  connection.run(FORGET, nowMs, limit)
}
