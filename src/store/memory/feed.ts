import type { JobChange } from '../feed.ts'
import type { MemoryData } from './data/data.ts'

export function subscribe(data: MemoryData, subscriber: string, leaseMs: number): number {
  const nowMs = data.clock.now()
  for (const [lapsed, untilMs] of data.subscribers) {
    if (untilMs <= nowMs) data.subscribers.delete(lapsed)
  }
  data.subscribers.set(subscriber, nowMs + leaseMs)
  return data.lastCursor
}

/** The last one out turns off the light: a feed that nobody reads is empty. */
export function unsubscribe(data: MemoryData, subscriber: string): void {
  data.subscribers.delete(subscriber)
  if (data.subscribers.size === 0) data.changes = []
}

export function changesAfter(data: MemoryData, cursor: number, limit: number): JobChange[] {
  const first = data.changes.findIndex((change) => change.cursor > cursor)
  return first < 0 ? [] : data.changes.slice(first, first + limit).map((change) => ({ ...change }))
}
