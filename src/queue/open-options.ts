import { OPEN_HINTS } from '../job/elsewhere.ts'
import type { EnqueueHook } from '../job/hooks.ts'
import { PENDING_MAX } from '../job/limits.ts'
import { type QueueLimitOptions, queueLimitsField } from '../job/queue-limits.ts'
import { type QueueOptions, queuesField } from '../job/queue-settings.ts'
import { inList, isSpec } from '../job/spec.ts'
import type { AnyJobSpec } from '../job/typed.ts'
import type { Clock } from '../kit/clock.ts'
import type { Duration } from '../kit/duration.ts'
import { withHints } from '../kit/hint.ts'
import {
  custom,
  duration,
  type FieldsOf,
  flag,
  integer,
  isFunction,
  isObject,
  list,
  text,
} from '../kit/options.ts'
import type { Random } from '../kit/random.ts'
import type { PostgresPool } from '../store/pool.ts'
import type { Logger } from '../telemetry/logger.ts'

const CLOCK_METHODS = ['now', 'elapsed', 'timer'] as const
const POOL_METHODS = ['connect', 'query', 'end', 'on', 'off'] as const
const LOGGER_METHODS = ['debug', 'info', 'warn', 'error'] as const

/** What `openQueue` takes. */
export interface OpenOptions {
  /** Definitions that may be enqueued by name. None by default. */
  readonly jobs?: readonly AnyJobSpec[]
  /** Most pending jobs in one queue; enqueueing past it is refused with `queue_full`. Default 10,000,000, minimum 1. */
  readonly pendingMax?: number
  /** What is set for single queues, by name: written to the store, for all processes; see `configure`. Nothing by default. */
  readonly queues?: Readonly<Record<string, QueueOptions>>
  /** What the jobs of all queues are held to together: written to the store, for all processes. `[]` takes it away; left as it is by default. */
  readonly limits?: readonly QueueLimitOptions[]
  /** How long a call is tried again while the database is locked or away. Default `'30s'`. */
  readonly busyTimeout?: Duration
  /** The same for an enqueue: 0 to fail at once; `busyTimeout` by default. */
  readonly enqueueTimeout?: Duration
  /** The same for opening it, and for the connection of a beat; `millhand work` and `dev` wait `1m` by default. Default `'5s'`. */
  readonly openTimeout?: Duration
  /** Your own `pg` pool, in place of a URL: it is used and not closed. */
  readonly postgres?: PostgresPool
  /** PostgreSQL: the schema that the tables are in, `millhand` by default. Other stores have none, and pass over it. */
  readonly schema?: string
  /** PostgreSQL: whether to be notified. `false` behind a pooler in transaction mode. Default true. */
  readonly notify?: boolean
  /** Whether to bring the database to the newest version; `false` refuses an older one. Default true. */
  readonly migrate?: boolean
  /**
   * Gets every event, such as a pino logger: bounded, without payloads. By default failures, retries and lost leases
   * are written to the standard error, one short line each; `false` writes nothing.
   */
  readonly logger?: Logger | false
  /** What is around every enqueue, the first outermost: hooks for tracing, context, validation. None by default. */
  readonly aroundEnqueue?: readonly EnqueueHook[]
  /** The time, for tests. */
  readonly clock?: Clock
  /** Randomness, for tests. */
  readonly random?: Random
}

export const openFields = {
  jobs: { ...list<AnyJobSpec>({ expected: 'a list of job definitions', accepts: isSpec }), hint: inList },
  pendingMax: integer({ default: PENDING_MAX, min: 1 }),
  queues: queuesField(),
  limits: queueLimitsField(),
  busyTimeout: duration({ default: '30s' }),
  enqueueTimeout: duration(),
  openTimeout: duration({ default: '5s' }),
  postgres: {
    ...custom<PostgresPool>({ expected: 'a pool of pg', accepts: isPool }),
    hint: (value: unknown) =>
      typeof value === 'string' ? " A URL is the first argument: openQueue('postgres://…')." : '',
  },
  schema: text(),
  notify: flag({ default: true }),
  migrate: flag({ default: true }),
  logger: custom<Logger | false>({
    expected: 'a logger with debug, info, warn and error, or false',
    accepts: (value) => value === false || isLogger(value),
  }),
  aroundEnqueue: list<EnqueueHook>({
    expected: 'a list of functions of a call and next',
    accepts: isFunction,
  }),
  clock: custom<Clock>({
    expected: 'a clock',
    accepts: (value) =>
      isObject(value) && CLOCK_METHODS.every((method) => isFunction((value as Partial<Clock>)[method])),
  }),
  random: custom<Random>({ expected: 'a function', accepts: isFunction }),
} satisfies FieldsOf<OpenOptions>
withHints(openFields, OPEN_HINTS)

function isLogger(value: unknown): boolean {
  return isObject(value) && LOGGER_METHODS.every((method) => isFunction((value as Partial<Logger>)[method]))
}

/** A single client of pg has no `totalCount`. */
function isPool(value: unknown): boolean {
  if (!isObject(value)) return false
  const { options, totalCount } = value as Partial<PostgresPool>
  const isWhole = POOL_METHODS.every((method) => isFunction((value as Partial<PostgresPool>)[method]))
  return isWhole && isObject(options) && typeof totalCount === 'number'
}
