import type { Clock, Timer } from '../kit/clock.ts'
import type { Beater } from './beater.ts'

interface MeanwhileParts {
  readonly clock: Clock
  readonly beatMs: number
  /** Takes a connection; gives what lets go of it. */
  readonly reserve: (() => Promise<() => void>) | undefined
  /** Makes one that beats from the event loop. */
  readonly beater: () => Beater
}

/**
 * What a beat has until its thread has a connection: one that is kept for that, and beats from the event loop where it takes
 * longer than a beat. A thread takes its time to start and to connect, which nobody has to wait for then.
 */
export class BeatMeanwhile {
  readonly #parts: MeanwhileParts
  #letGo: (() => void) | undefined
  /** It has got a connection, so that a lease may have begun for which the thread has none. */
  #has = false
  #timer: Timer | undefined
  #beater: Beater | undefined
  #ended = false

  constructor(parts: MeanwhileParts) {
    this.#parts = parts
  }

  /** Whether it sees to the lease. */
  get beats(): boolean {
    return this.#timer !== undefined
  }

  /** Whether it has got a connection to keep. One that cannot be had is not told of: the thread tries as well, and says why. */
  async reserve(): Promise<boolean> {
    const letGo = await this.#parts.reserve?.().catch(() => undefined)
    if (this.#ended) letGo?.()
    else this.#letGo = letGo
    this.#has = this.#letGo !== undefined
    return this.#has
  }

  /** The lease has begun. It is seen to, too, where the connection is handed over by now: the thread may not get it. */
  start(): void {
    if (!this.#has || this.#ended) return
    this.#timer = this.#parts.clock.timer(this.#parts.beatMs, () => {
      this.#beater = this.#parts.beater()
      this.#beater.start()
    })
  }

  /** There may be no other connection left for the thread. */
  handOver(): void {
    this.#letGo?.()
    this.#letGo = undefined
  }

  /** The thread has its own connection, or it is over. */
  async end(): Promise<void> {
    this.#ended = true
    this.handOver()
    this.#timer?.cancel()
    this.#timer = undefined
    await this.#beater?.stop()
  }
}
