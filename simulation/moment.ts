import type { Executed } from './call.ts'
import type { Database } from './database.ts'
import type { Snapshot } from './snapshot.ts'

/** What was done at once, with what was there before and after it. */
export interface Moment {
  /** Mostly one; those that a transaction consists of come after it. */
  readonly calls: readonly Executed[]
  readonly before: Snapshot
  readonly after: Snapshot
  /** By the time of the world. */
  readonly elapsedMs: number
  /** How well the times of the store are known. */
  readonly timing: Database['timing']
}
