import type { JobRecord } from '../../job/job.ts'
import { SortedSet } from './data/sorted-set.ts'

/** Pending jobs, those that are due apart from those that are scheduled: a claim never walks past the latter. */
export class PendingJobs {
  readonly #due = new SortedSet<JobRecord>(inClaimOrder)
  readonly #scheduled = new SortedSet<JobRecord>(byDueTime)
  readonly #counts = new Map<string, number>()

  add(job: JobRecord, nowMs: number): void {
    const place = job.dueAt <= nowMs ? this.#due : this.#scheduled
    place.add(job)
    this.#counts.set(job.queue, this.count(job.queue) + 1)
  }

  delete(job: JobRecord): void {
    this.#due.delete(job)
    this.#scheduled.delete(job)
    this.#counts.set(job.queue, this.count(job.queue) - 1)
    if (this.count(job.queue) === 0) this.#counts.delete(job.queue)
  }

  count(queue: string): number {
    return this.#counts.get(queue) ?? 0
  }

  /** The jobs that are due at `nowMs`, best first: priority, then due time, then order of arrival. What was due stays so. */
  dueAt(nowMs: number): Iterable<JobRecord> {
    for (const job of this.#scheduledUntil(nowMs)) {
      this.#scheduled.delete(job)
      this.#due.add(job)
    }
    return this.#due
  }

  /** Those that were due when it was last asked, or when they came. */
  ready(): JobRecord[] {
    return [...this.#due]
  }

  /** The first due time that nobody has asked for yet, be it past or to come. */
  nextDueAt(): number | null {
    return this.#scheduled.first?.dueAt ?? null
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

function inClaimOrder(left: JobRecord, right: JobRecord): number {
  return right.priority - left.priority || byDueTime(left, right)
}

function byDueTime(left: JobRecord, right: JobRecord): number {
  return left.dueAt - right.dueAt || left.seq - right.seq
}
