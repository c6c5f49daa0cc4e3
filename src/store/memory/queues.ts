import type { PausedQueue } from '../queues.ts'
import type { MemoryData } from './data/data.ts'

/** Pausing again changes nothing: the queue has been paused since the first time. */
export function pause(data: MemoryData, queue: string): void {
  if (!data.paused.has(queue)) data.paused.set(queue, data.clock.now())
}

export function resume(data: MemoryData, queue: string): void {
  data.paused.delete(queue)
}

export function paused(data: MemoryData): PausedQueue[] {
  return [...data.paused].map(([queue, pausedAt]) => ({ queue, pausedAt }))
}
