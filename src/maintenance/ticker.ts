import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { tick } from './tick.ts'

interface TickerParts {
  readonly store: InstrumentedStore
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
  readonly pendingMax: number
}

/** Schedules that are seen to before the others are looked at again. */
const ROUND_MAX = 100

/**
 * Sees to the schedules of a store, while its worker leads. It sleeps until the next tick, which each election tells: where
 * there is no schedule it asks nothing. That two do it at a time, as when a leader was frozen, does no harm: a tick is
 * refused to the second one.
 */
export class Ticker {
  readonly #parts: TickerParts
  readonly #service: Service
  readonly #stopListening: () => void
  #leads = false
  /** When the schedules are to be looked at, by `clock.elapsed()`. */
  #lookAtMs = Number.POSITIVE_INFINITY

  constructor(parts: TickerParts) {
    this.#parts = parts
    const { clock, events, store } = parts
    this.#service = new Service({
      name: 'schedules',
      clock,
      runOnce: () => this.runOnce(),
      onError: (error) => events.emit('loop_error', { loop: 'schedules', error: asError(error) }),
    })
    this.#stopListening = store.local.on('scheduled', () => this.#lookIn(0))
  }

  start(): void {
    this.#service.start()
  }

  async stop(): Promise<void> {
    this.#stopListening()
    this.#leads = false
    await this.#service.stop()
  }

  /** The worker leads, and knows when a schedule is to be seen to next; without one, it does not lead. */
  elected({ leads, nextTickInMs }: { readonly leads: boolean; readonly nextTickInMs?: number }): void {
    this.#leads = leads
    this.#lookIn(nextTickInMs ?? Number.POSITIVE_INFINITY)
  }

  #lookIn(inMs: number): void {
    if (!this.#leads) return
    this.#lookAtMs = this.#parts.clock.elapsed() + inMs
    this.#service.wakeNextTurn()
  }

  /** Sees to the schedules that are due; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    const { clock, store } = this.#parts
    const waitMs = this.#leads ? this.#lookAtMs - clock.elapsed() : Number.POSITIVE_INFINITY
    if (waitMs > 0) return waitMs
    const { schedules, nowMs, nextDueAt } = await store.schedules.due(ROUND_MAX)
    for (const schedule of schedules) await tick(this.#parts, schedule, nowMs)
    const delayMs =
      schedules.length > 0 ? 0 : nextDueAt === null ? Number.POSITIVE_INFINITY : nextDueAt - nowMs
    this.#lookAtMs = clock.elapsed() + delayMs
    return delayMs
  }
}
