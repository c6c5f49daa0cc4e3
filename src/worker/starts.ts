import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import { Coalescer } from '../kit/coalesce.ts'
import type { Settled, Start } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import type { Attempt } from './attempt.ts'
import { NOTE_AFTER_MS } from './hold.ts'
import { interruptionError } from './interruption.ts'
import type { Roster } from './roster.ts'

interface StartsOptions {
  readonly clock: Clock
  /** The attempts that are running. */
  readonly attempts: Roster
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

  /** Writes it before it begins, of a job that was there in a crash. Where that cannot be, it does not begin. */
  async noteFirst(attempt: Attempt): Promise<void> {
    const answer = await this.#write(attempt)
    if (answer !== 'settled') letGo(attempt, answer ?? 'refused')
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
    const answer = await this.#write(attempt)
    // Nobody is blamed for what was not written; the outcome says all else.
    if (answer !== undefined && answer !== 'settled' && !attempt.ended) letGo(attempt, answer)
  }

  /** `undefined` where it could not be written. */
  async #write(attempt: Attempt): Promise<Settled | undefined> {
    attempt.note()
    try {
      return await this.#writes.add(writtenStart(attempt))
    } catch (error) {
      this.#options.onError(error)
      return undefined
    }
  }
}

/** The job of the attempt is not its own any more. */
function letGo(attempt: Attempt, answer: Exclude<Settled, 'settled'>): void {
  const { worker } = attempt
  attempt.interrupt(
    answer === 'cancelled'
      ? interruptionError('cancelled', { reason: 'cancelled' })
      : interruptionError('lease_lapsed', { worker }),
  )
}

function writtenStart(attempt: Attempt): Start {
  return { ...attempt.identity, afterMs: attempt.begunAfterMs, hold: attempt.job.hold }
}
