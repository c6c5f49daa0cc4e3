import { Fatal } from '../../src/job/control.ts'
import { FairTurns } from '../../src/job/fair-turns.ts'
import { withGroup } from '../../src/job/job-gates.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import type { Outcome, Settlement } from '../../src/job/outcome.ts'
import { isMillhandError } from '../../src/kit/error.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { JobChange } from '../../src/store/feed.ts'
import type { ClaimedJob, LogLine, Report, Start } from '../../src/store/jobs.ts'
import type { Store } from '../../src/store/store.ts'
import { ANY_JOB, newJob, settlement, startWorker } from '../support/jobs.ts'
import { ledgerOf } from '../support/ledger.ts'
import { ControlPlayer } from './control-player.ts'
import {
  type ClaimDraft,
  type Command,
  type EndDraft,
  type JobDraft,
  type StartDraft,
  type ToldDraft,
  WORKERS,
} from './history.ts'

/** Small enough that histories run into them. */
const LEASE_MS = 2_000
const SUBSCRIPTION_MS = 3_000
const PENDING_MAX = 6

/** More than there can be. */
const ALL = 100_000

/**
 * Plays a history on one store. What it answers can be compared with what another store's player answers: the
 * store's own numbers are left out, and where the contract promises no order there is a fixed one.
 */
export class Player {
  readonly #store: Store
  readonly #clock: VirtualClock
  readonly #claims: { readonly worker: string; readonly job: ClaimedJob }[] = []
  readonly #turns = new Map<string, FairTurns>()
  #drafts = 0
  #grouped = false
  readonly #control: ControlPlayer
  #controlled = false
  #limited = false

  constructor(store: Store, clock: VirtualClock) {
    this.#store = store
    this.#clock = clock
    this.#control = new ControlPlayer(store, clock, PENDING_MAX)
  }

  async start(): Promise<void> {
    for (const worker of WORKERS) await startWorker(this.#store, worker, { leaseMs: LEASE_MS })
  }

  /** What the store answers; an error of Millhand's is an answer, too. */
  async play(command: Command): Promise<unknown> {
    try {
      return await this.#do(command)
    } catch (error) {
      if (isMillhandError(error)) return { refused: error.code }
      throw error
    }
  }

  /** Everything that can be seen from outside. */
  async dump(): Promise<unknown> {
    const { catalog, workers, queues, jobs } = this.#store
    const records = await catalog.list({}, { limit: ALL })
    const changes = (await this.#changes()).map(({ cursor, ...change }) => change)
    return {
      jobs: records.map(withoutSeq),
      logs: await Promise.all(
        Array.from({ length: this.#drafts }, (_, number) => catalog.logs(this.#id(number))),
      ),
      tally: sorted(await catalog.tally()),
      workers: sorted(await workers.list()),
      paused: sorted(await queues.paused()),
      ...(!this.#controlled && { nextDueAt: await jobs.nextDueAt() }),
      ledger: await ledgerOf(this.#store),
      changes: Object.fromEntries(Map.groupBy(changes, ({ id }) => id)),
      ...(this.#controlled && { control: await this.#control.dump() }),
    }
  }

  /** What others of the same server do holds a part of the feed back for a moment: it is read until it is at its end. */
  async #changes(): Promise<JobChange[]> {
    const all: JobChange[] = []
    for (let more = true; more; ) {
      const changes = await this.#store.feed.changesAfter(all.at(-1)?.cursor ?? 0, ALL)
      all.push(...changes)
      more = changes.length > 0
    }
    return all
  }

  #do(command: Command): Promise<unknown> {
    const { jobs, catalog, workers, queues, upkeep, feed } = this.#store
    switch (command.do) {
      case 'insert':
        return jobs.insert(this.#newJobs(command.jobs), PENDING_MAX)
      case 'claim':
        return this.#claim(command.worker, command.wish)
      case 'settle':
        return jobs.settle(this.#settlements(command.ends))
      case 'begin':
        return jobs.begin(this.#starts(command.starts))
      case 'report':
        return jobs.report(this.#reports(command.told))
      case 'transaction':
        return this.#transact(command)
      case 'cancel':
        return catalog.cancel(this.#ids(command.jobs), 'no longer "wanted"').then(sorted)
      case 'retry':
        return catalog.retry(this.#ids(command.jobs)).then(sorted)
      case 'freeKey':
        return catalog.freeKey({ name: command.name, key: command.key })
      case 'advance':
        return this.#clock.advance(command.ms)
      case 'register':
        return startWorker(this.#store, command.worker, { leaseMs: LEASE_MS }).then(({ id }) => id)
      case 'extend':
        return this.#extend(command.worker)
      case 'deregister':
        return workers.deregister(command.worker)
      case 'elect':
        return this.#elect(command.worker)
      case 'resign':
        return upkeep.resign(command.worker)
      case 'rescue':
        return this.#rescue(command.crashLimit)
      case 'expire':
        return upkeep.expire(command.limit).then(sorted)
      case 'prune': {
        const [complete, failed, cancelled] = command.retentionMs
        return upkeep.prune({ complete, failed, cancelled }, ALL)
      }
      case 'pause':
        return queues.pause(command.queue)
      case 'resume':
        return queues.resume(command.queue)
      case 'subscribe':
        return feed.subscribe(command.subscriber, SUBSCRIPTION_MS).then(() => 'subscribed')
      case 'unsubscribe':
        return feed.unsubscribe(command.subscriber)
      case 'look':
        return this.#look(command)
      case 'group':
        this.#grouped = true
        return Promise.resolve('grouped')
      case 'control':
        this.#controlled = true
        this.#limited = command.limited
        return Promise.resolve('controlled')
      default:
        return this.#control.play(command, this.#limited)
    }
  }

  /** How long there is nothing to do is told by some stores only. */
  async #elect(worker: string): Promise<unknown> {
    const { idleForMs: _, ...leadership } = await this.#store.upkeep.elect(worker, LEASE_MS)
    return leadership
  }

  async #claim(worker: string, { refuses, ...wish }: ClaimDraft): Promise<unknown> {
    const accepts =
      refuses === null ? {} : { accepts: (job: ClaimedJob) => Number(job.id.slice(4)) % refuses !== 0 }
    if (this.#limited) await this.#control.tend()
    const turns = this.#turns.get(worker) ?? new FairTurns()
    this.#turns.set(worker, turns)
    // What has gates, or a group, and has to run alone stands among the others on PostgreSQL.
    const takesAlone = wish.takesAlone && !(this.#grouped || this.#limited)
    const claimed = await this.#store.jobs.claim({
      ...ANY_JOB,
      worker,
      turns,
      ...wish,
      takesAlone,
      ...accepts,
    })
    turns.count(claimed)
    this.#claims.push(...claimed.map((job) => ({ worker, job })))
    return claimed.map(({ hold, ...job }) => withoutSeq(job))
  }

  async #transact({ jobs, ends, fails }: Extract<Command, { do: 'transaction' }>): Promise<unknown> {
    const answers: unknown[] = []
    const undo = new Error('undo')
    const written = this.#store.transaction(async (tx) => {
      answers.push(await tx.settle(this.#settlements(ends)))
      answers.push(await tx.insert(this.#newJobs(jobs), PENDING_MAX))
      if (fails) throw undo
    })
    await written.catch((error) => {
      if (error !== undo) throw error
    })
    return answers
  }

  async #extend(worker: string): Promise<unknown> {
    const { lost, cancelled } = await this.#store.workers.extend(worker, LEASE_MS)
    return { lost, cancelled: sorted(cancelled.map(withoutSeq)) }
  }

  async #rescue(crashLimit: number): Promise<unknown> {
    const { workers, rescued, quarantined, nextLapseAt } = await this.#store.upkeep.rescue(crashLimit)
    return {
      workers: sorted(workers),
      rescued: sorted(rescued),
      quarantined: sorted(quarantined),
      nextLapseAt,
    }
  }

  async #look({ filter, limit }: Extract<Command, { do: 'look' }>): Promise<unknown> {
    const { catalog } = this.#store
    const records = await catalog.list(filter, { limit })
    const beforeSeq = records.at(-1)?.seq ?? ALL
    const next = await catalog.list(filter, { limit, beforeSeq })
    return {
      records: records.map(withoutSeq),
      next: next.map(withoutSeq),
      count: await catalog.count(filter),
    }
  }

  #newJobs(drafts: readonly JobDraft[]): NewJob[] {
    return drafts.map(({ group, gates, ...draft }) => {
      const limits = this.#limited ? gates : withGroup(null, this.#grouped ? group : '')
      return newJob(this.#id(this.#drafts++), { ...draft, limits })
    })
  }

  /** Ids sort in the order of arrival, as real ones do. */
  #id(number: number): string {
    return `job-${String(number).padStart(5, '0')}`
  }

  #ids(numbers: readonly number[]): string[] {
    return numbers.map((number) => this.#id(number % Math.max(this.#drafts, 1)))
  }

  #settlements(ends: readonly EndDraft[]): Settlement[] {
    return ends.flatMap((end) => {
      const { worker, job } = this.#claimOf(end) ?? {}
      const nowMs = this.#clock.now()
      if (!worker || !job) return []
      const { begunAfterMs } = end
      return [{ ...settlement(job, worker, { outcome: outcomeOf(end), nowMs }), begunAfterMs }]
    })
  }

  #starts(starts: readonly StartDraft[]): Start[] {
    return starts.flatMap(({ afterMs, ...start }) => {
      const { worker, job } = this.#claimOf(start) ?? {}
      return worker && job
        ? [{ seq: job.seq, id: job.id, epoch: job.epoch, worker, afterMs, hold: job.hold }]
        : []
    })
  }

  #reports(told: readonly ToldDraft[]): Report[] {
    return told.flatMap((each) => {
      const { worker, job } = this.#claimOf(each) ?? {}
      const { fraction, checkpoint } = each
      const logs: LogLine[] = Array.from({ length: each.lines }, (_, index) => logLine(index))
      const what = {
        ...(fraction === null ? {} : { progress: { fraction } }),
        ...(checkpoint === null ? {} : { checkpoint }),
        logs,
      }
      return worker && job ? [{ seq: job.seq, id: job.id, epoch: job.epoch, worker, ...what }] : []
    })
  }

  /** The claim that is meant, with the wrong worker or epoch where that is wanted; `undefined` before the first one. */
  #claimOf({
    claim,
    lateBy,
    asWorker,
  }: Pick<EndDraft, 'claim' | 'lateBy' | 'asWorker'>): { worker: string; job: ClaimedJob } | undefined {
    const found = this.#claims.at(-1 - (claim % Math.max(this.#claims.length, 1)))
    if (!found) return undefined
    return { worker: asWorker ?? found.worker, job: { ...found.job, epoch: found.job.epoch - lateBy } }
  }
}

function outcomeOf({ kind }: EndDraft): Outcome {
  switch (kind) {
    case 'complete':
      return { kind, output: null }
    case 'answer':
      return { kind: 'complete', output: '{"words":3}' }
    case 'skip':
      return { kind, reason: "it's done" }
    case 'snooze':
      return { kind, delayMs: 500 }
    case 'rate limited':
      return { kind: 'snooze', delayMs: 500, limited: { limit: undefined } }
    case 'release':
      return { kind }
    case 'fail':
    case 'fail for good': {
      const error = kind === 'fail' ? new Error('broken "pipe"') : new Fatal('broken for good')
      // Two players throw from two places.
      delete error.stack
      return { kind: 'failure', failureKind: 'error', error }
    }
  }
}

function logLine(index: number): LogLine {
  return { at: index, level: 'info', message: `line ${index}`, data: null }
}

/**
 * Without the store's own numbers, where a job stands in the order of its queue, and at which gate it waits: what follows from that
 * is seen by who is claimed.
 */
function withoutSeq<Item extends Numbered>({ seq, rank, place, gate, ...rest }: Item) {
  return rest
}

interface Numbered {
  readonly seq: number
  readonly rank?: unknown
  readonly place?: unknown
  readonly gate?: unknown
}

function sorted<Item>(items: readonly Item[]): Item[] {
  return items.toSorted((left, right) => (JSON.stringify(left) < JSON.stringify(right) ? -1 : 1))
}
