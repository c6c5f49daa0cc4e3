import { type Machine, thisMachine } from './machine.ts'

/**
 * Time, injected. Nothing outside this folder asks the machine for the time or sets a timer, so that a test can
 * hold the clock still and a simulation can drive it.
 */
export interface Clock {
  /** Wall-clock time in milliseconds since the epoch. */
  now(): number
  /** Milliseconds that only ever rise, for measuring how long something took. */
  elapsed(): number
  /** Calls `callback` once, `delayMs` from now. */
  timer(delayMs: number, callback: () => void): Timer
  /** Tells a clock that is not the machine's of work outside of this process: it does not move on before that ends. */
  during?<Result>(work: Promise<Result>): Promise<Result>
  /** The machine that it is the clock of: left out where it is nobody's, and its time is what `now` says. */
  machine?(): Machine
}

export interface Timer {
  cancel(): void
  /** Lets the process end though it has not fired; left out where a clock does not keep the process. */
  unref?(): void
}

/** Longest delay that setTimeout takes, 24.8 days: a longer one would fire at once, so that it goes in steps. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  machine: thisMachine,
  timer: (delayMs, callback) => new SystemTimer(delayMs, callback),
}

class SystemTimer implements Timer {
  readonly #callback: () => void
  #handle: NodeJS.Timeout | undefined
  #holds = true

  constructor(delayMs: number, callback: () => void) {
    this.#callback = callback
    this.#arm(Math.max(delayMs, 0))
  }

  cancel(): void {
    clearTimeout(this.#handle)
  }

  unref(): void {
    this.#holds = false
    this.#handle?.unref()
  }

  #arm(restMs: number): void {
    const stepMs = Math.min(restMs, LONGEST_TIMER_MS)
    this.#handle = setTimeout(() => (restMs > stepMs ? this.#arm(restMs - stepMs) : this.#callback()), stepMs)
    if (!this.#holds) this.#handle.unref()
  }
}

/** Resolves after `delayMs`, or at once when `signal` aborts: a sleep that is cut short is not an error. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.timer(delayMs, done)
    signal?.addEventListener('abort', done, { once: true })
  })
}

/** Resolves when `promise` has settled, or after `ms` of real time, whichever is first. */
export function within(ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = systemClock.timer(ms, resolve)
    const stop = () => {
      timer.cancel()
      resolve()
    }
    promise.then(stop, stop)
  })
}
