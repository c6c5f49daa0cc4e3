import type { Clock } from '../kit/clock.ts'
import { Emitter } from '../kit/emitter.ts'
import type { Random } from '../kit/random.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { inFeedOrder } from './feed-order.ts'
import { type LocalNotices, telling } from './local-notices.ts'
import { Patience } from './patience.ts'
import { type Limits, withRetries } from './retries.ts'
import type { Store } from './store.ts'

interface InstrumentOptions extends Omit<Limits, 'signal'> {
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
  readonly random: Random
}

/** A store with what every store needs around it, written once. */
export interface InstrumentedStore extends Store {
  readonly local: Emitter<LocalNotices>
  /**
   * The same, for somebody who will not wait for a store that is away or busy after `signal` has aborted, nor longer
   * than `limitMs`.
   */
  until(signal: AbortSignal, limitMs?: number): InstrumentedStore
  /** See `Patience`. */
  blindUntilMs(): number
}

/**
 * Wraps a store once: calls that met a passing fault are tried again after a random wait, and what this process
 * changes is told to its own waiting workers and watchers. The store itself holds statements only.
 */
export function instrument(store: Store, options: InstrumentOptions): InstrumentedStore {
  const local = new Emitter<LocalNotices>()
  const { events, clock, random } = options
  const patience = new Patience({
    clock,
    random,
    location: store.location,
    onRetry: (retry) => events.emit('store_retry', retry),
    onBack: (awayMs) => events.emit('store_back', { awayMs }),
  })
  const ordered = inFeedOrder(store)
  const until = (signal?: AbortSignal, limitMs = Number.POSITIVE_INFINITY): InstrumentedStore => {
    const busyTimeoutMs = Math.min(options.busyTimeoutMs, limitMs)
    const enqueueTimeoutMs = Math.min(options.enqueueTimeoutMs, limitMs)
    const retried = withRetries(ordered, patience, { busyTimeoutMs, enqueueTimeoutMs, signal })
    return {
      ...telling(retried, local),
      local,
      until,
      blindUntilMs: () => patience.blindUntilMs,
      close() {
        patience.giveUp()
        return store.close()
      },
    }
  }
  return until()
}
