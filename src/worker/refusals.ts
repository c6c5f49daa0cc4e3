import type { Job } from '../job/job.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import { adopt, isThenable, unheard } from '../kit/thenable.ts'
import { type ClaimedJob, type Place, placeOf, REFUSALS_MAX } from '../store/jobs.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { toPendingJob } from './job-view.ts'

/** After a claim that was refused everything, others get so many times as long as it took: it has kept the store busy. */
const REST_SHARE = 4

/**
 * Where the claims of a worker with a second filter are. A claim gives up after many refusals; the next one goes on
 * from there, and from the top again when the end was reached: what is behind ten thousand jobs of others is found,
 * and none of them is claimed for it.
 */
export class Refusals {
  readonly #events: Emitter<MillhandEvents>
  #count = 0
  #last: Place | undefined
  #after: Place | undefined
  #restMs = 0

  constructor(events: Emitter<MillhandEvents>) {
    this.#events = events
  }

  /** Where the next claim starts; `undefined`: at the top. */
  get after(): Place | undefined {
    return this.#after
  }

  /** Asks whether the worker takes the job, and remembers a refusal. */
  asks(canProcess: (job: Job) => boolean, job: ClaimedJob): boolean {
    if (this.#accepts(canProcess, job)) return true
    this.#count += 1
    this.#last = placeOf(job)
    return false
  }

  /** A predicate that throws has refused: one bad job must not stop the claims of all others. */
  #accepts(canProcess: (job: Job) => boolean, job: ClaimedJob): boolean {
    try {
      const said: unknown = canProcess(toPendingJob(job))
      if (!isThenable(said)) return said === true
      unheard(adopt(said))
      throw new TypeError(
        'canProcess gave a promise, expected true or false: it is asked in the middle of a claim',
      )
    } catch (error) {
      this.#events.emit('loop_error', { loop: 'canProcess', error: asError(error) })
      return false
    }
  }

  /** How long to leave the store to others before the next claim, in milliseconds. */
  get restMs(): number {
    return this.#restMs
  }

  /** A claim has ended, that took so long. */
  endRound(durationMs: number): void {
    this.#after = this.#count >= REFUSALS_MAX ? this.#last : undefined
    this.#restMs = REST_SHARE * durationMs
    this.#count = 0
  }
}
