import { CALLS_KEPT_MS } from '../catalog.ts'
import type { MemoryData } from './data/data.ts'

/** Makes a call, or, where it was made before and its answer was lost, answers what it answered then. */
export function once(data: MemoryData, call: string | undefined, make: () => string[]): string[] {
  const made = call === undefined ? undefined : data.calls.get(call)
  if (made) return [...made.ids]
  const ids = make()
  if (call !== undefined) data.calls.set(call, { at: data.clock.now(), ids })
  return ids
}

/** Forgets calls that nobody makes again any more. */
export function forgetCalls(data: MemoryData, nowMs: number): void {
  for (const [call, { at }] of data.calls) if (at <= nowMs - CALLS_KEPT_MS) data.calls.delete(call)
}
