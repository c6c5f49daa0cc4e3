import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import type { NewJob } from '../../job/new-job.ts'
import { ALL_QUEUES } from '../../job/queue-limits.ts'
import {
  dropReason,
  excessOf,
  type QueueSettings,
  readSettings,
  type SizeLimit,
} from '../../job/queue-settings.ts'
import { type Purged, type PurgePiece, purgedFrom, purgedTexts } from '../queues.ts'
import { countByQueue } from '../room.ts'
import { callOnce } from './calls.ts'
import { CLASSES } from './claiming/lane-of-job.ts'
import { cancelPending } from './control.ts'
import type { Database } from './database.ts'
import { enterEnded } from './ledger.ts'
import { freeRowOf } from './lookup.ts'
import { LANELESS } from './pending.ts'
import type { Session } from './session.ts'
import { statement } from './sql.ts'

/** What is set for these queues, and for all. */
const SETTINGS = `select queue, settings from millhand.queues where queue = any($1::text[]) and settings is not null
  order by queue`

export type SettingsByQueue = ReadonlyMap<string, QueueSettings>

/**
 * Whoever adds to a queue that has a size of its own holds its row until what it has added is committed, so that two who count
 * at once do not both find room. Not in a caller's transaction, which would keep the queue from all others for as long as it is
 * open: it counts, and what others add meanwhile may be too much. Limits ask for no lock: a claim sees to them.
 */
export async function settingsOf(
  session: Session,
  queues: readonly string[],
  { locks }: { readonly locks: boolean },
): Promise<SettingsByQueue> {
  const settings = await readAll(session, SETTINGS, [...queues, ALL_QUEUES])
  const sized = [...settings].flatMap(([queue, { maxSize }]) => (maxSize === undefined ? [] : [queue]))
  if (!locks || sized.length === 0) return settings
  return new Map([...settings, ...(await readAll(session, `${SETTINGS} for update`, sized))])
}

async function readAll(session: Session, sql: string, queues: readonly string[]): Promise<SettingsByQueue> {
  const rows = await session.rows<{ queue: string; settings: string }>(sql, queues)
  return new Map(rows.map(({ queue, settings }) => [queue, readSettings(settings)]))
}

/** Those of them that have a size of their own. */
export function sizesIn(settings: SettingsByQueue): SizeLimit[] {
  return [...settings].flatMap(([queue, { maxSize, overflow }]) =>
    maxSize === undefined ? [] : [{ queue, maxSize, ...(overflow && { overflow }) }],
  )
}

/** Keeps queues within their sizes after jobs were stored, in their transaction. @throws MillhandError `queue_full` */
export async function keepWithin(
  session: Session,
  limits: readonly SizeLimit[],
  stored: readonly NewJob[],
): Promise<void> {
  const counts = countByQueue(stored)
  const filled = limits.filter(({ queue }) => counts.has(queue))
  const pending = await pendingIn(
    session,
    filled.map(({ queue }) => queue),
  )
  for (const limit of filled) {
    const { queue } = limit
    const excess = excessOf(limit, pending.get(queue) ?? 0, counts.get(queue) ?? 0)
    if (excess > 0) await cancelOldest(session, limit, excess)
  }
}

/** Where jobs wait that are due, each with a part of an index: in each class, and at gates. */
const WAITING = [...CLASSES.map((each) => `waits = 1 and class = ${each}`), 'waits = 3']

/** Of each lane by the index; what is scheduled is gone through once, whatever the number of queues. */
const COUNT_PENDING = `with mine as materialized (
    select id, queue from millhand.lanes where queue = any($1::text[])
  ), scheduled as materialized (
    select lane, count(*) as jobs from millhand.pending where waits = 2 group by lane
  )
  select queue, sum(jobs) as pending from (
    select queue, ${WAITING.map((waiting) => `(select count(*) from millhand.pending where ${waiting} and lane = mine.id)`).join('\n      + ')} as jobs from mine
    union all select mine.queue, s.jobs from scheduled s cross join lateral (select queue from mine where id = s.lane) mine
    union all select j.queue, 1 from ${LANELESS} where j.queue = any($1::text[])
  ) each group by queue`

/** How many jobs wait in each of these queues; none where it has none. */
export async function pendingIn(
  session: Session,
  queues: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (queues.length === 0) return new Map()
  const rows = await session.rows<{ queue: string; pending: string }>(COUNT_PENDING, queues)
  return new Map(rows.map(({ queue, pending }) => [queue, Number(pending)]))
}

const MINE = 'lane = any (array(select id from millhand.lanes where queue = $queue))'

/**
 * Those of a queue that wait: by the indexes of that, and not by their numbers, which would go through all that wait anywhere.
 * What somebody else has locked, such as a claim, is passed over: as many more are looked at as a claim may hold. Who waits for
 * nobody cannot wait in a circle, though it holds keys by then.
 */
const waitingIn = ({ condition = '', order = '' }): string =>
  `select p.seq from (select * from (select seq from (
        ${[...WAITING, 'waits = 2'].map((waiting) => `select p.seq from millhand.pending p where ${waiting} and ${MINE}${condition}`).join('\n        union all ')}
        union all select e.job from ${LANELESS} where j.queue = $queue${condition}
      ) waiting ${order} limit $limit + ${STATEMENT_ROWS_MAX}) few order by seq offset 0) w
    cross join ${freeRowOf('w', 'seq', 'pending')} p limit $limit`

const CANCEL_OLDEST = statement(
  { queue: 'text', reason: 'text', limit: 'integer' },
  cancelPending(waitingIn({ order: 'order by seq' })),
)

async function cancelOldest(session: Session, limit: SizeLimit, excess: number): Promise<void> {
  const values = CANCEL_OLDEST.values({ queue: limit.queue, reason: dropReason(limit), limit: excess })
  const rows = await session.at<{ id: string }>(CANCEL_OLDEST.text, ...values)
  const ids = rows.map(({ id }) => id)
  await enterEnded(session, ids, 'cancelled')
}

const PURGE = statement(
  { queue: 'text', reason: 'text', limit: 'integer', until: 'bigint' },
  cancelPending(waitingIn({ condition: ' and p.seq + 0 <= $until' })),
)

const NEWEST = 'select max(seq) as seq from millhand.jobs'

/** Cancels those of a queue that wait and that nobody holds, in a transaction. */
async function purge(session: Session, queue: string, { reason, limit, until }: PurgePiece): Promise<Purged> {
  const [newest] = until === undefined ? await session.rows<{ seq: number | null }>(NEWEST) : []
  const last = until ?? newest?.seq ?? 0
  const rows = await session.at<{ id: string }>(
    PURGE.text,
    ...PURGE.values({ queue, reason, limit, until: last }),
  )
  const ids = rows.map(({ id }) => id)
  await enterEnded(session, ids, 'cancelled')
  return { ids, until: last }
}

/** The same as a call that may be made again, since its answer was lost. */
export async function purgeOnce(database: Database, queue: string, piece: PurgePiece): Promise<Purged> {
  const texts = await callOnce(database, piece.call, async (within) =>
    purgedTexts(await purge(within, queue, piece)),
  )
  return purgedFrom(texts)
}

/** One statement sees a job in one place, or in the other. */
const UNFINISHED = `with mine as materialized (select id from millhand.lanes where queue = $1)
  select ${[...WAITING, 'waits = 2'].map((waiting) => `exists (select from millhand.pending where ${waiting} and lane = any (array(select id from mine)))`).join('\n    or ')}
    or exists (select from ${LANELESS} where j.queue = $1)
    or exists (select from millhand.claims c cross join lateral unnest(c.seqs) u(seq)
      join millhand.jobs j on j.seq = u.seq where j.queue = $1) as any`

/** Whether any of its jobs is pending or running. */
export async function unfinished(session: Session, queue: string): Promise<boolean> {
  const [row] = await session.rows<{ any: boolean }>(UNFINISHED, queue)
  return row?.any === true
}
