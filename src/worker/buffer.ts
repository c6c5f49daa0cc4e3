import { bytesOf, type ClaimedJob } from '../store/jobs.ts'

/** One answer of a claim: whose it is, and when it came, by `clock.elapsed()`. */
export interface Claim {
  readonly worker: string
  readonly claimedMs: number
}

/** A job that was claimed and has not begun here, with the claim that brought it. */
export interface Buffered {
  readonly job: ClaimedJob
  readonly claim: Claim
}

interface Batch {
  readonly claim: Claim
  /** The next one last, so that the buffer lets go of each job that it gives out. */
  readonly jobs: ClaimedJob[]
}

/** What was claimed and waits for a slot, in the order in which it came. */
export class Buffer {
  #batches: Batch[] = []
  #size = 0
  #bytes = 0

  get size(): number {
    return this.#size
  }

  /** About how many bytes it holds. */
  get bytes(): number {
    return this.#bytes
  }

  /** When the claim was answered that brought the next job; `undefined` where there is none. */
  get oldestMs(): number | undefined {
    return this.#batches[0]?.claim.claimedMs
  }

  add(claim: Claim, jobs: readonly ClaimedJob[]): void {
    if (jobs.length === 0) return
    this.#batches.push({ claim, jobs: jobs.toReversed() })
    this.#size += jobs.length
    for (const job of jobs) this.#bytes += bytesOf(job)
  }

  /** Takes the next job out. */
  next(): Buffered | undefined {
    const batch = this.#batches[0]
    const job = batch?.jobs.pop()
    if (!batch || !job) return undefined
    if (batch.jobs.length === 0) this.#batches.shift()
    this.#size -= 1
    this.#bytes -= bytesOf(job)
    return { job, claim: batch.claim }
  }

  /** Takes out those that fit, all of them by default. */
  take(fits: (job: ClaimedJob) => boolean = () => true): Buffered[] {
    const taken: Buffered[] = []
    const batches = this.#batches
    this.#batches = []
    this.#size = 0
    this.#bytes = 0
    for (const { claim, jobs } of batches) {
      const inOrder = jobs.toReversed()
      taken.push(...inOrder.filter(fits).map((job) => ({ job, claim })))
      this.add(
        claim,
        inOrder.filter((job) => !fits(job)),
      )
    }
    return taken
  }
}
