import type { ClaimedJob, Settled } from '../store/jobs.ts'
import type { Buffered } from './buffer.ts'

type Named = Pick<ClaimedJob, 'seq' | 'epoch'>

/**
 * The jobs that are here, from their begin until their outcome is written. A server that crashed may have forgotten a
 * claim, since a claim does not wait for the disk: then it gives a job again that its worker still runs, in the same
 * epoch. It is not run a second time beside the first: the outcome of the first counts for both.
 */
export class Twins {
  readonly #epochs = new Map<number, number>()
  readonly #waiting = new Map<number, Buffered>()

  /** Whether the job is here already; then this claim of it waits for what that comes to. */
  meets(buffered: Buffered): boolean {
    const { seq, epoch } = buffered.job
    if (this.#epochs.get(seq) === epoch) {
      this.#waiting.set(seq, buffered)
      return true
    }
    this.#epochs.set(seq, epoch)
    return false
  }

  /** It is here no more. Gives the claim that waited for it where its outcome came too early for that one. */
  leave({ seq, epoch }: Named, settled: Settled): Buffered | undefined {
    if (this.#epochs.get(seq) === epoch) this.#epochs.delete(seq)
    const twin = this.#waiting.get(seq)
    if (twin?.job.epoch !== epoch) return undefined
    this.#waiting.delete(seq)
    return settled === 'refused' ? twin : undefined
  }
}
