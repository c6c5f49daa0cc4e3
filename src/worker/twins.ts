import type { ClaimedJob, Settled } from '../store/jobs.ts'
import type { Buffered, Claim } from './buffer.ts'

type Named = Pick<ClaimedJob, 'seq' | 'epoch'>

/**
 * The jobs that are here, from their claim until their outcome is written. A server that crashed may have forgotten a
 * claim, since a claim does not wait for the disk: then it gives a job again that its worker still has, in the same
 * epoch. It is not run a second time beside the first: the outcome of the first counts for both.
 */
export class Twins {
  readonly #epochs = new Map<number, number>()
  readonly #waiting = new Map<number, Buffered>()
  readonly #isForgetful: boolean

  /** `isForgetful`: whether the store may forget a claim that it has answered, as a file never does. */
  constructor(isForgetful: boolean) {
    this.#isForgetful = isForgetful
  }

  /** Those of a claim that are not here already. The others wait for what the first comes to. */
  admit(claim: Claim, jobs: readonly ClaimedJob[]): readonly ClaimedJob[] {
    return this.#isForgetful ? jobs.filter((job) => !this.#meets(claim, job)) : jobs
  }

  /** It is here no more. Gives the claim that waited for it where its outcome came too early for that one. */
  leave({ seq, epoch }: Named, settled: Settled): Buffered | undefined {
    if (this.#epochs.get(seq) === epoch) this.#epochs.delete(seq)
    const twin = this.#waiting.get(seq)
    if (twin?.job.epoch !== epoch) return undefined
    this.#waiting.delete(seq)
    return settled === 'refused' ? twin : undefined
  }

  #meets(claim: Claim, job: ClaimedJob): boolean {
    if (this.#epochs.get(job.seq) === job.epoch) {
      this.#waiting.set(job.seq, { job, claim })
      return true
    }
    this.#epochs.set(job.seq, job.epoch)
    return false
  }
}
