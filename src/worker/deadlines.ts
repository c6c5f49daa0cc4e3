import type { Clock, Timer } from '../kit/clock.ts'
import { type Interruption, interruptionError } from './interruption.ts'

interface DeadlineOptions {
  /** From the begin to the abort. */
  readonly timeoutMs: number | undefined
  /** From the last sign of life to the abort. */
  readonly stallTimeoutMs: number | undefined
  /** Told when one of them has passed. */
  readonly onPassed: (reason: Interruption) => void
}

/** When an attempt is aborted by itself: after its time, or when it has been silent for too long. */
export class Deadlines {
  readonly #clock: Clock
  readonly #onPassed: (reason: Interruption) => void
  #lastSignMs: number
  readonly #timeoutTimer: Timer | undefined
  #stallTimer: Timer | undefined

  constructor(clock: Clock, { timeoutMs, stallTimeoutMs, onPassed }: DeadlineOptions) {
    this.#clock = clock
    this.#onPassed = onPassed
    this.#lastSignMs = clock.elapsed()
    if (timeoutMs !== undefined)
      this.#timeoutTimer = clock.timer(timeoutMs, () =>
        onPassed(interruptionError('timed_out', { timeoutMs })),
      )
    if (stallTimeoutMs !== undefined) this.#armStall(stallTimeoutMs, stallTimeoutMs)
  }

  /** A sign of life: the silence is counted anew. */
  sign(): void {
    this.#lastSignMs = this.#clock.elapsed()
  }

  end(): void {
    this.#timeoutTimer?.cancel()
    this.#stallTimer?.cancel()
  }

  #armStall(stallTimeoutMs: number, delayMs: number): void {
    this.#stallTimer = this.#clock.timer(delayMs, () => {
      const silentMs = this.#clock.elapsed() - this.#lastSignMs
      if (silentMs >= stallTimeoutMs) this.#onPassed(interruptionError('stalled', { stallTimeoutMs }))
      else this.#armStall(stallTimeoutMs, stallTimeoutMs - silentMs)
    })
  }
}
