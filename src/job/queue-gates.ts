import { type JobGate, readGates, withMarksOf, writeGates } from './job-gates.ts'
import { definedLimits, type QueueLimitOptions } from './queue-limits.ts'

/**
 * The gates of a job in a queue with these limits, as they are kept with it: its own, and those of the queue and of all
 * queues. What its own limits say of a gate stands.
 */
export function gatesWithin(limits: string | null, held: readonly QueueLimitOptions[] = []): string | null {
  if (limits === null && held.length === 0) return null
  const there = readGates(limits)
  const own = there.filter(({ ofQueue }) => !ofQueue)
  if (held.length === 0 && own.length === there.length) return limits
  const gates = new Map<string, JobGate>()
  for (const { key, cost } of definedLimits(held))
    gates.set(key as string, { gate: key as string, cost, ofQueue: true })
  for (const each of own) gates.set(each.gate, each)
  return withMarksOf(limits, writeGates([...gates.values()]))
}

/** The gate at which a job goes on waiting with these gates: none where it is not one of them any more. */
export function gateAmong(limits: string | null, gate: string | null): string | null {
  return readGates(limits).some((each) => each.gate === gate) ? gate : null
}
