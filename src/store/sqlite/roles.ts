import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import { purgedFrom, purgedTexts } from '../queues.ts'
import type { StoreRoles } from '../store.ts'
import type { StoreAccess } from './access.ts'
import { backlog } from './backlog.ts'
import { begin } from './begin.ts'
import { once } from './calls.ts'
import * as catalog from './catalog.ts'
import { claim } from './claim.ts'
import { KnownHeads } from './claiming/known-heads.ts'
import { nextDueAt } from './claiming/promote.ts'
import { mayClaim, waitsAlone } from './claiming/ready.ts'
import * as control from './control.ts'
import { ended } from './ended.ts'
import * as feed from './feed.ts'
import { pruneGates } from './gate-upkeep.ts'
import { insert } from './insert.ts'
import { freeKey } from './keys.ts'
import { pruneLanes } from './lanes.ts'
import * as ledger from './ledger.ts'
import * as limits from './limits.ts'
import * as operations from './operations.ts'
import { inPieces, upTo } from './pieces.ts'
import * as queues from './queues.ts'
import { report } from './report.ts'
import { isUnfinished, nextLapse, rescue } from './rescue.ts'
import * as schedules from './schedules.ts'
import { settle } from './settle.ts'
import * as size from './size.ts'
import { strays } from './strays.ts'
import * as upkeep from './upkeep.ts'
import * as workers from './workers.ts'

/** The roles of the store: which statements run in which kind of transaction. */
export function roles(access: StoreAccess): StoreRoles {
  return {
    jobs: jobRole(access),
    catalog: catalogRole(access),
    workers: workerRole(access),
    operations: operationRole(access),
    queues: queueRole(access),
    limits: limitRole(access),
    schedules: scheduleRole(access),
    ledger: ledgerRole(access),
    upkeep: upkeepRole(access),
    feed: feedRole(access),
  }
}

function jobRole({ read, readAt, now, durably, lightly, room }: StoreAccess): StoreRoles['jobs'] {
  const heads = new KnownHeads()
  return {
    insert: (jobs, pendingMax) =>
      durably((connection, nowMs) => insert(connection, jobs, { room, pendingMax, nowMs })),
    async claim(request) {
      const worthwhile = await read((connection) => mayClaim(connection, request, { heads, now }))
      if (!worthwhile) return []
      return lightly((connection, nowMs) => claim(connection, request, { heads, nowMs })).catch((error) => {
        heads.forget()
        throw error
      })
    },
    begin: (starts) => lightly((connection, nowMs) => begin(connection, starts, nowMs)),
    settle: (settlements, repeated) =>
      durably((connection, nowMs) => settle(connection, settlements, { nowMs, repeated })),
    report(reports) {
      const write = reports.some((each) => each.checkpoint !== undefined) ? durably : lightly
      return write((connection, nowMs) => report(connection, reports, nowMs))
    },
    waitsAlone: (request) => readAt((connection, nowMs) => waitsAlone(connection, request, nowMs)),
    nextDueAt: () => read(nextDueAt),
  }
}

function catalogRole({ read, readAt, durably }: StoreAccess): StoreRoles['catalog'] {
  return {
    get: (ids) => read((connection) => catalog.get(connection, ids)),
    idsFrom: (prefix, limit) => read((connection) => catalog.idsFrom(connection, prefix, limit)),
    ended: (sinceMs, limit) => read((connection) => ended(connection, sinceMs, limit)),
    list: (filter, page) =>
      readAt((connection, nowMs) => catalog.list(connection, filter, { ...page, nowMs })),
    find: (filter, page) =>
      readAt((connection, nowMs) => catalog.find(connection, filter, { ...page, nowMs })),
    count: (filter) => readAt((connection, nowMs) => catalog.count(connection, filter, nowMs)),
    tally: () => readAt(catalog.tally),
    logs: (id) => read((connection) => catalog.logs(connection, id)),
    ahead: (id) => read((connection) => catalog.ahead(connection, id)),
    turn: (id) => read((connection) => catalog.turn(connection, id)),
    cancel: (ids, text, call) =>
      inPieces(ids, call, (piece, name) =>
        durably((connection, nowMs) =>
          once(connection, { call: name, nowMs }, () => control.cancel(connection, piece, { text, nowMs })),
        ),
      ),
    retry: (ids, call) =>
      inPieces(ids, call, (piece, name) =>
        durably((connection, nowMs) =>
          once(connection, { call: name, nowMs }, () => control.retry(connection, piece, nowMs)),
        ),
      ),
    freeKey: (label, call) =>
      durably((connection, nowMs) =>
        once(connection, { call, nowMs }, () => freeKey(connection, label, nowMs)),
      ),
  }
}

function workerRole({ read, durably, lightly, inOneStatement }: StoreAccess): StoreRoles['workers'] {
  return {
    register: (worker) => lightly((connection, nowMs) => workers.register(connection, worker, nowMs)),
    extend: (id, leaseMs) =>
      inOneStatement(
        (connection, time) => workers.extendAsKnown(connection, { id, leaseMs }, time),
        (connection, nowMs) => workers.extend(connection, { id, leaseMs }, nowMs),
      ),
    deregister: (id) => durably((connection, nowMs) => workers.deregister(connection, id, nowMs)),
    order: (ids, order) => durably((connection) => workers.order(connection, ids, order)),
    list: () => read(workers.list),
  }
}

function queueRole({ read, readAt, durably }: StoreAccess): StoreRoles['queues'] {
  return {
    pause: (queue, note) => durably((connection, nowMs) => queues.pause(connection, { queue, note }, nowMs)),
    resume: (queue) => durably((connection) => queues.resume(connection, queue)),
    paused: () => read(queues.paused),
    configure: (queue, settings) =>
      durably((connection, nowMs) => queues.configure(connection, { queue, settings }, nowMs)),
    place: (queue) => durably((connection) => queues.placeAnew(connection, queue)),
    unplaced: () => read(queues.unplaced),
    purge: async (queue, piece) =>
      purgedFrom(
        await durably((connection, nowMs) =>
          once(connection, { call: piece.call, nowMs }, () =>
            purgedTexts(size.purge(connection, { queue, ...piece }, nowMs)),
          ),
        ),
      ),
    unfinished: (queue) => read((connection) => size.unfinished(connection, queue)),
    backlog: (queue, countedMax) =>
      readAt((connection, nowMs) => backlog(connection, { queue, countedMax }, nowMs)),
    configured: () => read(queues.configured),
  }
}

function limitRole({ read, readAt, durably }: StoreAccess): StoreRoles['limits'] {
  let tendedTo = ''
  return {
    declare: (given) => durably((connection, nowMs) => limits.declare(connection, given, nowMs)),
    override: (name, change, call) =>
      durably((connection, nowMs) => limits.override(connection, name, { change, call, nowMs })),
    list: () => read(limits.list),
    gates: (which, limit, waitingMax) =>
      readAt((connection, nowMs) => limits.gates(connection, which, { limit, nowMs, waitingMax })),
    sums: (name, gatesMax) =>
      readAt((connection, nowMs) => limits.sums(connection, name, { limit: gatesMax, nowMs })),
    async tend(limit) {
      if (!(await read(limits.mayTend))) return 0
      const from = { after: tendedTo, limit }
      const { count, next } = await durably((connection, nowMs) => limits.tend(connection, from, nowMs))
      tendedTo = next
      return count
    },
    strays: (limit) => readAt((connection, nowMs) => strays(connection, limit, nowMs)),
  }
}

function scheduleRole({ read, readAt, durably, room }: StoreAccess): StoreRoles['schedules'] {
  return {
    set: (schedule) => durably((connection) => schedules.set(connection, schedule)),
    remove: (name) => durably((connection) => schedules.remove(connection, name)),
    list: (name) => read((connection) => schedules.list(connection, name)),
    due: (limit) => readAt((connection, nowMs) => schedules.due(connection, limit, nowMs)),
    advance: (step, jobs, pendingMax) =>
      durably((connection, nowMs) => schedules.advance(connection, step, { jobs, room, pendingMax, nowMs })),
  }
}

function ledgerRole({ read, readAt, lightly }: StoreAccess): StoreRoles['ledger'] {
  return {
    read: (fromMs) => read((connection) => ledger.read(connection, fromMs)),
    depths: () => readAt(ledger.depths),
    tidy: (keepMs) => lightly((connection, nowMs) => ledger.tidy(connection, keepMs, nowMs)),
  }
}

function operationRole({ read, durably }: StoreAccess): StoreRoles['operations'] {
  return {
    begin: (operation) => durably((connection, nowMs) => operations.begin(connection, operation, nowMs)),
    step: (piece) => durably((connection, nowMs) => operations.step(connection, piece, nowMs)),
    list: (limit) => read((connection) => operations.list(connection, limit)),
  }
}

function upkeepRole({ readAt, durably, lightly, inOneStatement }: StoreAccess): StoreRoles['upkeep'] {
  let [lanesSeenTo, gatesSeenTo] = [0, '']
  return {
    elect: (id, leaseMs) =>
      inOneStatement(
        (connection, time) => upkeep.electAsKnown(connection, { id, leaseMs }, time),
        (connection, nowMs) => upkeep.elect(connection, { id, leaseMs }, nowMs),
      ),
    resign: (id) => lightly((connection) => upkeep.resign(connection, id)),
    async rescue(crashLimit, limit = STATEMENT_ROWS_MAX) {
      const { lapsed, nextLapseAt } = await readAt((connection, nowMs) => {
        const next = nextLapse(connection)
        return { nextLapseAt: next, lapsed: (next !== null && next <= nowMs) || isUnfinished(connection) }
      })
      if (!lapsed) return { workers: [], rescued: [], quarantined: [], more: false, nextLapseAt }
      return durably((connection, nowMs) => rescue(connection, { crashLimit, limit }, nowMs))
    },
    errands: async () => 0,
    async expire(limit) {
      if (!(await readAt(upkeep.mayExpire))) return []
      return upTo(limit, (pieceMax) =>
        durably((connection, nowMs) => upkeep.expire(connection, pieceMax, nowMs)),
      )
    },
    async prune(retention, limit) {
      const worthwhile = await readAt((connection, nowMs) => upkeep.mayPrune(connection, retention, nowMs))
      const prune = (pieceMax: number) =>
        durably((connection, nowMs) => upkeep.prune(connection, { ...retention, limit: pieceMax }, nowMs))
      const pruned = worthwhile ? await upTo(limit, prune) : []
      if (pruned.length < limit)
        await lightly((connection, nowMs) => {
          lanesSeenTo = pruneLanes(connection, lanesSeenTo)
          gatesSeenTo = pruneGates(connection, gatesSeenTo, nowMs)
        })
      return pruned.length
    },
  }
}

function feedRole({ read, lightly }: StoreAccess): StoreRoles['feed'] {
  return {
    subscribe: (id, leaseMs) =>
      lightly((connection, nowMs) => feed.subscribe(connection, { id, leaseMs }, nowMs)),
    unsubscribe: (id) => lightly((connection) => feed.unsubscribe(connection, id)),
    changesAfter: (cursor, limit) => read((connection) => feed.changesAfter(connection, cursor, limit)),
  }
}
