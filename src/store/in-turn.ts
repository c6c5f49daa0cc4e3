import type { DrawnLine } from '../job/drawn-line.ts'
import type { Placed } from '../job/fair-turns.ts'
import { compareJobs, type Place } from './jobs.ts'

/** A job, and where it stands. */
export interface Standing<Job> extends Placed {
  readonly job: Job
}

interface Among<Job> {
  /** In their order. */
  readonly others: Iterable<Standing<Job>>
  /** What is drawn, of each queue. */
  readonly lines: readonly DrawnLine<Standing<Job>>[]
  /** Only what comes before this place. */
  readonly before?: Place | undefined
}

/** Jobs in the order in which they start: those of each queue that are drawn, as they are drawn, where their queue stands among the others. */
export class InTurn<Job> implements Iterable<Job> {
  readonly #among: Among<Job>
  #last: { readonly line: DrawnLine<Standing<Job>>; readonly standing: Standing<Job> } | undefined

  constructor(among: Among<Job>) {
    this.#among = among
  }

  *[Symbol.iterator](): Iterator<Job> {
    const { others, before } = this.#among
    for (const standing of others) {
      yield* this.#drawnBefore(standing)
      if (before && compareJobs(standing, before) >= 0) return
      yield standing.job
    }
    yield* this.#drawnBefore(before)
  }

  /** The job that was given last is taken. */
  took(job: Job): void {
    if (this.#last?.standing.job === job) this.#last.line.took(this.#last.standing)
  }

  *#drawnBefore(place: Place | undefined): Generator<Job> {
    const { before } = this.#among
    for (;;) {
      const line = this.#first()
      const at = line?.at
      if (!line || !at || comesAfter(at, place) || comesAfter(at, before)) return
      const standing = line.next()
      if (!standing) return
      this.#last = { line, standing }
      yield standing.job
    }
  }

  #first(): DrawnLine<Standing<Job>> | undefined {
    let first: { readonly line: DrawnLine<Standing<Job>>; readonly at: Placed } | undefined
    for (const line of this.#among.lines) {
      const { at } = line
      if (at && (!first || compareJobs(at, first.at) < 0)) first = { line, at }
    }
    return first?.line
  }
}

function comesAfter(at: Placed, place: Place | undefined): boolean {
  return place !== undefined && compareJobs(at, place) >= 0
}

/** Jobs of one queue that are known, in their order, as they are drawn from: by priority, and of that by group. */
export function ranksOf<Job>(jobs: readonly Standing<Job>[], groupOf: (job: Job) => string) {
  return [...Map.groupBy(jobs, ({ priority }) => priority)].map(([priority, some]) => {
    const groups = Map.groupBy(some, ({ job }) => groupOf(job))
    return { priority, stocks: [...groups].map(([group, ofIt]) => stockOf(group, ofIt)) }
  })
}

function stockOf<Job>(group: string, jobs: readonly Standing<Job>[]) {
  const rest = jobs.toReversed()
  return {
    group,
    get first() {
      return rest.at(-1)
    },
    shift: () => void rest.pop(),
  }
}
