import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Retention } from '../job/retention.ts'
import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { Store } from '../store/store.ts'
import type { MillhandEvents } from '../telemetry/events.ts'

/** What the maintenance works with. */
export interface UpkeepParts {
  readonly store: Store
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
}

/** Ends lapsed leases, piece by piece: their jobs run again or are quarantined. Gives when the next lease lapses, if no beat comes. */
export async function rescue({ store, events }: UpkeepParts, crashLimit: number): Promise<number | null> {
  for (;;) {
    const { nextLapseAt, more, ...piece } = await store.upkeep.rescue(crashLimit, STATEMENT_ROWS_MAX)
    const { workers, rescued, quarantined } = piece
    if (workers.length + rescued.length + quarantined.length > 0) events.emit('rescue', piece)
    if (!more) return nextLapseAt
  }
}

/** Does what was asked for in SQL and left to a worker. Whether there was anything. */
export async function runErrands({ store }: UpkeepParts): Promise<boolean> {
  return (await store.upkeep.errands(STATEMENT_ROWS_MAX)) > 0
}

/** Fails jobs that nobody started in time. True where there may be more. */
export async function expire({ store, events }: UpkeepParts): Promise<boolean> {
  const ids = await store.upkeep.expire(STATEMENT_ROWS_MAX)
  if (ids.length > 0) events.emit('expire', { ids })
  return ids.length === STATEMENT_ROWS_MAX
}

/** Gives what waits its place, where the order of a queue was changed and whoever did so did not get to the end. A piece of each queue. True where there is more. */
export async function place({ store }: UpkeepParts): Promise<boolean> {
  const queues = await store.queues.unplaced()
  const left = await Promise.all(queues.map((queue) => store.queues.place(queue)))
  return left.some((each) => each > 0)
}

/** Deletes a bounded piece of the settled jobs that are too old. True where there may be more. */
export async function prune({ store, events }: UpkeepParts, retention: Retention): Promise<boolean> {
  const count = await store.upkeep.prune(retention, STATEMENT_ROWS_MAX)
  if (count > 0) events.emit('prune', { count })
  const more = count === STATEMENT_ROWS_MAX
  if (!more) await store.ledger.tidy(retention.stats)
  return more
}
