import { unlessAborted } from '../kit/abort.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { deferred } from '../kit/deferred.ts'

/** When those who wait for their turn give up: a line that moves is waited in, however long it is. */
interface Standstill {
  /** So long without one turn that was given back. */
  readonly limitMs: number
  readonly error: (waitedMs: number) => Error
  readonly clock?: Clock
}

/** Lets so many bodies run at a time; the others wait for their turn, in the order in which they came. */
export class Turns {
  readonly #standstill: Standstill | undefined
  readonly #waiting = new Set<() => void>()
  #free: number
  #passed = 0

  constructor(most: number, standstill?: Standstill) {
    this.#free = most
    this.#standstill = standstill
  }

  /** Runs `body` when it is its turn; whoever waits leaves the line when `signal` aborts. */
  async take<Result>(body: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    if (this.#free > 0) this.#free -= 1
    else await this.#wait(signal)
    try {
      return await body()
    } finally {
      this.#pass()
    }
  }

  async #wait(signal?: AbortSignal): Promise<void> {
    const { promise: turn, resolve: go, reject } = deferred<void>()
    this.#waiting.add(go)
    const stopWatching = this.#watch(reject)
    try {
      await unlessAborted(turn, signal)
    } catch (error) {
      // Its turn may have come in the moment in which it left.
      if (!this.#waiting.delete(go)) this.#pass()
      throw error
    } finally {
      stopWatching()
    }
  }

  #pass(): void {
    this.#passed += 1
    const [next] = this.#waiting
    if (!next) this.#free += 1
    else {
      this.#waiting.delete(next)
      next()
    }
  }

  /** Calls back when the line has stood still for too long. */
  #watch(onStandstill: (error: Error) => void): () => void {
    if (!this.#standstill) return () => {}
    const { limitMs, error, clock = systemClock } = this.#standstill
    const arm = (passed: number) =>
      clock.timer(limitMs, () => {
        if (passed === this.#passed) onStandstill(error(limitMs))
        else timer = arm(this.#passed)
      })
    let timer = arm(this.#passed)
    return () => timer.cancel()
  }
}
