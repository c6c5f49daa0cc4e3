import { jobError } from '../job/errors.ts'
import { requireQueueName } from '../job/names.ts'
import { type Deferred, deferred } from '../kit/deferred.ts'
import type { Duration } from '../kit/duration.ts'
import { custom, duration, type FieldsOf, isSignal, parseOptions } from '../kit/options.ts'
import { Service } from '../kit/service.ts'
import { isVirtualClock } from '../kit/virtual-clock.ts'
import { ending } from './ending.ts'
import type { QueueInternals } from './internals.ts'

/** What `drained` takes. */
export interface DrainedOptions {
  /** How long to wait; for ever by default. */
  readonly timeout?: Duration
  /** Ends the wait: it rejects with the signal's reason. */
  readonly signal?: AbortSignal
}

const drainedFields = {
  timeout: duration(),
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
} satisfies FieldsOf<DrainedOptions>

/**
 * Without a notice, the queue is looked at this often; with however many notices, not more often than that. A virtual clock
 * stands still between two notices: whoever waited for it to move would wait for ever.
 */
const LOOK_INTERVAL_MS = 1_000
const SHORTEST_INTERVAL_MS = 50

/** @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `drain_timeout`, `store_closed` */
export async function queueDrained(
  queue: QueueInternals,
  name: unknown,
  options: DrainedOptions = {},
): Promise<void> {
  const of = requireQueueName(name)
  const parsed = parseOptions('drained', drainedFields, options)
  queue.closing.requireOpen()
  const drained = deferred<void>()
  const stops = [
    looking(queue, of, drained),
    queue.closing.on(drained.reject),
    ending(queue.clock, drained.reject, {
      ...{ timeoutMs: parsed.timeout, signal: parsed.signal },
      timedOut: (timeoutMs) => jobError('drain_timeout', { queue: of, timeoutMs }),
    }),
  ]
  try {
    await drained.promise
  } finally {
    for (const stop of stops) stop()
  }
}

function looking({ store, clock }: QueueInternals, queue: string, drained: Deferred<void>): () => void {
  const shortestMs = isVirtualClock(clock) ? 0 : SHORTEST_INTERVAL_MS
  let nextMs = Number.NEGATIVE_INFINITY
  const closed = new AbortController()
  const { queues } = store.until(closed.signal)
  const service = new Service({
    name: 'drained',
    clock,
    onError: drained.reject,
    async runOnce() {
      const restMs = nextMs - clock.elapsed()
      if (restMs > 0) return restMs
      nextMs = clock.elapsed() + shortestMs
      if (!(await queues.unfinished(queue))) drained.resolve()
      return LOOK_INTERVAL_MS
    },
  })
  const stops = [
    store.local.on('changed', () => service.wake()),
    store.listen('changed', () => service.wake()),
    () => closed.abort(),
    () => void service.stop(),
  ]
  service.start()
  return () => {
    for (const stop of stops) stop()
  }
}
