import { type ClaimedJob, type Place, REFUSALS_MAX } from '../store/jobs.ts'

/** After a claim that was refused everything, others get so many times as long as it took: it has kept the store busy. */
const REST_SHARE = 4

/**
 * Where the claims of a worker with a second filter are. A claim gives up after many refusals; the next one goes on
 * from there, and from the top again when the end was reached: what is behind ten thousand jobs of others is found,
 * and none of them is claimed for it.
 */
export class Refusals {
  #count = 0
  #last: Place | undefined
  #after: Place | undefined
  #restMs = 0

  /** Where the next claim starts; `undefined`: at the top. */
  get after(): Place | undefined {
    return this.#after
  }

  /** Remembers a refusal; gives the answer to the store, which is always no. */
  add({ priority, dueAt, seq }: ClaimedJob): false {
    this.#count += 1
    this.#last = { priority, dueAt, seq }
    return false
  }

  /** How long to leave the store to others before the next claim, in milliseconds. */
  get restMs(): number {
    return this.#restMs
  }

  /** A claim has ended, that took so long. */
  endRound(durationMs: number): void {
    this.#after = this.#count >= REFUSALS_MAX ? this.#last : undefined
    this.#restMs = REST_SHARE * durationMs
    this.#count = 0
  }
}
