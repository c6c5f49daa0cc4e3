import { cacheGateOf } from '../job/cache.ts'
import { opensAt } from '../job/gate.ts'
import { readGates } from '../job/job-gates.ts'
import { limitOf } from '../job/limit.ts'
import type { GateReader } from './admissions.ts'

/** Where what gates say is not what runs. */
export interface Strays {
  /** A gate is held by a job that does not run; without an id: that there is not. */
  readonly holders: readonly { readonly gate: string; readonly id: string | null }[]
  /** A job runs, and holds none of these gates, though it is of them. */
  readonly unheld: readonly { readonly id: string; readonly gates: readonly string[] }[]
  /** A job waits at a gate that would let it pass; the first one of each gate. */
  readonly waiting: readonly { readonly gate: string; readonly id: string }[]
}

/** A running job with the names of the gates that it holds. */
interface HeldGates {
  readonly id: string
  readonly limits: string | null
  readonly held: readonly string[]
}

export function unheldOf(jobs: readonly HeldGates[], limit: number): Strays['unheld'] {
  const unheld = jobs.filter(holdsOrShould).map(({ id, limits, held }) => {
    const gates = readGates(limits).map(({ gate }) => gate)
    return { id, gates: gates.filter((gate) => !held.includes(gate)) }
  })
  return unheld.filter(({ gates }) => gates.length > 0).slice(0, limit)
}

/** Who takes the result of an equal job holds nothing for as long as that takes. */
function holdsOrShould({ limits, held }: HeldGates): boolean {
  return held.length > 0 || cacheGateOf(limits) === undefined
}

/** Whether the gate at which a job waits would let it pass. */
export function letsPass(
  { gate, limits }: { readonly gate: string; readonly limits: string | null },
  reader: GateReader,
  nowMs: number,
): boolean {
  const cost = readGates(limits).find((each) => each.gate === gate)?.cost
  return opensAt(reader.limit(limitOf(gate)), reader.state(gate), cost) <= nowMs
}
