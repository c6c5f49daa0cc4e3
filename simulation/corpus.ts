import type { StoreKind } from './database.ts'

/**
 * A seed that has once found something. What happens with it changes with the simulator (the last time when calls that find nothing
 * to do ceased to wake others); it stays a world like any other.
 */
export interface Remembered {
  readonly store: StoreKind
  readonly seed: number
  readonly steps: number
  /** What it has found. */
  readonly found: string
}

const UNWRITTEN = 'a repeated settlement that was answered as written, and was not'
const RESTLESS = 'a world that was not at rest in time, with faults that went on'

/** Replayed before all others. */
export const CORPUS: readonly Remembered[] = [
  { store: 'memory', seed: 1_384, steps: 400, found: UNWRITTEN },
  { store: 'memory', seed: 1_690, steps: 400, found: UNWRITTEN },
  { store: 'memory', seed: 53, steps: 400, found: RESTLESS },
  { store: 'memory', seed: 1_045, steps: 400, found: RESTLESS },
  { store: 'memory', seed: 1_762, steps: 400, found: RESTLESS },
  { store: 'sqlite', seed: 1_384, steps: 400, found: UNWRITTEN },
  { store: 'sqlite', seed: 1_690, steps: 400, found: UNWRITTEN },
]
