import { type Clock, systemClock } from './clock.ts'

/** Resolves on the next turn of the event loop, after everything that is ready now has run. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** Calls `callback` on the next turn of the event loop. */
export function onNextTurn(callback: () => void): void {
  setImmediate(callback)
}

/**
 * Calls `callback` when all that waits for nothing but promises has run, before the event loop hears of anything else:
 * sooner than the next turn.
 */
export function onPromisesDone(callback: () => void): void {
  process.nextTick(callback)
}

/** As long as one call may keep the event loop at a time, about: beats, requests and timers of others wait for it. */
const SHARE_MS = 10

/** For a call that does much: asked between its steps, it gives others a turn of the event loop when it is time. */
export class Breather {
  readonly #clock: Pick<Clock, 'elapsed'>
  #sinceMs: number

  /** By the machine's own clock: whatever time it is for the jobs, others wait for this one. */
  constructor(clock: Pick<Clock, 'elapsed'> = systemClock) {
    this.#clock = clock
    this.#sinceMs = clock.elapsed()
  }

  /** The next turn, where it is time; the many steps that it is not time for do not pay for a promise. */
  pause(): Promise<void> | undefined {
    return this.#clock.elapsed() - this.#sinceMs < SHARE_MS ? undefined : this.rest()
  }

  /** The next turn, in any case. */
  async rest(): Promise<void> {
    await nextTurn()
    this.#sinceMs = this.#clock.elapsed()
  }
}
