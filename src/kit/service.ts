import { type Clock, systemClock, type Timer } from './clock.ts'
import { Scope } from './scope.ts'
import { onNextTurn } from './turn.ts'

interface ServiceOptions {
  readonly name: string
  /** One round of the work; resolves to the delay in milliseconds until the next (`Infinity`: until woken). */
  readonly runOnce: () => Promise<number>
  readonly clock?: Clock
  /** Whether the next round keeps the process; true by default. One that only tells of work does not. */
  readonly holdsProcess?: boolean
  /** Told of a round that threw; the next round comes after a back-off. */
  readonly onError?: (error: unknown) => void
}

/** After a round that threw: 100 ms, doubled up to 10 s, so that a broken store is neither hammered nor forgotten. */
const FIRST_BACKOFF_MS = 100
const LONGEST_BACKOFF_MS = 10_000

/**
 * A loop that runs rounds until it is stopped: the one place where loops are written. Starting twice, stopping
 * twice and stopping before starting are all harmless; `stop` resolves when the round under way has ended. Whoever
 * starts or wakes it, its rounds run in the scope of whoever made it.
 */
export class Service {
  readonly name: string
  readonly #runOnce: () => Promise<number>
  readonly #clock: Clock
  readonly #onError: (error: unknown) => void
  readonly #holdsProcess: boolean
  readonly #scope = new Scope()
  #running = false
  #round: Promise<void> | undefined
  #timer: Timer | undefined
  #woken = false
  #wakesNextTurn = false
  #failures = 0

  constructor(options: ServiceOptions) {
    this.name = options.name
    this.#runOnce = options.runOnce
    this.#clock = options.clock ?? systemClock
    this.#onError = options.onError ?? (() => {})
    this.#holdsProcess = options.holdsProcess ?? true
  }

  get running(): boolean {
    return this.#running
  }

  /** Whether it is about to be woken: who asks whether to wake it need not think any further. */
  get wakesNextTurn(): boolean {
    return this.#wakesNextTurn
  }

  start(): void {
    if (this.#running) return
    this.#running = true
    // Stopped and started again while a round was under way: two rounds at a time would never come apart again.
    if (this.#round) this.#woken = true
    else this.#begin()
  }

  /** Starts the next round now; a round under way is followed by another one at once. */
  wake(): void {
    if (!this.#running) return
    if (this.#round) this.#woken = true
    else this.#begin()
  }

  /** Wakes it in the next turn of the event loop: a round that wakes the next one must not keep out everything else. */
  wakeNextTurn(): void {
    if (this.#wakesNextTurn) return
    this.#wakesNextTurn = true
    onNextTurn(() => {
      this.#wakesNextTurn = false
      this.wake()
    })
  }

  async stop(): Promise<void> {
    this.#running = false
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#round
  }

  #begin(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    this.#woken = false
    this.#round = this.#scope.run(() => this.#runRound())
  }

  async #runRound(): Promise<void> {
    const delayMs = await this.#attempt()
    this.#round = undefined
    if (!this.#running) return
    if (this.#woken || delayMs <= 0) onNextTurn(() => this.#running && !this.#round && this.#begin())
    else if (delayMs !== Number.POSITIVE_INFINITY) this.#sleep(delayMs)
  }

  #sleep(delayMs: number): void {
    this.#timer = this.#clock.timer(delayMs, () => this.#begin())
    if (!this.#holdsProcess) this.#timer.unref?.()
  }

  async #attempt(): Promise<number> {
    try {
      const delayMs = await this.#runOnce()
      this.#failures = 0
      return delayMs
    } catch (error) {
      this.#onError(error)
      const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** this.#failures, LONGEST_BACKOFF_MS)
      this.#failures += 1
      return backoffMs
    }
  }
}
