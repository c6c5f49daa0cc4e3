import type { Executed } from './call.ts'
import type { Change } from './changes.ts'
import type { Snapshot } from './snapshot.ts'
import type { Witness } from './witness.ts'

/** What the store has carried out at once: what was there before it and after it, and what was known before. */
export interface Event {
  /** Mostly one; those that a transaction consists of come after it. */
  readonly calls: readonly Executed[]
  readonly before: Snapshot
  readonly after: Snapshot
  readonly witness: Witness
  /** The jobs that are not what they were. */
  readonly changes: readonly Change[]
  /** Whether a claim takes the best of all jobs that there are. */
  readonly isOrdered: boolean
  /** By the time of the world. */
  readonly elapsedMs: number
}

/** Looks at one event and says, in words, what must not have been. */
export type Invariant = (event: Event) => string[]
