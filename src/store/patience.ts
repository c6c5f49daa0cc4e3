import type { Clock } from '../kit/clock.ts'
import { sleep } from '../kit/clock.ts'
import { asError } from '../kit/error.ts'
import type { Random } from '../kit/random.ts'
import { isTransient, storeError, type TransientError } from './errors.ts'

interface PatienceOptions {
  readonly clock: Clock
  readonly random: Random
  readonly location: string
  /** Told before a call is tried again. */
  readonly onRetry: (retry: { operation: string; tries: number; error: Error }) => void
  /**
   * Told when a store that was away answers, or one that was locked is written; the last answer before, or the first
   * refusal, was `awayMs` ago.
   */
  readonly onBack: (awayMs: number) => void
}

/** How long one call is tried again. */
export interface Limit {
  readonly limitMs: number
  /** Whoever waits for it has gone: it is not tried again. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Between two tries: a random wait that starts at up to 2 ms. It grows to up to 50 ms for a lock, which is let go of
 * soon, and to up to half a second for a database that is away, which everybody would hammer otherwise.
 */
const FIRST_WAIT_MS = 2
const LONGEST_WAIT_MS = 50
const LONGEST_AWAY_MS = 500

/**
 * Calls that write whenever they succeed: one of them that gets through shows that a lock is gone. A claim that found
 * nothing, or a look, has only read, and reads are answered all the while.
 */
const WRITES: ReadonlySet<string> = new Set([
  'jobs.insert',
  'jobs.settle',
  'workers.register',
  'workers.extend',
  'upkeep.elect',
  'transaction',
])

/** A lock that was met for less is how writers take turns: nobody need hear of it. */
const TURN_MS = 200

/** The one place where calls of a store are tried again: what passes by itself is waited for, with a limit. */
export class Patience {
  readonly #options: PatienceOptions
  readonly #closed = new AbortController()
  #answeredMs: number
  #away = false
  #lockedMs: number | undefined
  #hasWritten = false
  #blindUntilMs = Number.NEGATIVE_INFINITY

  constructor(options: PatienceOptions) {
    this.#options = options
    this.#answeredMs = options.clock.elapsed()
  }

  /**
   * When the first write got through, if it was refused before: for how long nobody could write until then is not
   * known here. Minus infinity where there is no such doubt.
   */
  get blindUntilMs(): number {
    return this.#blindUntilMs
  }

  /** The store is closed: nothing is tried again any more. */
  giveUp(): void {
    this.#closed.abort()
  }

  /**
   * Tries a call again until it gets through or the limit is over.
   *
   * @throws MillhandError `store_busy`, `store_read_only`, `store_closed`
   */
  async run<Result>(operation: string, call: () => Promise<Result>, limit: Limit): Promise<Result> {
    const { clock, random, onRetry } = this.#options
    const startMs = clock.elapsed()
    for (let tries = 1; ; tries += 1) {
      let longestMs = LONGEST_WAIT_MS
      try {
        const result = await call()
        this.#answered()
        if (WRITES.has(operation)) this.#written()
        return result
      } catch (error) {
        if (!isTransient(error)) throw error
        if (error.locked) this.#lockedMs ??= clock.elapsed()
        else if (error.away) this.#away = true
        this.#requireTime(error, startMs, limit)
        onRetry({ operation, tries, error: asError(error) })
        if (error.away) longestMs = LONGEST_AWAY_MS
      }
      const waitMs = random() * Math.min(longestMs, FIRST_WAIT_MS * 2 ** tries)
      await sleep(clock, waitMs, this.#endOf(limit))
    }
  }

  #endOf({ signal }: Limit): AbortSignal {
    return signal ? AbortSignal.any([signal, this.#closed.signal]) : this.#closed.signal
  }

  #requireTime(error: TransientError, startMs: number, { limitMs, signal }: Limit): void {
    const { clock, location } = this.#options
    if (this.#closed.signal.aborted) throw storeError('store_closed', { location }, { cause: error })
    const waitedMs = Math.round(clock.elapsed() - startMs)
    if (waitedMs < limitMs && !signal?.aborted) return
    throw error.lasting ?? storeError('store_busy', { location, waitedMs }, { cause: error })
  }

  #answered(): void {
    const nowMs = this.#options.clock.elapsed()
    const awayMs = Math.round(nowMs - this.#answeredMs)
    this.#answeredMs = nowMs
    if (!this.#away) return
    this.#away = false
    this.#options.onBack(awayMs)
  }

  #written(): void {
    const nowMs = this.#options.clock.elapsed()
    const lockedMs = Math.round(nowMs - (this.#lockedMs ?? nowMs))
    if (this.#lockedMs !== undefined && !this.#hasWritten) this.#blindUntilMs = nowMs
    this.#hasWritten = true
    this.#lockedMs = undefined
    if (lockedMs >= TURN_MS) this.#options.onBack(lockedMs)
  }
}
