import { isStorable } from '../job/text.ts'
import type { Clock } from '../kit/clock.ts'
import { sleep } from '../kit/clock.ts'
import { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import type { Random } from '../kit/random.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { isTransient, storeError } from './errors.ts'
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
}

/** Between two tries: a random wait that starts at up to 2 ms and grows to up to 50 ms. */
const FIRST_WAIT_MS = 2
const LONGEST_WAIT_MS = 50

/**
 * Wraps a store once: calls that met a passing fault are tried again after a random wait, and what this process
 * changes is told to its own waiting workers and watchers. The store itself holds statements only.
 */
export function instrument(store: Store, options: InstrumentOptions): InstrumentedStore {
  const local = new Emitter<LocalNotices>()
  const retried = withRetries(store, options)
  return {
    ...retried,
    local,
    jobs: tellJobs(retried, local),
    catalog: tellCatalog(retried, local),
    upkeep: tellUpkeep(retried, local),
    transaction: tellTransaction(retried, local),
  }
}

/** The store with every role's every call tried again. */
function withRetries(store: Store, options: InstrumentOptions): Store {
  const again = <Result>(operation: string, call: () => Promise<Result>) => {
    const busyTimeoutMs = operation === 'jobs.insert' ? options.enqueueTimeoutMs : options.busyTimeoutMs
    return retryTransient(operation, call, { ...options, busyTimeoutMs, location: store.location })
  }
  const role = <Role extends object>(name: string, calls: Role): Role =>
    Object.fromEntries(
      Object.entries(calls).map(([verb, call]) => [
        verb,
        (...values: unknown[]) => again(`${name}.${verb}`, () => call(...values)),
      ]),
    ) as Role
  return {
    ...store,
    jobs: role('jobs', store.jobs),
    catalog: role('catalog', store.catalog),
    workers: role('workers', store.workers),
    queues: role('queues', store.queues),
    upkeep: role('upkeep', store.upkeep),
    feed: role('feed', store.feed),
    now: () => again('now', store.now),
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

/** Tries a call again until it gets through or `busyTimeoutMs` has passed. @throws MillhandError `store_busy` */
async function retryTransient<Result>(
  operation: string,
  call: () => Promise<Result>,
  options: InstrumentOptions & { readonly location: string },
): Promise<Result> {
  const { clock, random, events, busyTimeoutMs, location } = options
  const startMs = clock.elapsed()
  for (let tries = 1; ; tries += 1) {
    try {
      return await call()
    } catch (error) {
      if (!isTransient(error)) throw error
      const waitedMs = Math.round(clock.elapsed() - startMs)
      if (waitedMs >= busyTimeoutMs) throw storeError('store_busy', { location, waitedMs }, { cause: error })
      events.emit('store_retry', { operation, tries, error: asError(error) })
    }
    await sleep(clock, random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(tries, 5)))
  }
}
