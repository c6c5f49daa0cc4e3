import type { JobRecord } from '../../job/job.ts'
import { SortedSet } from './sorted-set.ts'

/** Pending jobs, those that are due apart from those that are scheduled: a claim never walks past the latter. */
export class PendingJobs {
  readonly #due = new SortedSet<JobRecord>(inClaimOrder)
  readonly #scheduled = new SortedSet<JobRecord>(byDueTime)
  readonly #counts = new Map<string, number>()
  /** The time that the two were last told apart at. */
  #nowMs = Number.NEGATIVE_INFINITY

  add(job: JobRecord): void {
    this.#placeOf(job).add(job)
    this.#counts.set(job.queue, this.count(job.queue) + 1)
  }

  delete(job: JobRecord): void {
    this.#placeOf(job).delete(job)
    this.#counts.set(job.queue, this.count(job.queue) - 1)
    if (this.count(job.queue) === 0) this.#counts.delete(job.queue)
  }

  count(queue: string): number {
    return this.#counts.get(queue) ?? 0
  }

  /** The jobs that are due at `nowMs`, best first: priority, then due time, then order of arrival. */
  dueAt(nowMs: number): Iterable<JobRecord> {
    this.#turnTo(nowMs)
    return this.#due
  }

  /** When the next one will be due that is not yet. */
  nextDueAt(nowMs: number): number | null {
    this.#turnTo(nowMs)
    return this.#scheduled.first?.dueAt ?? null
  }

  /** Time may go back, too, when somebody sets the machine's clock: then what was due may be due no longer. */
  #turnTo(nowMs: number): void {
    const moving = nowMs < this.#nowMs ? [...this.#due] : this.#scheduledUntil(nowMs)
    for (const job of moving) this.#placeOf(job).delete(job)
    this.#nowMs = nowMs
    for (const job of moving) this.#placeOf(job).add(job)
  }

  #scheduledUntil(nowMs: number): JobRecord[] {
    const found: JobRecord[] = []
    for (const job of this.#scheduled) {
      if (job.dueAt > nowMs) break
      found.push(job)
    }
    return found
  }

  #placeOf(job: JobRecord): SortedSet<JobRecord> {
    return job.dueAt <= this.#nowMs ? this.#due : this.#scheduled
  }
}

function inClaimOrder(left: JobRecord, right: JobRecord): number {
  return right.priority - left.priority || byDueTime(left, right)
}

function byDueTime(left: JobRecord, right: JobRecord): number {
  return left.dueAt - right.dueAt || left.seq - right.seq
}
