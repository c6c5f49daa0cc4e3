import { type Clock, systemClock } from '../../kit/clock.ts'
import { purgedFrom, purgedTexts } from '../queues.ts'
import type { Store } from '../store.ts'
import { backlog } from './backlog.ts'
import { begin } from './begin.ts'
import { once } from './calls.ts'
import * as catalog from './catalog.ts'
import { claim, nextDueAt, waitsAlone } from './claim.ts'
import { cancel, retry } from './control.ts'
import { emptyData, type MemoryData } from './data/data.ts'
import { ended } from './ended.ts'
import * as feed from './feed.ts'
import { insert } from './insert.ts'
import { freeKey } from './keys.ts'
import * as ledger from './ledger.ts'
import * as limits from './limits.ts'
import * as operations from './operations.ts'
import * as queues from './queues.ts'
import { report } from './report.ts'
import { rescue } from './rescue.ts'
import * as schedules from './schedules.ts'
import { settle } from './settle.ts'
import { purge } from './size.ts'
import { strays } from './strays.ts'
import { MemoryTransactions } from './transaction.ts'
import * as upkeep from './upkeep.ts'
import * as workers from './workers.ts'

interface MemoryOptions {
  readonly clock?: Clock
  /** How long transactions that are open when the store is closed get to end by themselves. Default 5 s. */
  readonly closeWaitMs?: number
}

/**
 * A store that keeps everything in this process and loses it with it: for tests, and for trying things out. It is
 * also the reference for what every store does: where another store behaves otherwise, that one is wrong.
 */
export function openMemoryStore(options: MemoryOptions = {}): Store {
  return memoryStoreOn(emptyData(options.clock ?? systemClock), options)
}

/** The same on data that the caller looks at from beside. */
export function memoryStoreOn(data: MemoryData, options: Pick<MemoryOptions, 'closeWaitMs'> = {}): Store {
  const transactions = new MemoryTransactions(data, options.closeWaitMs)
  return {
    kind: 'memory',
    location: 'memory:',
    capabilities: { remote: false, multiProcess: false, transactions: false, beatThread: null },
    jobs: jobStore(data, transactions),
    catalog: catalogStore(data, transactions),
    workers: workerStore(data, transactions),
    queues: queueStore(data, transactions),
    limits: limitStore(data, transactions),
    schedules: scheduleStore(data, transactions),
    ledger: ledgerStore(data, transactions),
    operations: operationStore(data, transactions),
    upkeep: upkeepStore(data, transactions),
    feed: feedStore(data, transactions),
    transaction: (body, { signal } = {}) => transactions.run(body, signal),
    insertIn: (handle, jobs, pendingMax) => transactions.insertIn(handle, jobs, pendingMax),
    insideTransaction: () => transactions.inside,
    listen: () => () => {},
    now: () => transactions.read(() => data.clock.now()),
    close: () => transactions.close(),
  }
}

function jobStore(data: MemoryData, transactions: MemoryTransactions): Store['jobs'] {
  return {
    insert: (jobs, pendingMax) => transactions.write(() => insert(data, jobs, pendingMax)),
    claim: (request) => transactions.write(() => claim(data, request)),
    begin: (starts) => transactions.write(() => begin(data, starts)),
    settle: (settlements, repeated) => transactions.write(() => settle(data, settlements, repeated)),
    report: (reports) => transactions.write(() => report(data, reports)),
    waitsAlone: (request) => transactions.read(() => waitsAlone(data, request)),
    nextDueAt: () => transactions.read(() => nextDueAt(data)),
  }
}

function catalogStore(data: MemoryData, transactions: MemoryTransactions): Store['catalog'] {
  return {
    get: (ids) => transactions.read(() => catalog.get(data, ids)),
    idsFrom: (prefix, limit) => transactions.read(() => catalog.idsFrom(data, prefix, limit)),
    ended: (sinceMs, limit) => transactions.read(() => ended(data, sinceMs, limit)),
    list: (filter, page) => transactions.read(() => catalog.list(data, filter, page)),
    find: (filter, page) => transactions.read(() => catalog.find(data, filter, page)),
    count: (filter) => transactions.read(() => catalog.count(data, filter)),
    tally: () => transactions.read(() => catalog.tally(data)),
    logs: (id) => transactions.read(() => catalog.logs(data, id)),
    ahead: (id) => transactions.read(() => catalog.ahead(data, id)),
    turn: (id) => transactions.read(() => catalog.turn(data, id)),
    cancel: (ids, reason, call) =>
      transactions.write(() => once(data, call, () => cancel(data, ids, reason))),
    retry: (ids, call) => transactions.write(() => once(data, call, () => retry(data, ids))),
    freeKey: (label, call) => transactions.write(() => once(data, call, () => freeKey(data, label))),
  }
}

function workerStore(data: MemoryData, transactions: MemoryTransactions): Store['workers'] {
  return {
    register: (worker) => transactions.write(() => workers.register(data, worker)),
    extend: (worker, leaseMs) => transactions.write(() => workers.extend(data, worker, leaseMs)),
    deregister: (worker) => transactions.write(() => workers.deregister(data, worker)),
    order: (ids, order) => transactions.write(() => workers.order(data, ids, order)),
    list: () => transactions.read(() => workers.list(data)),
  }
}

function queueStore(data: MemoryData, transactions: MemoryTransactions): Store['queues'] {
  return {
    pause: (queue, note) => transactions.write(() => queues.pause(data, queue, note)),
    resume: (queue) => transactions.write(() => queues.resume(data, queue)),
    paused: () => transactions.read(() => queues.paused(data)),
    configure: (queue, settings) => transactions.write(() => queues.configure(data, queue, settings)),
    place: (queue) => transactions.write(() => queues.place(data, queue)),
    unplaced: () => transactions.read(() => queues.unplaced(data)),
    purge: async (queue, piece) =>
      purgedFrom(
        await transactions.write(() => once(data, piece.call, () => purgedTexts(purge(data, queue, piece)))),
      ),
    unfinished: (queue) => transactions.read(() => queues.unfinished(data, queue)),
    backlog: (queue, countedMax) => transactions.read(() => backlog(data, queue, countedMax)),
    configured: () => transactions.read(() => queues.configured(data)),
  }
}

function limitStore(data: MemoryData, transactions: MemoryTransactions): Store['limits'] {
  let tendedTo = ''
  return {
    declare: (given) => transactions.write(() => limits.declare(data, given)),
    override: (name, change, call) => transactions.write(() => limits.override(data, name, { change, call })),
    list: () => transactions.read(() => limits.list(data)),
    gates: (which, limit, waitingMax) =>
      transactions.read(() => limits.gates(data, which, { limit, waitingMax })),
    sums: (limit, gatesMax) => transactions.read(() => limits.sums(data, limit, gatesMax)),
    async tend(limit) {
      const { count, next } = await transactions.write(() => limits.tend(data, { after: tendedTo, limit }))
      tendedTo = next
      return count
    },
    strays: (limit) => transactions.read(() => strays(data, limit)),
  }
}

function scheduleStore(data: MemoryData, transactions: MemoryTransactions): Store['schedules'] {
  return {
    set: (schedule) => transactions.write(() => schedules.set(data, schedule)),
    remove: (name) => transactions.write(() => schedules.remove(data, name)),
    list: (name) => transactions.read(() => schedules.list(data, name)),
    due: (limit) => transactions.read(() => schedules.due(data, limit)),
    advance: (step, jobs, pendingMax) =>
      transactions.write(() => schedules.advance(data, step, { jobs, pendingMax })),
  }
}

function ledgerStore(data: MemoryData, transactions: MemoryTransactions): Store['ledger'] {
  return {
    read: (fromMs) => transactions.read(() => ledger.read(data, fromMs)),
    depths: () => transactions.read(() => ledger.depths(data)),
    tidy: (keepMs) => transactions.write(() => ledger.tidy(data, keepMs)),
  }
}

function operationStore(data: MemoryData, transactions: MemoryTransactions): Store['operations'] {
  return {
    begin: (operation) => transactions.write(() => operations.begin(data, operation)),
    step: (piece) => transactions.write(() => operations.step(data, piece)),
    list: (limit) => transactions.read(() => operations.list(data, limit)),
  }
}

function upkeepStore(data: MemoryData, transactions: MemoryTransactions): Store['upkeep'] {
  return {
    elect: (worker, leaseMs) => transactions.write(() => upkeep.elect(data, worker, leaseMs)),
    resign: (worker) => transactions.write(() => upkeep.resign(data, worker)),
    rescue: (crashLimit, limit) => transactions.write(() => rescue(data, crashLimit, limit)),
    errands: async () => 0,
    expire: (limit) => transactions.write(() => upkeep.expire(data, limit)),
    prune: (retention, limit) => transactions.write(() => upkeep.prune(data, retention, limit)),
  }
}

function feedStore(data: MemoryData, transactions: MemoryTransactions): Store['feed'] {
  return {
    subscribe: (subscriber, leaseMs) => transactions.write(() => feed.subscribe(data, subscriber, leaseMs)),
    unsubscribe: (subscriber) => transactions.write(() => feed.unsubscribe(data, subscriber)),
    changesAfter: (cursor, limit) => transactions.read(() => feed.changesAfter(data, cursor, limit)),
  }
}
