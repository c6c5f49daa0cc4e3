import type { Settlement } from '../job/outcome.ts'
import { systemClock } from '../kit/clock.ts'
import { asError } from '../kit/error.ts'
import { type Ids, uuidv7 } from '../kit/ids.ts'
import { systemRandom } from '../kit/random.ts'
import { isTransient, storeError } from './errors.ts'
import type { Limit, Patience } from './patience.ts'
import type { Store } from './store.ts'

/** How long a call is tried again, and who waits for it. */
export interface Limits extends Pick<Limit, 'signal'> {
  /** While the store is busy, in milliseconds. */
  readonly busyTimeoutMs: number
  /** The same for an insert. */
  readonly enqueueTimeoutMs: number
}

/** How long those wait for a store that is away who only want to say goodbye: everything lapses by itself, too. */
const COURTESY_MS = 2_000

/** Names each call once, however often it is tried: made again after its answer was lost, it answers the same. */
function withCalls(catalog: Store['catalog'], nameCall: Ids): Store['catalog'] {
  return {
    ...catalog,
    cancel: (ids, reason, call = nameCall()) => catalog.cancel(ids, reason, call),
    retry: (ids, call = nameCall()) => catalog.retry(ids, call),
    freeKey: (label, call = nameCall()) => catalog.freeKey(label, call),
  }
}

function withPurges(queues: Store['queues'], nameCall: Ids): Store['queues'] {
  return { ...queues, purge: (queue, piece) => queues.purge(queue, { call: nameCall(), ...piece }) }
}

function withOverrides(limits: Store['limits'], nameCall: Ids): Store['limits'] {
  return {
    ...limits,
    override: (name, change, call = nameCall()) => limits.override(name, change, call),
  }
}

/** The store with every role's every call tried again. */
export function withRetries(store: Store, patience: Patience, limits: Limits): Store {
  const { busyTimeoutMs, enqueueTimeoutMs, signal } = limits
  const patient = { limitMs: busyTimeoutMs, signal }
  const enqueuing = { limitMs: enqueueTimeoutMs, signal }
  const courteous = { limitMs: Math.min(busyTimeoutMs, COURTESY_MS), signal }
  const callNames = uuidv7(systemClock, systemRandom)
  /** `limits` says which verbs have another limit. */
  const role = <Role extends object>(name: string, calls: Role, limits: Record<string, Limit> = {}): Role =>
    Object.fromEntries(
      Object.entries(calls).map(([verb, call]) => {
        const limit = limits[verb] ?? patient
        return [verb, (...values: unknown[]) => patience.run(`${name}.${verb}`, () => call(...values), limit)]
      }),
    ) as Role
  return {
    ...store,
    jobs: {
      ...role('jobs', store.jobs, { insert: enqueuing }),
      settle: (settlements, repeated) =>
        patience.run('jobs.settle', settling(store, settlements, repeated), patient),
    },
    catalog: withCalls(role('catalog', store.catalog), callNames),
    workers: role('workers', store.workers, { deregister: courteous }),
    queues: withPurges(role('queues', store.queues), callNames),
    limits: withOverrides(role('limits', store.limits), callNames),
    schedules: role('schedules', store.schedules),
    ledger: role('ledger', store.ledger),
    operations: role('operations', store.operations),
    upkeep: role('upkeep', store.upkeep, { resign: courteous }),
    feed: role('feed', store.feed, { unsubscribe: courteous }),
    now: () => patience.run('now', store.now, patient),
    transaction: (body, options) => {
      const run = () => onceBegun(store, (begin) => store.transaction(begin(body), options))
      return patience.run('transaction', run, patient)
    },
    insertIn: (handle, jobs, max) => store.insertIn(handle, jobs, max).catch(asItWasMet),
  }
}

/** Tries one settlement after the other: all but the first are made again. */
function settling({ jobs }: Store, settlements: readonly Settlement[], repeated = false) {
  let isRepeated = repeated
  return () => {
    const again = isRepeated
    isRepeated = true
    return jobs.settle(settlements, again)
  }
}

/** In a transaction of his own, a caller gets a passing fault in the words of the database: he may know what to do. */
function asItWasMet(error: unknown): never {
  throw isTransient(error) ? (error.lasting ?? error.cause ?? error) : error
}

type Begin = <Tx, Result>(body: (tx: Tx) => Promise<Result>) => (tx: Tx) => Promise<Result>

/**
 * A transaction that could not begin has done nothing, and may be tried again. One that has begun may not: what its
 * body did beside the database would happen twice.
 *
 * @throws MillhandError `transaction_lost`
 */
async function onceBegun<Result>(
  { location }: Store,
  run: (begin: Begin) => Promise<Result>,
): Promise<Result> {
  let begun = false
  const begin: Begin = (body) => (tx) => {
    begun = true
    return body(tx)
  }
  try {
    return await run(begin)
  } catch (error) {
    if (!begun || !isTransient(error)) throw error
    throw storeError('transaction_lost', { location, problem: asError(error).message }, { cause: error })
  }
}
