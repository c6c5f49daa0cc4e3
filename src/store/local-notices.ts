import type { Settlement } from '../job/outcome.ts'
import { isStorable } from '../job/text.ts'
import type { Emitter } from '../kit/emitter.ts'
import type { Store, StoreTransaction } from './store.ts'

/** What this process itself did to the store, told at once to whoever in it would otherwise have to look. */
export interface LocalNotices {
  /** Jobs became ready, or may have: an idle worker should claim. */
  ready: undefined
  /** A schedule was changed: its next tick may be another. */
  scheduled: undefined
  /** These jobs changed state, progress or checkpoint. */
  changed: { readonly ids: readonly string[] }
}

/** The store, with what each of its calls changes told to those of this process who wait for it. */
export function telling(store: Store, local: Emitter<LocalNotices>): Store {
  return {
    ...store,
    jobs: tellJobs(store, local),
    catalog: tellCatalog(store, local),
    operations: tellOperations(store, local),
    workers: tellWorkers(store, local),
    queues: tellQueues(store, local),
    schedules: tellSchedules(store, local),
    limits: tellLimits(store, local),
    upkeep: tellUpkeep(store, local),
    transaction: tellTransaction(store, local),
  }
}

function tellJobs({ jobs }: Store, local: Emitter<LocalNotices>): Store['jobs'] {
  return {
    ...jobs,
    async insert(news, pendingMax) {
      const inserted = await jobs.insert(news, pendingMax)
      const replaced = local.has('changed') ? inserted.filter((each) => each.replaced) : []
      if (replaced.length > 0) local.emit('changed', { ids: replaced.map(({ id }) => id) })
      local.emit('ready', undefined)
      return inserted
    },
    async settle(settlements, repeated) {
      const results = await jobs.settle(settlements, repeated)
      if (local.has('changed')) local.emit('changed', { ids: settlements.map((settlement) => settlement.id) })
      if (settlements.some(mayMakeReady)) local.emit('ready', undefined)
      return results
    },
    async report(reports) {
      const results = await jobs.report(reports)
      if (local.has('changed')) local.emit('changed', { ids: reports.map((report) => report.id) })
      return results
    },
    async begin(starts) {
      const results = await jobs.begin(starts)
      if (local.has('changed')) local.emit('changed', { ids: starts.map((start) => start.id) })
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

/** The job itself runs again, or whoever waits at a gate that it has left may go on. */
function mayMakeReady({ verb, limited }: Settlement): boolean {
  return limited || (verb !== 'complete' && verb !== 'fail')
}

/** What a transaction changed is told when it has committed. */
function tellTransaction(store: Store, local: Emitter<LocalNotices>): Store['transaction'] {
  return async (body, options) => {
    const ids: string[] = []
    const telling = (tx: StoreTransaction): StoreTransaction => ({
      ...tx,
      settle: (settlements) => {
        ids.push(...settlements.map((settlement) => settlement.id))
        return tx.settle(settlements)
      },
    })
    const result = await store.transaction((tx) => body(telling(tx)), options)
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
    idsFrom: async (prefix, limit) => (isStorable(prefix) ? catalog.idsFrom(prefix, limit) : []),
    logs: async (id) => (isStorable(id) ? catalog.logs(id) : []),
    cancel: async (ids, reason, call) => tell(await catalog.cancel(ids.filter(isStorable), reason, call)),
    freeKey: async (label, call) => (isStorable(label.key) ? catalog.freeKey(label, call) : []),
    retry: async (ids, call) => tell(await catalog.retry(ids.filter(isStorable), call)),
  }
}

/** Whatever waits may run now, or earlier than was known. */
function tellOperations({ operations }: Store, local: Emitter<LocalNotices>): Store['operations'] {
  return {
    ...operations,
    async step(piece) {
      const stepped = await operations.step(piece)
      if (stepped && stepped.ids.length > 0) {
        local.emit('changed', { ids: stepped.ids })
        local.emit('ready', undefined)
      }
      return stepped
    },
  }
}

/** What a worker still held when it signed off is ready for the others, those of this process too. */
function tellWorkers({ workers }: Store, local: Emitter<LocalNotices>): Store['workers'] {
  return {
    ...workers,
    async deregister(id) {
      await workers.deregister(id)
      local.emit('ready', undefined)
    },
  }
}

function tellQueues({ queues }: Store, local: Emitter<LocalNotices>): Store['queues'] {
  return {
    ...queues,
    async configure(queue, settings) {
      await queues.configure(queue, settings)
      // A limit that is written with it may let more pass.
      local.emit('ready', undefined)
    },
    async purge(queue, piece) {
      const purged = await queues.purge(queue, piece)
      if (purged.ids.length > 0) local.emit('changed', { ids: purged.ids })
      return purged
    },
  }
}

function tellSchedules({ schedules }: Store, local: Emitter<LocalNotices>): Store['schedules'] {
  return {
    ...schedules,
    async set(schedule) {
      const record = await schedules.set(schedule)
      local.emit('scheduled', undefined)
      return record
    },
    async advance(step, jobs, pendingMax) {
      const done = await schedules.advance(step, jobs, pendingMax)
      if (done) local.emit('scheduled', undefined)
      if (jobs.length > 0) local.emit('ready', undefined)
      return done
    },
  }
}

/** A limit that is another one may let more pass, and so does one that was not known. */
function tellLimits({ limits }: Store, local: Emitter<LocalNotices>): Store['limits'] {
  return {
    ...limits,
    async declare(news) {
      await limits.declare(news)
      local.emit('ready', undefined)
    },
    async override(name, change, call) {
      const record = await limits.override(name, change, call)
      if (record) local.emit('ready', undefined)
      return record
    },
    async tend(limit) {
      const count = await limits.tend(limit)
      if (count > 0) local.emit('ready', undefined)
      return count
    },
  }
}

function tellUpkeep({ upkeep }: Store, local: Emitter<LocalNotices>): Store['upkeep'] {
  return {
    ...upkeep,
    async rescue(crashLimit, limit) {
      const result = await upkeep.rescue(crashLimit, limit)
      const ids = [...result.rescued, ...result.quarantined]
      if (result.workers.length > 0 || ids.length > 0) {
        local.emit('changed', { ids })
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
