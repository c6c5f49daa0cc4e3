import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { Coalescer } from '../kit/coalesce.ts'
import type { Settled, Start } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import type { Attempt } from './attempt.ts'
import { NOTE_AFTER_MS } from './hold.ts'
import type { Roster } from './roster.ts'

interface StartsOptions {
  readonly clock: Clock
  /** The attempts that are running. */
  readonly attempts: Roster
  /** Told of an attempt whose job is not its own any more. */
  readonly onRefused: (attempt: Attempt, answer: Exclude<Settled, 'settled'>) => void
  readonly onError: (error: unknown) => void
}

/**
 * Writes of held jobs that they have begun. Most are quick, and their outcome says it: only those that still run after
 * a moment are written. What is written late is not blamed for a crash; a job that was there in a crash is written
 * before it begins (see `CARE`), so that a second one finds it out.
 */
export class Starts {
  readonly #store: Store
  readonly #options: StartsOptions
  readonly #writes: Coalescer<Start, Settled>
  #timer: Timer | undefined

  constructor(store: Store, options: StartsOptions) {
    this.#store = store
    this.#options = options
    this.#writes = new Coalescer((starts) => this.#store.jobs.begin(starts), STATEMENT_ROWS_MAX)
  }

  /** An attempt of a held job has begun. */
  mark(): void {
    this.#timer ??= this.#options.clock.timer(NOTE_AFTER_MS, () => this.#note())
  }

  /** Writes it before it begins. @throws what the store threw */
  now(attempt: Attempt): Promise<Settled> {
    attempt.noted = true
    return this.#writes.add(startOf(attempt))
  }

  close(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #note(): void {
    this.#timer = undefined
    for (const attempt of this.#options.attempts) {
      if (attempt.noted) continue
      if (attempt.elapsedMs >= NOTE_AFTER_MS / 2) void this.#noteOne(attempt)
      else this.mark()
    }
  }

  async #noteOne(attempt: Attempt): Promise<void> {
    try {
      const answer = await this.now(attempt)
      if (answer !== 'settled' && !attempt.ended) this.#options.onRefused(attempt, answer)
    } catch (error) {
      // Nobody is blamed for what was not written; the outcome says all else.
      this.#options.onError(error)
    }
  }
}

function startOf(attempt: Attempt): Start {
  return { ...attempt.identity, afterMs: attempt.begunAfterMs, hold: attempt.job.hold }
}
