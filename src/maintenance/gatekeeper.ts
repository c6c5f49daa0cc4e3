import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import type { Store } from '../store/store.ts'
import type { MillhandEvents } from '../telemetry/events.ts'

interface GatekeeperParts {
  readonly store: Store
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
}

/** So late a job goes on whose hint was missed, once an election has told that one waits; a look is one short statement. */
const TEND_MS = 1_000
/** Gates in one piece: it must not keep other writes waiting. */
const GATES_MAX = 1_000

/**
 * Lets go on what waits at a gate that is open, while its worker leads: whoever leaves a gate does so at once, this finds
 * what no such hint has told of, as after a pause, or where a worker was lost. Each election tells whether anybody waits:
 * where nobody does, it asks nothing.
 */
export class Gatekeeper {
  readonly #store: Store
  readonly #service: Service
  #needed = false

  constructor({ store, events, clock }: GatekeeperParts) {
    this.#store = store
    this.#service = new Service({
      name: 'limits',
      clock,
      runOnce: () => this.runOnce(),
      onError: (error) => events.emit('loop_error', { loop: 'limits', error: asError(error) }),
    })
  }

  start(): void {
    this.#service.start()
  }

  async stop(): Promise<void> {
    this.#needed = false
    await this.#service.stop()
  }

  /** Whether the worker leads, and jobs wait at gates. */
  elected({ leads, gatesWait = false }: { readonly leads: boolean; readonly gatesWait?: boolean }): void {
    const begins = leads && gatesWait && !this.#needed
    this.#needed = leads && gatesWait
    if (begins) this.#service.wakeNextTurn()
  }

  /** One look; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    if (!this.#needed) return Number.POSITIVE_INFINITY
    await this.#store.limits.tend(GATES_MAX)
    return TEND_MS
  }
}
