import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import type { StoreRoles } from '../store.ts'
import { backlog } from './backlog.ts'
import { begin } from './begin.ts'
import { callOnce } from './calls.ts'
import * as catalog from './catalog.ts'
import type { GatedClaims } from './claiming/gated.ts'
import { waitsAlone } from './claiming/ready.ts'
import * as control from './control.ts'
import type { Database } from './database.ts'
import { ended } from './ended.ts'
import { doErrands } from './errands.ts'
import { pruneGates } from './gate-upkeep.ts'
import type { Inserts } from './inserts.ts'
import { freeKey } from './keys.ts'
import type { Lanes } from './lanes.ts'
import * as ledger from './ledger.ts'
import * as limits from './limits.ts'
import * as operations from './operations.ts'
import * as queues from './queues.ts'
import { feedRole } from './reading/feed-role.ts'
import { report } from './report.ts'
import { lookForLapsed, rescue } from './rescue.ts'
import * as schedules from './schedules.ts'
import { settle } from './settle.ts'
import * as size from './size.ts'
import { strays } from './strays.ts'
import * as upkeep from './upkeep.ts'
import * as workers from './workers.ts'

interface Parts {
  readonly database: Database
  readonly claims: GatedClaims
  readonly inserts: Inserts
  readonly lanes: Lanes
}

/** The roles of the store: which statements run by themselves, and which in a transaction. */
export function roles(parts: Parts): StoreRoles {
  return {
    jobs: jobRole(parts),
    catalog: catalogRole(parts),
    workers: workerRole(parts),
    queues: queueRole(parts),
    limits: limitRole(parts),
    schedules: scheduleRole(parts),
    ledger: ledgerRole(parts),
    operations: operationRole(parts),
    upkeep: upkeepRole(parts),
    feed: feedRole(parts.database),
  }
}

function jobRole({ database, claims, inserts, lanes }: Parts): StoreRoles['jobs'] {
  const { session } = database
  return {
    async insert(jobs, pendingMax) {
      const inserted = await inserts.insert(jobs, pendingMax)
      claims.inserted(jobs)
      return inserted
    },
    claim: (request) => claims.claim(request),
    begin: (starts) => begin(session, starts),
    async settle(settlements, repeated) {
      const left = new Set<string>()
      const settled = await settle(session, settlements, { repeated, left })
      claims.settled(settlements)
      await claims.left(left)
      return settled
    },
    report: (reports) => report(session, reports),
    waitsAlone: (request) => waitsAlone(session, request),
    async nextDueAt() {
      const { dueAt, errands } = await claims.nextDueAt()
      // What comes of them may be ready.
      return errands && (await doErrands(STATEMENT_ROWS_MAX, { database, claims, lanes })) > 0 ? 0 : dueAt
    },
  }
}

function catalogRole({ database, claims, lanes }: Parts): StoreRoles['catalog'] {
  const { session } = database
  return {
    get: (ids) => catalog.get(session, ids),
    idsFrom: (prefix, limit) => catalog.idsFrom(session, prefix, limit),
    ended: (sinceMs, limit) => ended(session, sinceMs, limit),
    list: (filter, page) => catalog.list(session, filter, page),
    find: (filter, page) => catalog.find(session, filter, page),
    count: (filter) => catalog.count(session, filter),
    tally: () => catalog.tally(session),
    logs: (id) => catalog.logs(session, id),
    ahead: (id) => catalog.ahead(session, id),
    turn: (id) => catalog.turn(session, id),
    async cancel(ids, reason, call) {
      const left = new Set<string>()
      const cancelled = await control.cancel(database, ids, { reason, call, left })
      await claims.left(left)
      return cancelled
    },
    async retry(ids, call) {
      const retried = await callOnce(database, call, (within) => control.retry(within, ids, lanes))
      claims.reset()
      return retried
    },
    freeKey: (label, call) => callOnce(database, call, (within) => freeKey(within, label)),
  }
}

function workerRole({ database, claims }: Parts): StoreRoles['workers'] {
  const { session } = database
  return {
    register: (worker) => workers.register(session, worker),
    extend: (id, leaseMs) => workers.extend(session, id, leaseMs),
    async deregister(id) {
      const left = new Set<string>()
      await database.transaction((_, within) => workers.deregister(within, id, left))
      claims.reset()
      await claims.left(left)
    },
    order: (ids, order) => workers.order(session, ids, order),
    list: () => workers.list(session),
  }
}

function queueRole({ database, claims }: Parts): StoreRoles['queues'] {
  const { session } = database
  return {
    pause: (queue, note) => queues.pause(session, queue, note),
    async resume(queue) {
      await queues.resume(session, queue)
      claims.reset()
    },
    paused: () => queues.paused(session),
    configure: (queue, settings) => queues.configure(database, queue, settings),
    place: (queue) => queues.placeAnew(database, queue).finally(() => claims.reset()),
    unplaced: () => queues.unplaced(session),
    purge: (queue, piece) => size.purgeOnce(database, queue, piece),
    unfinished: (queue) => size.unfinished(session, queue),
    backlog: (queue, countedMax) => backlog(session, queue, countedMax),
    configured: () => queues.configured(session),
  }
}

function limitRole({ database }: Parts): StoreRoles['limits'] {
  const { session } = database
  let tendedTo = ''
  return {
    declare: (given) => limits.declare(database, given),
    override: (name, change, call) => limits.override(database, name, { change, call }),
    list: () => limits.list(session),
    gates: (which, limit, waitingMax) => limits.gates(session, which, { limit, waitingMax }),
    sums: (name, gatesMax) => limits.sums(session, name, gatesMax),
    async tend(limit) {
      const { count, next } = await limits.tend(session, { after: tendedTo, limit })
      tendedTo = next
      return count
    },
    strays: (limit) => strays(session, limit),
  }
}

function scheduleRole({ database, claims, inserts }: Parts): StoreRoles['schedules'] {
  const { session } = database
  return {
    set: (schedule) => schedules.set(session, schedule),
    remove: (name) => schedules.remove(session, name),
    list: (name) => schedules.list(session, name),
    due: (limit) => schedules.due(session, limit),
    async advance(step, jobs, pendingMax) {
      if (jobs.length === 0) return schedules.advance(session, step)
      const done = await database.transaction(async (_, within) => {
        if (!(await schedules.advance(within, step))) return false
        await inserts.insertIn(within, jobs, pendingMax)
        return true
      })
      claims.inserted(jobs)
      return done
    },
  }
}

function ledgerRole({ database }: Parts): StoreRoles['ledger'] {
  return {
    read: (fromMs) => ledger.read(database.session, fromMs),
    depths: () => ledger.depths(database.session),
    tidy: (keepMs) => ledger.tidy(database, keepMs),
  }
}

function operationRole({ database, claims, lanes }: Parts): StoreRoles['operations'] {
  const { session } = database
  return {
    begin: (operation) => operations.begin(session, operation),
    async step(piece) {
      const left = new Set<string>()
      const around = { lanes, left }
      const stepped = await operations.step(database, piece, around)
      // Whatever waits may have another place by now.
      claims.reset()
      await claims.left(left)
      return stepped
    },
    list: (limit) => operations.list(session, limit),
  }
}

function upkeepRole({ database, claims, lanes }: Parts): StoreRoles['upkeep'] {
  const { session } = database
  let gatesSeenTo = ''
  return {
    elect: (worker, leaseMs) => upkeep.elect(session, worker, leaseMs),
    resign: (worker) => upkeep.resign(session, worker),
    async rescue(crashLimit, limit = STATEMENT_ROWS_MAX) {
      const { lapsed, left: more, nextLapseAt } = await lookForLapsed(session)
      if (!lapsed && !more) return { workers: [], rescued: [], quarantined: [], more: false, nextLapseAt }
      const left = new Set<string>()
      const rescued = await database.transaction((_, within) => rescue(within, { crashLimit, limit, left }))
      claims.reset()
      await claims.left(left)
      return rescued
    },
    errands: (limit) => doErrands(limit, { database, claims, lanes }),
    async expire(limit) {
      if (!(await upkeep.mayExpire(session))) return []
      return database.transaction((_, within) => upkeep.expire(within, limit))
    },
    async prune(retention, limit) {
      const pruned = await upkeep.prune(session, retention, limit)
      // With the last piece of a round.
      if (pruned < limit) {
        await upkeep.forget(session, limit)
        gatesSeenTo = await pruneGates(session, gatesSeenTo)
      }
      return pruned
    },
  }
}
