import { isStorable } from '../job/text.ts'
import type { Clock } from '../kit/clock.ts'
import { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import type { Random } from '../kit/random.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { isTransient, storeError } from './errors.ts'
import { type Limit, Patience } from './patience.ts'
import type { Store } from './store.ts'

/** What this process itself did to the store, told at once to whoever in it would otherwise have to look. */
interface LocalNotices {
  /** Jobs became ready, or may have: an idle worker should claim. */
  ready: undefined
  /** These jobs changed state, progress or checkpoint. */
  changed: { readonly ids: readonly string[] }
}

interface InstrumentOptions {
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
  readonly random: Random
  /** How long a call is tried again while the store is busy, in milliseconds. */
  readonly busyTimeoutMs: number
  /** The same for an insert. */
  readonly enqueueTimeoutMs: number
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

/** How long those wait for a store that is away who only want to say goodbye: everything lapses by itself, too. */
const COURTESY_MS = 2_000

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
  const until = (signal?: AbortSignal, limitMs = Number.POSITIVE_INFINITY): InstrumentedStore => {
    const busyTimeoutMs = Math.min(options.busyTimeoutMs, limitMs)
    const enqueueTimeoutMs = Math.min(options.enqueueTimeoutMs, limitMs)
    const retried = withRetries(store, patience, { busyTimeoutMs, enqueueTimeoutMs, signal })
    return {
      ...retried,
      local,
      until,
      blindUntilMs: () => patience.blindUntilMs,
      jobs: tellJobs(retried, local),
      catalog: tellCatalog(retried, local),
      upkeep: tellUpkeep(retried, local),
      transaction: tellTransaction(retried, local),
      close() {
        patience.giveUp()
        return store.close()
      },
    }
  }
  return until()
}

type Limits = Pick<InstrumentOptions, 'busyTimeoutMs' | 'enqueueTimeoutMs'> & Pick<Limit, 'signal'>

/** The store with every role's every call tried again. */
function withRetries(store: Store, patience: Patience, limits: Limits): Store {
  const { busyTimeoutMs, enqueueTimeoutMs, signal } = limits
  const patient = { limitMs: busyTimeoutMs, signal }
  const enqueuing = { limitMs: enqueueTimeoutMs, signal }
  const courteous = { limitMs: Math.min(busyTimeoutMs, COURTESY_MS), signal }
  const role = <Role extends object>(name: string, calls: Role): Role =>
    Object.fromEntries(
      Object.entries(calls).map(([verb, call]) => [
        verb,
        (...values: unknown[]) => patience.run(`${name}.${verb}`, () => call(...values), patient),
      ]),
    ) as Role
  return {
    ...store,
    jobs: {
      ...role('jobs', store.jobs),
      insert: (jobs, max) => patience.run('jobs.insert', () => store.jobs.insert(jobs, max), enqueuing),
    },
    catalog: role('catalog', store.catalog),
    workers: {
      ...role('workers', store.workers),
      deregister: (id) => patience.run('workers.deregister', () => store.workers.deregister(id), courteous),
    },
    queues: role('queues', store.queues),
    upkeep: {
      ...role('upkeep', store.upkeep),
      resign: (worker) => patience.run('upkeep.resign', () => store.upkeep.resign(worker), courteous),
    },
    feed: {
      ...role('feed', store.feed),
      unsubscribe: (id) => patience.run('feed.unsubscribe', () => store.feed.unsubscribe(id), courteous),
    },
    now: () => patience.run('now', store.now, patient),
    transaction: (body) =>
      patience.run('transaction', () => onceBegun(store, (begin) => store.transaction(begin(body))), patient),
    insertIn: (handle, jobs, max) => store.insertIn(handle, jobs, max).catch(asItWasMet),
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

function tellJobs({ jobs }: Store, local: Emitter<LocalNotices>): Store['jobs'] {
  return {
    ...jobs,
    async insert(news, pendingMax) {
      const inserted = await jobs.insert(news, pendingMax)
      local.emit('ready', undefined)
      return inserted
    },
    async settle(settlements) {
      const results = await jobs.settle(settlements)
      if (local.has('changed')) local.emit('changed', { ids: settlements.map((settlement) => settlement.id) })
      if (settlements.some(({ verb }) => verb !== 'complete' && verb !== 'fail'))
        local.emit('ready', undefined)
      return results
    },
    async report(reports) {
      const results = await jobs.report(reports)
      if (local.has('changed')) local.emit('changed', { ids: reports.map((report) => report.id) })
      return results
    },
    async claim(request) {
      const claimed = await jobs.claim(request)
      if (claimed.length > 0 && local.has('changed'))
        local.emit('changed', { ids: claimed.map((job) => job.id) })
      return claimed
    },
  }
}

/** What a transaction changed is told when it has committed. */
function tellTransaction(store: Store, local: Emitter<LocalNotices>): Store['transaction'] {
  return async (body) => {
    const ids: string[] = []
    const result = await store.transaction((tx) =>
      body({
        ...tx,
        settle: (settlements) => {
          ids.push(...settlements.map((settlement) => settlement.id))
          return tx.settle(settlements)
        },
      }),
    )
    if (ids.length > 0) local.emit('changed', { ids })
    local.emit('ready', undefined)
    return result
  }
}

function tellCatalog({ catalog }: Store, local: Emitter<LocalNotices>): Store['catalog'] {
  const tell = (ids: string[]): string[] => {
    if (ids.length > 0) {
      local.emit('changed', { ids })
      local.emit('ready', undefined)
    }
    return ids
  }
  return {
    ...catalog,
    // No store has a job of an id that not every store can hold, and some would fail to look.
    get: (ids) => catalog.get(ids.filter(isStorable)),
    logs: async (id) => (isStorable(id) ? catalog.logs(id) : []),
    cancel: async (ids, reason) => tell(await catalog.cancel(ids.filter(isStorable), reason)),
    retry: async (ids) => tell(await catalog.retry(ids.filter(isStorable))),
  }
}

function tellUpkeep({ upkeep }: Store, local: Emitter<LocalNotices>): Store['upkeep'] {
  return {
    ...upkeep,
    async rescue(crashLimit) {
      const result = await upkeep.rescue(crashLimit)
      if (result.workers.length > 0) {
        local.emit('changed', { ids: [...result.rescued, ...result.quarantined] })
        local.emit('ready', undefined)
      }
      return result
    },
    async expire(limit) {
      const ids = await upkeep.expire(limit)
      if (ids.length > 0) local.emit('changed', { ids })
      return ids
    },
  }
}
