import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Settlement } from '../job/outcome.ts'
import { type Clock, sleep } from '../kit/clock.ts'
import { Coalescer } from '../kit/coalesce.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import type { Settled } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import { MovingMean } from './prefetch.ts'

/** After a store that could not be written: doubled up to 5 s. An outcome is kept until it is written or refused. */
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 5_000

/** So many outcomes make a group that need not grow: the flush to the disk is small beside writing them. */
const ENOUGH = 100

/**
 * Writes outcomes, in groups. A store that is away for a minute costs a minute: outcomes wait, their jobs do not run
 * again as long as the lease is held.
 */
export class Settler {
  /** Mean time that a group takes to be written. */
  readonly flushMs = new MovingMean()
  readonly #store: Store
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  readonly #groups: Coalescer<Settlement, Settled>
  readonly #abandoned = new AbortController()

  constructor(store: Store, options: { clock: Clock; onError: (error: Error) => void }) {
    this.#store = store
    this.#clock = options.clock
    this.#onError = options.onError
    this.#groups = new Coalescer((settlements) => this.#write(settlements), STATEMENT_ROWS_MAX, ENOUGH)
  }

  /** Resolves when the outcome is written or refused. */
  add(settlement: Settlement): Promise<Settled> {
    return this.#groups.add(settlement)
  }

  /** Gives up on what cannot be written: the jobs are rescued when the lease has lapsed, and run again. */
  abandon(): void {
    this.#abandoned.abort()
  }

  async #write(settlements: Settlement[]): Promise<Settled[]> {
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      try {
        const startMs = this.#clock.elapsed()
        const results = await this.#store.jobs.settle(settlements)
        this.flushMs.add(this.#clock.elapsed() - startMs)
        return results
      } catch (error) {
        this.#onError(asError(error))
        // A closed store does not come back.
        const hopeless = this.#abandoned.signal.aborted || isMillhandError(error, 'store_closed')
        if (hopeless) return settlements.map(() => 'refused' as const)
      }
      await sleep(this.#clock, backoffMs, this.#abandoned.signal)
    }
  }
}
