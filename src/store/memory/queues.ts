import { placesAlike } from '../../job/order.ts'
import { limitsSet } from '../../job/queue-limits.ts'
import { type QueueSettings, settingsText } from '../../job/queue-settings.ts'
import { isFinal } from '../../job/state.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote, PLACED_MAX } from '../queues.ts'
import type { MemoryData } from './data/data.ts'
import { write } from './limits.ts'

/** A queue that is paused again has been so since the first time. */
export function pause(data: MemoryData, queue: string, { by, reason }: PauseNote = NO_NOTE): void {
  const before = data.paused.get(queue)
  const says = by !== null || reason !== null
  const note = says || !before ? { by, reason } : { by: before.by, reason: before.reason }
  data.paused.set(queue, { queue, pausedAt: before?.pausedAt ?? data.clock.now(), ...note })
}

export function resume(data: MemoryData, queue: string): void {
  data.paused.delete(queue)
}

export function paused(data: MemoryData): PausedQueue[] {
  return [...data.paused.values()]
}

export function configure(data: MemoryData, queue: string, settings: QueueSettings): void {
  const before = data.settings.get(queue) ?? {}
  write(data, limitsSet(settings))
  if (settingsText(settings) === null) data.settings.delete(queue)
  else data.settings.set(queue, settings)
  if (!placesAlike(before, settings)) data.unplaced.set(queue, data.lastSeq + 1)
}

/** From the newest to the oldest. */
export function place(data: MemoryData, queue: string): number {
  const before = data.unplaced.get(queue) ?? 0
  const waiting = data.jobs.pending.of(queue).filter(({ seq }) => seq < before)
  for (const job of waiting.slice(-PLACED_MAX)) data.jobs.placeAnew(job)
  const left = waiting.length > PLACED_MAX ? (waiting.at(-PLACED_MAX)?.seq ?? 0) : 0
  if (left > 0) data.unplaced.set(queue, left)
  else data.unplaced.delete(queue)
  return left
}

export function unplaced(data: MemoryData): string[] {
  return [...data.unplaced.keys()].sort()
}

export function configured(data: MemoryData): ConfiguredQueue[] {
  const all = [...data.settings].map(([queue, settings]) => ({ queue, settings }))
  return all.sort((left, right) => (left.queue < right.queue ? -1 : 1))
}

export function unfinished(data: MemoryData, queue: string): boolean {
  for (const job of data.jobs.all()) if (job.queue === queue && !isFinal(job.state)) return true
  return false
}
