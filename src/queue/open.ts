import { type AnyJobSpec, byName } from '../job/definition.ts'
import { PENDING_MAX } from '../job/limits.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import { Emitter } from '../kit/emitter.ts'
import { asError, preview } from '../kit/error.ts'
import { uuidv7 } from '../kit/ids.ts'
import {
  custom,
  duration,
  type Given,
  integer,
  isFunction,
  isObject,
  type Parsed,
  parseOptions,
} from '../kit/options.ts'
import { type Random, systemRandom } from '../kit/random.ts'
import { storeError } from '../store/errors.ts'
import { instrument } from '../store/instrument.ts'
import { openMemoryStore } from '../store/memory/index.ts'
import { openSqliteStore } from '../store/sqlite/index.ts'
import type { Store } from '../store/store.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { type Logger, logEvents } from '../telemetry/logger.ts'
import { Closing } from './closing.ts'
import { Queue } from './queue.ts'
import { JobWatch } from './watch.ts'

const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const

export const openFields = {
  jobs: custom<readonly AnyJobSpec[]>({
    doc: 'Definitions that may be enqueued by name.',
    expected: 'a list of job definitions',
    accepts: Array.isArray,
  }),
  pendingMax: integer({
    doc: 'Most pending jobs in one queue; enqueueing past it is refused with `queue_full`.',
    default: PENDING_MAX,
    min: 1,
  }),
  busyTimeout: duration({
    doc: 'How long a call is tried again while another process locks the database.',
    default: '30s',
  }),
  logger: custom<Logger>({
    doc: 'Gets every event, such as a pino logger.',
    expected: 'a logger with debug, info, warn and error',
    accepts: (value) =>
      isObject(value) && LOGGER_METHODS.every((method) => isFunction((value as Partial<Logger>)[method])),
  }),
  clock: custom<Clock>({
    doc: 'The time, for tests.',
    expected: 'a clock',
    accepts: (value) => isObject(value) && isFunction((value as Partial<Clock>).now),
  }),
  random: custom<Random>({ doc: 'Randomness, for tests.', expected: 'a function', accepts: isFunction }),
}

export type OpenOptions = Given<typeof openFields>

/**
 * Opens a queue: `'sqlite:FILE'` (made where there is none), or `'memory:'` for tests.
 *
 * @example
 * const queue = await openQueue('memory:')
 * await queue.close()
 *
 * @throws MillhandError `invalid_store`, `unknown_option`, `invalid_option`, `store_unavailable`, `store_corrupt`,
 *   `store_newer`, `store_read_only`
 */
export async function openQueue(url: string, options: OpenOptions = {}): Promise<Queue> {
  const parsed = parseOptions('openQueue', openFields, options)
  const clock = parsed.clock ?? systemClock
  byName(parsed.jobs ?? [])
  return queueOn(await openStore(url, clock), { ...parsed, clock })
}

/** A queue on a store that is open already. */
export function queueOn(raw: Store, options: Parsed<typeof openFields> & { readonly clock: Clock }): Queue {
  const { clock, logger, pendingMax, busyTimeout } = options
  const random = options.random ?? systemRandom
  const events = new Emitter<MillhandEvents>((error) => logger?.error({ err: error }, 'listener_error'))
  if (logger) logEvents(events, logger)
  const store = instrument(raw, { events, clock, random, busyTimeoutMs: busyTimeout })
  const onError = (error: unknown) => events.emit('loop_error', { loop: 'watch', error: asError(error) })
  return new Queue({
    store,
    events,
    clock,
    random,
    ids: uuidv7(clock, random),
    watch: new JobWatch(store, clock, onError),
    closing: new Closing(),
    specs: byName(options.jobs ?? []),
    pendingMax,
  })
}

/** The one place that names concrete stores. */
function openStore(url: string, clock: Clock): Promise<Store> | Store {
  if (typeof url === 'string' && url.startsWith('sqlite:') && url.length > 'sqlite:'.length) {
    return openSqliteStore({ file: url.slice('sqlite:'.length), clock })
  }
  if (url === 'memory:') return openMemoryStore({ clock })
  throw storeError('invalid_store', { got: preview(url) })
}
