import type { NewJob } from '../../job/new-job.ts'
import {
  dropReason,
  excessOf,
  type QueueSettings,
  readSettings,
  type SizeLimit,
  sizeLimit,
} from '../../job/queue-settings.ts'
import type { Purged, PurgePiece } from '../queues.ts'
import { countByQueue, type Room } from '../room.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { enterEnded } from './ledger.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED, READY, READY_ALONE, READY_LIMITED, READY_TURN, WAITS } from './pending.ts'

/**
 * Keeps queues within their size, after `arrived` came into them and in their transaction: a job whose key is held takes no
 * room, nor does one that replaces another of its queue. One that has a limit of its own is counted each time, since that limit is exact.
 *
 * @throws MillhandError `queue_full`, when the transaction has to be undone
 */
export function keepWithin(
  connection: Connection,
  arrived: readonly NewJob[],
  { room, pendingMax, nowMs }: { readonly room: Room; readonly pendingMax: number; readonly nowMs: number },
): void {
  const counts = countByQueue(arrived)
  const limits = [...counts.keys()].flatMap((queue) => limitOf(connection, queue) ?? [])
  const own = new Set(limits.map(({ queue }) => queue))
  const others = own.size === 0 ? arrived : arrived.filter(({ queue }) => !own.has(queue))
  for (const queue of room.take(others, pendingMax)) {
    room.counted(queue, pendingIn(connection, queue), pendingMax)
  }
  for (const limit of limits) {
    const { queue } = limit
    const excess = excessOf(limit, pendingIn(connection, queue), counts.get(queue) ?? 0)
    if (excess === 0) continue
    const oldest = connection.all<{ seq: number }>(OLDEST, queue, excess)
    cancelAll(connection, oldest, { reason: dropReason(limit), nowMs })
  }
}

const SETTINGS = 'select settings from millhand_queues where queue = ?'

/** What is set for queues, as one call reads it: each queue once. */
export function settingsReader(connection: Connection): (queue: string) => QueueSettings {
  const known = new Map<string, QueueSettings>()
  return (queue) => {
    const before = known.get(queue)
    if (before) return before
    const row = connection.get<{ settings: string | null }>(SETTINGS, queue)
    const settings = readSettings(row?.settings ?? null)
    known.set(queue, settings)
    return settings
  }
}

function limitOf(connection: Connection, queue: string): SizeLimit | undefined {
  return sizeLimit(queue, connection.get<{ settings: string | null }>(SETTINGS, queue)?.settings)
}

const LANES = 'select id from millhand_lanes where queue = ?1'

const COUNT_PENDING = `select
  (select count(*) from millhand_jobs where ${READY} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_ALONE} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_LIMITED} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_TURN} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${PARKED} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where waits = ${WAITS.due} and queue = ?1) as pending`

function pendingIn(connection: Connection, queue: string): number {
  return connection.get<{ pending: number }>(COUNT_PENDING, queue)?.pending ?? 0
}

/** What waits in a queue, by the indexes of that: by the table it would go through all that was ever in it. */
const waitingIn = (
  condition = '',
): string => `select seq from millhand_jobs where ${READY} and lane in (${LANES})${condition}
    union all select seq from millhand_jobs where ${READY_ALONE} and lane in (${LANES})${condition}
    union all select seq from millhand_jobs where ${READY_LIMITED} and lane in (${LANES})${condition}
    union all select seq from millhand_jobs where ${READY_TURN} and lane in (${LANES})${condition}
    union all select seq from millhand_jobs where ${PARKED} and lane in (${LANES})${condition}
    union all select seq from millhand_jobs where waits = ${WAITS.due} and queue = ?1${condition}`

const OLDEST = `select seq from (${waitingIn()}) order by seq ${atMost('?2')}`

const ANY_UNTIL = `select seq from (${waitingIn(' and seq <= ?3')}) ${atMost('?2')}`

const CANCEL = `update millhand_jobs set state = 'cancelled', waits = null, lane = null, gate = null, reason = ?, finished_at = ?
  where seq in (select value from json_each(?)) returning id`

const NEWEST = 'select max(seq) as seq from millhand_jobs'

/** Cancels those of a queue that wait and that nobody holds. */
export function purge(
  connection: Connection,
  { queue, reason, limit, until }: PurgePiece & { readonly queue: string },
  nowMs: number,
): Purged {
  const last = until ?? connection.get<{ seq: number | null }>(NEWEST)?.seq ?? 0
  const rows = connection.all<{ seq: number }>(ANY_UNTIL, queue, limit, last)
  return { ids: cancelAll(connection, rows, { reason, nowMs }), until: last }
}

function cancelAll(
  connection: Connection,
  rows: readonly { readonly seq: number }[],
  { reason, nowMs }: { readonly reason: string; readonly nowMs: number },
): string[] {
  const seqs = rows.map(({ seq }) => seq)
  const cancelled = connection.all<{ id: string }>(CANCEL, reason, nowMs, asList(seqs))
  recordChanges(connection, { verb: 'cancel', nowMs }, seqs)
  enterEnded(connection, seqs, { end: 'cancelled', nowMs })
  return cancelled.map(({ id }) => id)
}

const HELD =
  "select 1 from millhand_jobs where worker is not null and queue = ?1 and state in ('pending', 'running')"

const UNFINISHED = `select exists (${waitingIn()}) or exists (${HELD}) as any`

/** Whether any of its jobs is pending or running. */
export function unfinished(connection: Connection, queue: string): boolean {
  return connection.get<{ any: number }>(UNFINISHED, queue)?.any === 1
}
