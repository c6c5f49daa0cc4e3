import { type QueueSettings, settingsText } from '../../job/queue-settings.ts'
import { isFinal } from '../../job/state.ts'
import { type ConfiguredQueue, NO_NOTE, type PausedQueue, type PauseNote } from '../queues.ts'
import type { MemoryData } from './data/data.ts'

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
  if (settingsText(settings) === null) data.settings.delete(queue)
  else data.settings.set(queue, settings)
}

export function configured(data: MemoryData): ConfiguredQueue[] {
  const all = [...data.settings].map(([queue, settings]) => ({ queue, settings }))
  return all.sort((left, right) => (left.queue < right.queue ? -1 : 1))
}

export function unfinished(data: MemoryData, queue: string): boolean {
  for (const job of data.jobs.all()) if (job.queue === queue && !isFinal(job.state)) return true
  return false
}
