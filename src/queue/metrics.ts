import type { Duration } from '../kit/duration.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import {
  custom,
  duration,
  type FieldsOf,
  isFunction,
  isObject,
  optionError,
  parseOptions,
} from '../kit/options.ts'
import { Service } from '../kit/service.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import type { Logger } from '../telemetry/logger.ts'
import { Spread } from '../telemetry/spread.ts'
import { internalsOf, type QueueInternals } from './internals.ts'
import type { Queue } from './queue.ts'

/** What `logMetrics` takes. */
export interface MetricsOptions {
  /** Gets a line each time. */
  readonly logger: Pick<Logger, 'info'>
  /** How often. Default `'1m'`, minimum `'1s'`. */
  readonly every?: Duration
}

const metricsFields = {
  logger: custom<Pick<Logger, 'info'>>({
    expected: 'a logger with info',
    accepts: (value) => isObject(value) && isFunction((value as Logger).info),
  }),
  every: duration({ default: '1m', min: 1_000 }),
} satisfies FieldsOf<MetricsOptions>

/** What the workers of this process did in one interval. */
interface Tally {
  started: number
  completed: number
  failed: number
  retried: number
  readonly durations: Spread
}

const emptyTally = (): Tally => ({ started: 0, completed: 0, failed: 0, retried: 0, durations: new Spread() })

/**
 * Logs a line of metrics at intervals: what the workers on this queue in this process started, completed, failed and
 * retried meanwhile, the 50th and 95th percentile of how long those attempts took (to 3 %), how many jobs they run and hold
 * now, and how many due jobs wait in the store. Ends when the returned function is called, or the queue is closed.
 *
 * Options: `logger`, `every` (default 1 m, minimum 1 s).
 *
 * @example
 * const queue = await openQueue('memory:')
 * const stop = logMetrics(queue, { logger: { info: (facts, message) => console.log(message, facts) } })
 * stop()
 * await queue.close()
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `store_closed`
 */
export function logMetrics(queue: Queue, options: MetricsOptions): () => void {
  const parts = internalsOf(queue, 'logMetrics')
  const { logger, every } = parseOptions('logMetrics', metricsFields, options)
  if (!logger) {
    const expected = metricsFields.logger.expected
    throw optionError('invalid_option', {
      component: 'logMetrics',
      option: 'logger',
      expected,
      got: 'missing',
    })
  }
  parts.closing.requireOpen()
  const workers = new Set<string>()
  let tally = emptyTally()
  let isFirst = true
  const service = new Service({
    name: 'metrics',
    holdsProcess: false,
    clock: parts.clock,
    onError: (error) => parts.events.emit('loop_error', { loop: 'metrics', error: asError(error) }),
    async runOnce() {
      const line = tally
      if (!isFirst) {
        tally = emptyTally()
        logger.info({ everyMs: every, ...toFacts(line), ...(await standing(parts, workers)) }, 'metrics')
      }
      isFirst = false
      return every
    },
  })
  const stops = counting(parts.events, workers, () => tally)
  const stop = () => {
    for (const each of stops.splice(0)) each()
    void service.stop()
  }
  stops.push(parts.closing.on(stop))
  service.start()
  return stop
}

function toFacts({ durations, ...counts }: Tally): object {
  return { ...counts, p50Ms: durations.percentile(0.5), p95Ms: durations.percentile(0.95) }
}

/** What stands now: in the hands of these workers, and in the store. */
async function standing({ store }: QueueInternals, ids: ReadonlySet<string>): Promise<object> {
  const workers = (await store.workers.list()).filter(({ id }) => ids.has(id))
  return {
    running: workers.reduce((sum, worker) => sum + worker.running, 0),
    held: workers.reduce((sum, worker) => sum + worker.held, 0),
    due: await store.catalog.count({ states: ['pending'], scheduled: false }),
  }
}

function counting(events: Emitter<MillhandEvents>, workers: Set<string>, tally: () => Tally): (() => void)[] {
  const ended = (count: 'completed' | 'failed' | 'retried') => (event: { readonly durationMs: number }) => {
    tally()[count] += 1
    tally().durations.add(event.durationMs)
  }
  return [
    events.on('start', ({ worker }) => {
      workers.add(worker)
      tally().started += 1
    }),
    events.on('claim', ({ worker }) => void workers.add(worker)),
    events.on('worker_stop', ({ worker }) => void workers.delete(worker)),
    events.on('complete', ended('completed')),
    events.on('fail', ended('failed')),
    events.on('retry', ended('retried')),
  ]
}
