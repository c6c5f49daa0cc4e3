import type { Store } from '../store.ts'
import * as catalog from './catalog.ts'
import type { Claims } from './claims.ts'
import * as control from './control.ts'
import type { Database } from './database.ts'
import * as feed from './feed.ts'
import type { Inserts } from './inserts.ts'
import * as queues from './queues.ts'
import { report } from './report.ts'
import { Settlements } from './settle.ts'
import * as upkeep from './upkeep.ts'
import * as workers from './workers.ts'

interface Parts {
  readonly database: Database
  readonly claims: Claims
  readonly inserts: Inserts
}

/** The roles of the store: which statements run by themselves, and which in a transaction. */
export function roles(
  parts: Parts,
): Pick<Store, 'jobs' | 'catalog' | 'workers' | 'queues' | 'upkeep' | 'feed'> {
  return {
    jobs: jobRole(parts),
    catalog: catalogRole(parts),
    workers: workerRole(parts),
    queues: queueRole(parts),
    upkeep: upkeepRole(parts),
    feed: feedRole(parts),
  }
}

function jobRole({ database, claims, inserts }: Parts): Store['jobs'] {
  const { session } = database
  const written = new Settlements(session)
  return {
    async insert(jobs, pendingMax) {
      const inserted = await inserts.alone(jobs, pendingMax)
      claims.inserted(jobs)
      return inserted
    },
    claim: (request) => claims.claim(request),
    async settle(settlements) {
      const settled = await written.settle(settlements)
      if (settlements.some(({ verb }) => verb !== 'complete' && verb !== 'fail')) claims.reset()
      return settled
    },
    report: (reports) => report(session, reports),
    nextDueAt: () => claims.nextDueAt(),
  }
}

function catalogRole({ database: { session }, claims }: Parts): Store['catalog'] {
  return {
    get: (ids) => catalog.get(session, ids),
    list: (filter, page) => catalog.list(session, filter, page),
    count: (filter) => catalog.count(session, filter),
    tally: () => catalog.tally(session),
    logs: (id) => catalog.logs(session, id),
    cancel: (ids, reason) => control.cancel(session, ids, reason),
    async retry(ids) {
      const retried = await control.retry(session, ids)
      claims.reset()
      return retried
    },
  }
}

function workerRole({ database, claims }: Parts): Store['workers'] {
  const { session } = database
  return {
    register: (worker) => workers.register(session, worker),
    extend: (id, leaseMs) => workers.extend(session, id, leaseMs),
    async deregister(id) {
      await database.transaction((_, within) => workers.deregister(within, id))
      claims.reset()
    },
    list: () => workers.list(session),
  }
}

function queueRole({ database: { session }, claims }: Parts): Store['queues'] {
  return {
    pause: (queue) => queues.pause(session, queue),
    async resume(queue) {
      await queues.resume(session, queue)
      claims.reset()
    },
    paused: () => queues.paused(session),
  }
}

function upkeepRole({ database, claims }: Parts): Store['upkeep'] {
  const { session } = database
  return {
    elect: (worker, leaseMs) => upkeep.elect(session, worker, leaseMs),
    resign: (worker) => upkeep.resign(session, worker),
    async rescue(crashLimit) {
      const { lapsed, nextLapseAt } = await upkeep.lookForLapsed(session)
      if (!lapsed) return { workers: [], rescued: [], quarantined: [], nextLapseAt }
      const rescued = await database.transaction((_, within) => upkeep.rescue(within, crashLimit))
      claims.reset()
      return rescued
    },
    async expire(limit) {
      if (!(await upkeep.mayExpire(session))) return []
      return database.transaction((_, within) => upkeep.expire(within, limit))
    },
    prune: (retention, limit) => upkeep.prune(session, retention, limit),
  }
}

function feedRole({ database: { session } }: Parts): Store['feed'] {
  return {
    subscribe: (subscriber, leaseMs) => feed.subscribe(session, subscriber, leaseMs),
    unsubscribe: (subscriber) => feed.unsubscribe(session, subscriber),
    changesAfter(cursor, limit) {
      const changes = feed.changesAfter(session, cursor, limit)
      return session.clock?.during?.(changes) ?? changes
    },
  }
}
