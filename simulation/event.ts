import type { Executed } from './call.ts'
import type { Change } from './changes.ts'
import type { GateWitness } from './controls/gate-witness.ts'
import type { TickWitness } from './controls/tick-witness.ts'
import type { Moment } from './moment.ts'
import type { Witness } from './witness.ts'

/** What the store has carried out at once: what was there before it and after it, and what was known before. */
export interface Event extends Moment {
  readonly witness: Witness
  readonly gates: GateWitness
  readonly ticks: TickWitness
  /** The jobs that are not what they were. */
  readonly changes: readonly Change[]
  /** Whether a claim takes the best of all jobs that there are. */
  readonly isOrdered: boolean
  /** Nobody is late for want of a turn: what is to happen soon does. */
  readonly isPunctual: boolean
}

/** Looks at one event and says, in words, what must not have been. */
export type Invariant = (event: Event) => string[]

/** What the calls of an event were, in words. */
export function verbsOf(calls: readonly Executed[]): string {
  return calls.map(({ verb }) => verb).join(' and ')
}
