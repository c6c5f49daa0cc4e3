import type { JobRecord } from '../../../job/job.ts'
import { readGates } from '../../../job/job-gates.ts'
import { type OrderRule, standingOf } from '../../../job/order.ts'
import { allows, isFinal } from '../../../job/state.ts'
import type { Clock } from '../../../kit/clock.ts'
import { PendingJobs } from '../pending.ts'
import { SortedSet } from './sorted-set.ts'

/**
 * All jobs, and the ways in which they are found. A record is never changed but replaced by another one: what was
 * handed out stays as it was, and to undo a transaction is to put the old records back.
 */
export class JobTable {
  /** Those that nobody holds. */
  readonly pending = new PendingJobs()
  /** Jobs that fail if nobody starts them in time, the most urgent first. */
  readonly expiring = new SortedSet<JobRecord>(byExpiry)
  /** Settled jobs, the oldest first. */
  readonly settled = new SortedSet<JobRecord>(byEnd)
  /** In order of arrival: a record that is replaced keeps its place. */
  readonly #records = new Map<string, JobRecord>()
  /** Ids of unfinished jobs, by name and key. */
  readonly #keys = new Map<string, string>()
  /** Ids of the jobs that carry a worker's name: held and running ones, and cancelled ones that it has not let go of. */
  readonly #held = new Map<string, Set<string>>()
  /** Ids of the running jobs that hold a gate, by its name. */
  readonly #holders = new Map<string, Set<string>>()
  /** Ids of the running jobs that hold nothing: they have the result of an equal one. */
  readonly #answered = new Set<string>()
  /** What the records were before the transaction that is open; `undefined` for those that it inserted. */
  #before: Map<string, Before> | undefined
  readonly #clock: Clock
  readonly #ruleOf: (queue: string) => OrderRule | null

  constructor(clock: Clock, ruleOf: (queue: string) => OrderRule | null) {
    this.#clock = clock
    this.#ruleOf = ruleOf
  }

  get(id: string): JobRecord | undefined {
    return this.#records.get(id)
  }

  /** The jobs with these ids that exist, each once. */
  some(ids: Iterable<string>): JobRecord[] {
    return [...new Set(ids)].map((id) => this.get(id)).filter((job) => job !== undefined)
  }

  all(): Iterable<JobRecord> {
    return this.#records.values()
  }

  /** The id of the unfinished job that has this name and key. */
  holderOf(job: Pick<JobRecord, 'name' | 'key'>): string | undefined {
    return job.key === null ? undefined : this.#keys.get(nameAndKey(job))
  }

  /** The running jobs that hold a gate. */
  holding(gate: string): JobRecord[] {
    return this.some(this.#holders.get(gate) ?? [])
  }

  /** Gates that somebody holds. */
  heldGates(): string[] {
    return [...this.#holders.keys()]
  }

  heldBy(worker: string): JobRecord[] {
    return this.some(this.#held.get(worker) ?? [])
  }

  /** The job that is about to run takes the result of an equal one. */
  answer(id: string): void {
    this.#answered.add(id)
  }

  /** Adds the job, or replaces the record of it. What waits gets its place by the order that its queue has now. */
  put(job: JobRecord): void {
    this.#put(this.#placed(job), this.#clock.now())
  }

  /** Gives what waits its place by the order that its queue has now. Whoever asks for the next due time still hears of one that no claim has seen to be due. */
  placeAnew(job: JobRecord): void {
    this.#put(this.#placed(job), this.pending.isScheduled(job) ? job.dueAt - 1 : this.#clock.now())
  }

  #placed(job: JobRecord): JobRecord {
    const rule = waits(job) ? this.#ruleOf(job.queue) : null
    if (rule) return { ...job, ...standingOf(job, rule) }
    return (job.place ?? null) === null ? job : { ...job, rank: null, place: null }
  }

  #put(job: JobRecord, nowMs: number): void {
    const before = this.#noteBefore(job.id)
    if (before) this.#unindex(before)
    if (job.state !== 'running') this.#answered.delete(job.id)
    this.#records.set(job.id, job)
    this.#index(job, nowMs)
  }

  delete(id: string): void {
    const before = this.#noteBefore(id)
    if (before) this.#unindex(before)
    this.#records.delete(id)
  }

  begin(): void {
    this.#before = new Map()
  }

  commit(): void {
    this.#before = undefined
  }

  /** The newest change first: whoever took a key gives it back before its former holder gets it again. */
  rollback(): void {
    const before = [...(this.#before ?? [])].reverse()
    this.#before = undefined
    for (const [id, { job, atMs }] of before) job ? this.#put(job, atMs) : this.delete(id)
  }

  #noteBefore(id: string): JobRecord | undefined {
    const before = this.#records.get(id)
    if (this.#before && !this.#before.has(id)) {
      // What nobody has asked for yet stands there as that again, though it may be due by now.
      const isScheduled = before !== undefined && this.pending.isScheduled(before)
      this.#before.set(id, { job: before, atMs: isScheduled ? before.dueAt - 1 : this.#clock.now() })
    }
    return before
  }

  #index(job: JobRecord, nowMs: number): void {
    if (waits(job)) this.pending.add(job, nowMs)
    if (mayExpire(job)) this.expiring.add(job)
    if (isFinal(job.state)) this.settled.add(job)
    else if (job.key !== null) this.#keys.set(nameAndKey(job), job.id)
    if (job.worker !== null) this.#held.set(job.worker, (this.#held.get(job.worker) ?? new Set()).add(job.id))
    for (const gate of this.#gatesHeldBy(job))
      this.#holders.set(gate, (this.#holders.get(gate) ?? new Set()).add(job.id))
  }

  #unindex(job: JobRecord): void {
    if (waits(job)) this.pending.delete(job)
    if (mayExpire(job)) this.expiring.delete(job)
    if (isFinal(job.state)) this.settled.delete(job)
    else if (job.key !== null) this.#keys.delete(nameAndKey(job))
    if (job.worker !== null) this.#letGo(job.worker, job.id)
    for (const gate of this.#gatesHeldBy(job)) {
      const holders = this.#holders.get(gate)
      holders?.delete(job.id)
      if (holders?.size === 0) this.#holders.delete(gate)
    }
  }

  #gatesHeldBy(job: JobRecord): readonly string[] {
    return this.#answered.has(job.id) ? [] : heldGates(job)
  }

  #letGo(worker: string, id: string): void {
    const held = this.#held.get(worker)
    held?.delete(id)
    if (held?.size === 0) this.#held.delete(worker)
  }
}

/** What a record was before a transaction, and by which time it is put back among those that wait. */
interface Before {
  readonly job: JobRecord | undefined
  readonly atMs: number
}

/** A name holds no control character, so that no other name and key make the same text. */
export function nameAndKey(job: Pick<JobRecord, 'name' | 'key'>): string {
  return `${job.name}\0${job.key}`
}

/** The gates that it holds: those of a job that runs. */
export function heldGates(job: JobRecord): readonly string[] {
  return job.limits === null || job.state !== 'running' ? [] : readGates(job.limits).map(({ gate }) => gate)
}

/** Whether it waits for a worker to claim it. */
function waits(job: JobRecord): boolean {
  return job.state === 'pending' && job.worker === null
}

/** Who holds a job looks by itself whether it has expired, before it begins it. */
function mayExpire(job: JobRecord): boolean {
  return job.expiresAt !== null && job.worker === null && allows(job.state, 'expire')
}

function byExpiry(left: JobRecord, right: JobRecord): number {
  return (left.expiresAt ?? 0) - (right.expiresAt ?? 0) || left.seq - right.seq
}

function byEnd(left: JobRecord, right: JobRecord): number {
  return (left.finishedAt ?? 0) - (right.finishedAt ?? 0) || left.seq - right.seq
}
