import type { LedgerRow } from '../job/ledger.ts'

/**
 * What has ended, minute by minute, by queue and name: so that the figures of a queue cost the same whatever is kept of its
 * jobs. Whatever ends jobs adds to it in the same transaction.
 */
export interface LedgerStore {
  /** The rows of the minutes from this one on; there may be several of one minute, queue and name, to be added up. */
  read(fromMs: number): Promise<LedgerRow[]>
  /** What is pending or running, by queue and name; counted by what is unfinished, whatever has ended. */
  depths(): Promise<Depth[]>
  /** Makes one row of those of one minute, queue and name, and deletes what is older than `keepMs`; bounded pieces. */
  tidy(keepMs: number): Promise<void>
}

/** The unfinished jobs of one queue and name. */
export interface Depth {
  readonly queue: string
  readonly name: string
  /** Due or not, held or not. */
  readonly pending: number
  /** Those of them that are not due yet, and that nobody holds. */
  readonly scheduled: number
  readonly running: number
  /** Due time of the oldest that is due and nobody holds; `null` where there is none. */
  readonly oldestDueAt: number | null
}
