import type { NewJob } from '../../job/new-job.ts'
import { dropReason, excessOf, type SizeLimit, sizeLimit } from '../../job/queue-settings.ts'
import { countByQueue, type Room } from '../room.ts'
import { recordChanges } from './change.ts'
import type { Connection } from './connection.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED, READY, READY_ALONE, READY_LIMITED, WAITS } from './pending.ts'

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
    if (excess > 0) cancelOldest(connection, queue, { limit: excess, reason: dropReason(limit), nowMs })
  }
}

const SETTINGS = 'select settings from millhand_queues where queue = ?'

function limitOf(connection: Connection, queue: string): SizeLimit | undefined {
  return sizeLimit(queue, connection.get<{ settings: string | null }>(SETTINGS, queue)?.settings)
}

const LANES = 'select id from millhand_lanes where queue = ?1'

const COUNT_PENDING = `select
  (select count(*) from millhand_jobs where ${READY} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_ALONE} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${READY_LIMITED} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where ${PARKED} and lane in (${LANES})) +
  (select count(*) from millhand_jobs where waits = ${WAITS.due} and queue = ?1) as pending`

function pendingIn(connection: Connection, queue: string): number {
  return connection.get<{ pending: number }>(COUNT_PENDING, queue)?.pending ?? 0
}

/** By the indexes of what waits: by the table it would go through all that was ever in the queue. */
const OLDEST = `select seq from (
    select seq from millhand_jobs where ${READY} and lane in (${LANES})
    union all select seq from millhand_jobs where ${READY_ALONE} and lane in (${LANES})
    union all select seq from millhand_jobs where ${READY_LIMITED} and lane in (${LANES})
    union all select seq from millhand_jobs where ${PARKED} and lane in (${LANES})
    union all select seq from millhand_jobs where waits = ${WAITS.due} and queue = ?1
  ) order by seq ${atMost()}`

const CANCEL = `update millhand_jobs set state = 'cancelled', waits = null, lane = null, gate = null, reason = ?, finished_at = ?
  where seq in (select value from json_each(?)) returning id`

/** Cancels those of a queue that have waited longest, of those that nobody holds. */
function cancelOldest(
  connection: Connection,
  queue: string,
  { limit, reason, nowMs }: { readonly limit: number; readonly reason: string; readonly nowMs: number },
): string[] {
  const seqs = connection.all<{ seq: number }>(OLDEST, queue, limit).map(({ seq }) => seq)
  const cancelled = connection.all<{ id: string }>(CANCEL, reason, nowMs, asList(seqs))
  recordChanges(connection, { verb: 'cancel', nowMs }, seqs)
  return cancelled.map(({ id }) => id)
}
