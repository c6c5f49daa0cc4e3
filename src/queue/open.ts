import { byName } from '../job/specs.ts'
import { readSafely } from '../kit/brand.ts'
import { type Clock, systemClock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError, preview } from '../kit/error.ts'
import { uuidv7 } from '../kit/ids.ts'
import { isObject, optionError, type Parsed, parseOptions } from '../kit/options.ts'
import { systemRandom } from '../kit/random.ts'
import { secureRandom } from '../kit/secure-random.ts'
import { storeError } from '../store/errors.ts'
import { instrument } from '../store/instrument.ts'
import { openMemoryStore } from '../store/memory/index.ts'
import type { Opening } from '../store/opening.ts'
import type { PostgresPool } from '../store/pool.ts'
import type { Store } from '../store/store.ts'
import { kindOf, meantBy, readPostgresUrl } from '../store/url.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { eventsFor, type Teller, tellerOf } from '../telemetry/teller.ts'
import { withSettings } from './apply-settings.ts'
import { Closing } from './closing.ts'
import { requireOneValueEach, settingsFrom } from './configure.ts'
import { DeclaredLimits } from './declared-limits.ts'
import { type OpenOptions, openFields } from './open-options.ts'
import { OpenedQueue, type Queue } from './queue.ts'
import { Unserved } from './unserved.ts'
import { JobWatch } from './watch.ts'

/** What is opened with a pool of the caller's in place of a URL. */
type PoolOptions = OpenOptions & { readonly postgres: PostgresPool }

/**
 * Opens a queue: `'sqlite:FILE'` (made where there is none), `'postgres://USER:PASSWORD@HOST/DATABASE'` (its schema is
 * made where there is none), or `'memory:'` for tests; a `URL` of these as well. With `{ postgres: pool }` in place of a URL, on your own pool.
 *
 * @example
 * const queue = await openQueue('memory:')
 * await queue.close()
 *
 * @throws MillhandError `invalid_store`, `invalid_schema`, `invalid_name`, `unknown_option`, `invalid_option`, `store_unavailable`, `driver_missing`,
 *   `too_many_connections`, `store_corrupt`, `store_newer`, `store_older`, `migration_failed`, `store_read_only`, `store_unreadable`, `store_busy`,
 *   `duplicate_definition`, `conflicting_limits`
 */
export async function openQueue(url: string | URL, options?: OpenOptions): Promise<Queue>
export async function openQueue(options: PoolOptions): Promise<Queue>
export async function openQueue(
  given: string | URL | PoolOptions,
  options: OpenOptions = {},
): Promise<Queue> {
  const to = isUrl(given) ? given.href : given
  const parsed = parseOptions('openQueue', openFields, isPoolOptions(to) ? to : options)
  if (parsed.postgres && !isPoolOptions(to)) throw twoStores(to)
  requireOneSchema(to, parsed.schema)
  const clock = parsed.clock ?? systemClock
  const settings = settingsFrom(parsed)
  requireOneValueEach(byName(parsed.jobs ?? []).values(), settings)
  // One for both: what is written to the standard error is bounded, and says once how to change that.
  const teller = tellerOf(parsed.logger)
  const events = eventsFor(teller)
  const store = await openStore(to, { ...parsed, clock, teller, events })
  return withSettings(queueOn(store, { ...parsed, clock }, events), settings)
}

/** By what it calls itself: a test runner brings a class of its own. */
function isUrl(to: unknown): to is URL {
  return readSafely(to, Symbol.toStringTag) === 'URL' && typeof readSafely(to, 'href') === 'string'
}

function isPoolOptions(to: unknown): to is PoolOptions {
  return isObject(to)
}

function twoStores(url: string): Error {
  const got = `a pool beside ${preview(url)}`
  const expected = 'the pool in place of a URL: openQueue({ postgres: pool })'
  return optionError('invalid_option', { component: 'openQueue', option: 'postgres', expected, got })
}

/** Jobs in a schema that nobody looks at would be acknowledged, and never run. */
function requireOneSchema(to: unknown, schema: string | undefined): void {
  const named = kindOf(to) === 'postgres' ? readPostgresUrl(to as string).schema : undefined
  if (schema === undefined || named === undefined || schema === named) return
  const expected = `${preview(named)}, as the URL says, or one of them alone`
  throw optionError('invalid_option', {
    component: 'openQueue',
    option: 'schema',
    expected,
    got: preview(schema),
  })
}

/** A queue on a store that is open already. */
export function queueOn(
  raw: Store,
  options: Parsed<typeof openFields> & { readonly clock: Clock },
  events: Emitter<MillhandEvents> = eventsFor(tellerOf(options.logger)),
): Queue {
  const { clock, pendingMax, busyTimeout, enqueueTimeout = busyTimeout } = options
  const random = options.random ?? systemRandom
  const store = instrument(raw, {
    events,
    clock,
    random,
    busyTimeoutMs: busyTimeout,
    enqueueTimeoutMs: enqueueTimeout,
  })
  const onError = (loop: string) => (error: unknown) =>
    events.emit('loop_error', { loop, error: asError(error) })
  const limits = new DeclaredLimits(store, onError('limits'))
  return new OpenedQueue({
    store: { ...store, close: () => limits.written().then(store.close) },
    events,
    clock,
    random,
    ids: uuidv7(clock, options.random ?? secureRandom()),
    watch: new JobWatch(store, clock, onError('watch')),
    unserved: new Unserved({ store, events, clock }),
    closing: new Closing(),
    limits,
    specs: byName(options.jobs ?? []),
    aroundEnqueue: options.aroundEnqueue ?? [],
    pendingMax,
    openTimeoutMs: options.openTimeout,
  })
}

interface Ears {
  readonly clock: Clock
  readonly teller: Teller
  readonly events: Emitter<MillhandEvents>
}

type StoreOptions = Parsed<typeof openFields> & Ears

/** The one place that names concrete stores, and loads what it is asked for alone: `node:sqlite`, or the client of PostgreSQL. */
async function openStore(to: unknown, options: StoreOptions): Promise<Store> {
  const { postgres, clock, schema, notify, migrate, openTimeout, teller, events } = options
  const onWait = (err: Error) => teller.warn('waiting for the database', { err, openTimeoutMs: openTimeout })
  const opening: Opening = { timeoutMs: openTimeout, onWait }
  if (postgres !== undefined || kindOf(to) === 'postgres') {
    const { openPostgresStore } = await import('../store/postgres/index.ts')
    const onDeaf = (error: Error) => events.emit('loop_error', { loop: 'notices', error })
    return openPostgresStore({
      to: postgres ?? (to as string),
      schema,
      notify,
      migrate,
      clock,
      random: options.random,
      opening,
      onDeaf,
    })
  }
  if (kindOf(to) === 'sqlite') {
    const { openSqliteStore } = await import('../store/sqlite/index.ts')
    return openSqliteStore({ file: (to as string).slice('sqlite:'.length), clock, migrate, opening })
  }
  if (to === 'memory:') return openMemoryStore({ clock })
  throw storeError('invalid_store', { got: preview(to), mend: meantBy(to) })
}
