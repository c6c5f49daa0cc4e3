import type { JobRecord } from '../../job/job.ts'
import { groupIn } from '../../job/job-gates.ts'
import { compareJobs } from '../jobs.ts'
import { SortedSet } from './data/sorted-set.ts'

/** Pending jobs, those that are due apart from those that are scheduled: a claim never walks past the latter. */
export class PendingJobs {
  readonly #due = new SortedSet<JobRecord>(compareJobs)
  readonly #scheduled = new SortedSet<JobRecord>(byDueTime)
  /** Those that wait at a gate, by its name. */
  readonly #parked = new Map<string, SortedSet<JobRecord>>()
  readonly #counts = new Map<string, number>()
  #grouped = 0

  add(job: JobRecord, nowMs: number): void {
    this.#placeOf(job, nowMs).add(job)
    this.#counts.set(job.queue, this.count(job.queue) + 1)
    if (hasGroup(job)) this.#grouped += 1
  }

  delete(job: JobRecord): void {
    this.#due.delete(job)
    this.#scheduled.delete(job)
    if (job.gate !== null) this.#unpark(job, job.gate)
    this.#counts.set(job.queue, this.count(job.queue) - 1)
    if (hasGroup(job)) this.#grouped -= 1
    if (this.count(job.queue) === 0) this.#counts.delete(job.queue)
  }

  /** Whether nobody has asked yet for the time at which it is due, be that past or to come. */
  isScheduled(job: JobRecord): boolean {
    return this.#scheduled.has(job)
  }

  count(queue: string): number {
    return this.#counts.get(queue) ?? 0
  }

  /** Whether any of them has a group. */
  get hasGroups(): boolean {
    return this.#grouped > 0
  }

  /** Those of a queue, be they due or not, or wait at a gate, in order of arrival. */
  of(queue: string): JobRecord[] {
    const parked = [...this.#parked.values()].flatMap((jobs) => [...jobs])
    const found = [...this.#due, ...this.#scheduled, ...parked].filter((job) => job.queue === queue)
    return found.sort((left, right) => left.seq - right.seq)
  }

  /** The jobs that are due at `nowMs`, best first: priority, then due time, then order of arrival. What was due stays so. */
  dueAt(nowMs: number): Iterable<JobRecord> {
    for (const job of this.#scheduledUntil(nowMs)) {
      this.#scheduled.delete(job)
      this.#due.add(job)
    }
    return this.#due
  }

  /** The jobs that wait at a gate, best first. */
  parkedAt(gate: string): Iterable<JobRecord> {
    return this.#parked.get(gate) ?? []
  }

  /** Whether a job waits at the gate. */
  isParked(gate: string): boolean {
    return this.#parked.has(gate)
  }

  /** Gates at which jobs wait. */
  gates(): string[] {
    return [...this.#parked.keys()]
  }

  /** Those that were due when it was last asked, or when they came. */
  ready(): JobRecord[] {
    return [...this.#due]
  }

  /** The first due time that nobody has asked for yet, be it past or to come. */
  nextDueAt(): number | null {
    return this.#scheduled.first?.dueAt ?? null
  }

  #placeOf(job: JobRecord, nowMs: number): SortedSet<JobRecord> {
    if (job.gate === null) return job.dueAt <= nowMs ? this.#due : this.#scheduled
    const parked = this.#parked.get(job.gate) ?? new SortedSet<JobRecord>(compareJobs)
    this.#parked.set(job.gate, parked)
    return parked
  }

  #unpark(job: JobRecord, gate: string): void {
    const parked = this.#parked.get(gate)
    parked?.delete(job)
    if (parked && parked.first === undefined) this.#parked.delete(gate)
  }

  #scheduledUntil(nowMs: number): JobRecord[] {
    const found: JobRecord[] = []
    for (const job of this.#scheduled) {
      if (job.dueAt > nowMs) break
      found.push(job)
    }
    return found
  }
}

function hasGroup({ limits }: JobRecord): boolean {
  return limits !== null && groupIn(limits) !== ''
}

function byDueTime(left: JobRecord, right: JobRecord): number {
  return left.dueAt - right.dueAt || left.seq - right.seq
}
