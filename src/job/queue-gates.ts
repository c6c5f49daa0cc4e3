import { comesFirst, readGates, requirementsIn, storedGate, withRequirements } from './job-gates.ts'
import { definedLimits, type QueueLimitOptions } from './queue-limits.ts'

/** A gate that a job has by its queue, or since all have it, is marked: with another queue it has others. */
type StoredGate = ReturnType<typeof storedGate> | readonly [gate: string, cost: number, ofQueue: 1]

/**
 * The gates of a job in a queue with these limits, as they are kept with it: its own, and those of the queue and of all
 * queues. What its own limits say of a gate stands.
 */
export function gatesWithin(
  limits: string | null,
  held: readonly QueueLimitOptions[] | undefined,
): string | null {
  if (limits === null && !held?.length) return null
  const own = ownGates(limits)
  const required = requirementsIn(limits)
  if (!held?.length)
    return own.length === readGates(limits).length ? limits : withRequirements(textOf(own), required)
  const gates = new Map<string, StoredGate>()
  for (const { key, cost } of definedLimits(held)) gates.set(key as string, [key as string, cost, 1])
  for (const gate of own) gates.set(gate[0], gate)
  return withRequirements(textOf([...gates.values()]), required)
}

function ownGates(limits: string | null): StoredGate[] {
  const marked = new Set(limits === null ? [] : markedIn(limits))
  return readGates(limits).flatMap((each) => (marked.has(each.gate) ? [] : [storedGate(each)]))
}

/** What cannot be read has no gates at all. */
function markedIn(limits: string): string[] {
  if (readGates(limits).length === 0) return []
  return (JSON.parse(limits) as StoredGate[]).flatMap(([gate, , ofQueue]) => (ofQueue === 1 ? [gate] : []))
}

function textOf(gates: readonly StoredGate[]): string | null {
  if (gates.length === 0) return null
  return JSON.stringify(gates.toSorted(([one], [other]) => (comesFirst(one, other) ? -1 : 1)))
}

/** The gate at which a job goes on waiting with these gates: none where it is not one of them any more. */
export function gateAmong(limits: string | null, gate: string | null): string | null {
  return readGates(limits).some((each) => each.gate === gate) ? gate : null
}
