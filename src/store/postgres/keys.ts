import { type Holder, type KeyRule, keptUntil, ruleOf, type Standing } from '../../job/key.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { KeyLabel } from '../catalog.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/**
 * A key that outlives its job has minus the number of that: what frees the keys of jobs that have ended, of this version
 * or of one that knows nothing of such keys, does not find it, and whoever inserts does.
 */

const PENDING = 'exists (select from millhand.pending p where p.seq = abs(k.seq))'
const BEGUN = `exists (select from millhand.claims c
  where c.low <= abs(k.seq) and c.high >= abs(k.seq) and abs(k.seq) = any(c.seqs))`

/** That nobody holds a key `k` any more: its job has ended, and so has its time. */
const IS_OVER = `(k.seq > 0 or k.kept_until <= ${NOW}) and not ${PENDING} and not ${BEGUN}`

/** Who holds a key, as one look at everything has seen it. */
export interface KeyHolder extends Holder, KeyLabel {
  readonly seq: number
  /** Nobody holds it any more. */
  readonly over: boolean
}

const HOLDERS = `select k.name, k.key, k.id, abs(k.seq) as seq, ${PENDING} as pending, ${BEGUN} as begun, ${IS_OVER} as over
  from millhand.keys k join unnest($2::text[], $3::text[]) as g(name, key) using (name, key)`

type Row = Omit<KeyHolder, 'standing'> & { readonly pending: boolean; readonly begun: boolean }

/** The holders of the keys that are held, by `labelOf`. */
export async function holdersOf(
  session: Session,
  jobs: readonly NewJob[],
): Promise<ReadonlyMap<string, KeyHolder>> {
  const labels = jobs.flatMap(({ name, key }) => (key === null ? [] : [{ name, key }]))
  if (labels.length === 0) return new Map()
  const rows = await session.at<Row>(
    HOLDERS,
    labels.map(({ name }) => name),
    labels.map(({ key }) => key),
  )
  return new Map(
    rows.map(({ pending, begun, ...row }) => [
      labelOf(row),
      { ...row, standing: standingOf(pending, begun) },
    ]),
  )
}

function standingOf(pending: boolean, begun: boolean): Standing {
  return pending ? 'pending' : begun ? 'begun' : 'ended'
}

/** A name holds no control character, so that no other name and key make the same text. */
export function labelOf({ name, key }: Pick<NewJob, 'name' | 'key'>): string {
  return `${name}\0${key}`
}

const RELEASE = `delete from millhand.keys k where k.seq = any($2::bigint[]) and ${IS_OVER}`

/** Lets go of keys that are over. */
export async function releaseKeys(session: Session, holders: readonly KeyHolder[]): Promise<void> {
  const seqs = holders.flatMap(({ seq }) => [seq, -seq])
  if (seqs.length > 0) await session.at(RELEASE, seqs)
}

const RELEASE_OF = `delete from millhand.keys k using millhand.jobs j
  where j.id = any($2::text[]) and k.name = j.name and k.key = j.key and ${IS_OVER}`

/** The same of the keys of these jobs. */
export async function releaseKeysOf(session: Session, ids: readonly string[]): Promise<void> {
  await session.at(RELEASE_OF, ids)
}

const FORGET = `delete from millhand.keys where (name, key) in (
    select k.name, k.key from millhand.keys k where k.kept_until <= ${NOW} and ${IS_OVER}
    order by k.kept_until limit $2 for update skip locked)`

/** Forgets keys whose time is over, and whose jobs have ended. */
export async function forgetKeys(session: Session, limit: number): Promise<void> {
  await session.at(FORGET, limit)
}

const FREE = `update millhand.keys set kept_until = ${NOW}
  where name = $2 and key = $3 and seq < 0 and (kept_until is null or kept_until > ${NOW}) returning id`

/** Over from now on; an unfinished job holds it all the same. */
export async function freeKey(session: Session, { name, key }: KeyLabel): Promise<string[]> {
  const rows = await session.at<{ id: string }>(FREE, name, key)
  return rows.map(({ id }) => id)
}

/** Stands for ever in a statement that is told how long a key is kept; `null`: no longer than its job. */
const FOR_EVER = -1

/** How long a key is kept, as a statement is told it. */
export function keptFor(job: { readonly keyRule?: KeyRule | undefined }): number | null {
  const rule = ruleOf(job)
  if (rule.keptMs === 0) return null
  return keptUntil(rule, 0) ?? FOR_EVER
}

/** In SQL: the number under which a key is held, and until when, of a row with `seq` and `kept`, beside `clock`. */
export const heldUnder = (row: string): string =>
  `case when ${row}.kept is null then ${row}.seq else -${row}.seq end`
export const heldUntil = (row: string): string =>
  `case when ${row}.kept >= 0 then ${row}.kept + (select now from clock) end`
