import type { Clock } from '../kit/clock.ts'

/** How often a busy worker asks whether a job waits for a worker that runs nothing else. */
const LOOK_MS = 1_000
/** It claims nothing for so long then, to become idle; doubled up to a minute while that was too short. */
const FIRST_DRAIN_MS = 2_000
const LONGEST_DRAIN_MS = 60_000
/** Between two such times it works for so many times as long: what has to run alone costs a tenth of the work at most. */
const WORK_SHARE = 10

/**
 * Makes room for jobs that have to run alone: an idle worker takes them by itself, but where all are always busy they
 * would wait for ever.
 */
export class Isolation {
  readonly #clock: Clock
  readonly #look: () => Promise<boolean>
  #lookAtMs = Number.NEGATIVE_INFINITY
  #untilMs = Number.NEGATIVE_INFINITY
  #drainMs = FIRST_DRAIN_MS

  /** `look`: whether there is such a job for this worker. */
  constructor(clock: Clock, look: () => Promise<boolean>) {
    this.#clock = clock
    this.#look = look
  }

  /** For how many milliseconds the worker, which is busy, is to claim nothing. */
  async pauseMs(): Promise<number> {
    const nowMs = this.#clock.elapsed()
    if (nowMs < this.#untilMs) return this.#untilMs - nowMs
    if (nowMs < this.#lookAtMs) return 0
    this.#lookAtMs = nowMs + LOOK_MS
    if (!(await this.#look())) {
      this.#drainMs = FIRST_DRAIN_MS
      return 0
    }
    const drainMs = this.#drainMs
    this.#untilMs = nowMs + drainMs
    this.#lookAtMs = this.#untilMs + WORK_SHARE * drainMs
    this.#drainMs = Math.min(2 * drainMs, LONGEST_DRAIN_MS)
    return drainMs
  }

  /** It is idle: what waits for that is claimed now, and work goes on. */
  idle(): void {
    if (this.#untilMs > this.#clock.elapsed()) this.#drainMs = FIRST_DRAIN_MS
    this.#untilMs = Number.NEGATIVE_INFINITY
  }
}
