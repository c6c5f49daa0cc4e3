import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { ClaimRequest } from '../store/jobs.ts'
import type { Crew } from './crew.ts'
import type { HeldJobs } from './held-jobs.ts'
import { HELD_BYTES_MAX } from './hold.ts'
import { Isolation } from './isolation.ts'
import type { WorkerSettings } from './options.ts'
import { claimSize, MovingMean } from './prefetch.ts'

/**
 * Outcomes that may wait to be written before no more jobs are claimed: bounds the memory of a slow store. One group
 * that is being written, the next one, and what runs meanwhile, so that a store that can do both at a time claims while
 * it settles: 100,000 no-op jobs on PostgreSQL took 2.7 s with half a group, 1.8 s with these.
 */
const UNSETTLED_MAX = 3 * STATEMENT_ROWS_MAX
/** The same in bytes: outcomes may be of a megabyte each. */
const UNSETTLED_BYTES_MAX = 32 * 1024 * 1024

interface AppetiteParts {
  readonly settings: WorkerSettings
  readonly crew: Crew
  readonly held: HeldJobs
  /** Whether it was told to claim no more. */
  readonly isQuiet: () => boolean
  /** Whether a job waits for this worker to run nothing else. */
  readonly waitsAlone: () => Promise<boolean>
}

/** What a worker asks for next, and how much of it: what its slots, its buffer and the speed of its jobs call for. */
export class Appetite {
  readonly #settings: WorkerSettings
  readonly #crew: Crew
  readonly #held: HeldJobs
  readonly #isQuiet: () => boolean
  readonly #roundTripMs = new MovingMean()
  readonly #isolation: Isolation
  /** Claims under way at a time that a store is worth: one that is far away has the next one on its way. */
  readonly #batches: 1 | 2

  constructor(
    { clock, store }: QueueInternals,
    { settings, crew, held, isQuiet, waitsAlone }: AppetiteParts,
  ) {
    this.#settings = settings
    this.#crew = crew
    this.#held = held
    this.#isQuiet = isQuiet
    this.#batches = store.capabilities.remote ? 2 : 1
    this.#isolation = new Isolation(clock, waitsAlone)
  }

  /** How many jobs to claim now. */
  get size(): number {
    const { settler, rate, slots, active } = this.#crew
    if (this.#isQuiet() || active >= UNSETTLED_MAX || slots.runsAlone) return 0
    if (this.#held.bytes >= HELD_BYTES_MAX || settler.waitingBytes >= UNSETTLED_BYTES_MAX) return 0
    return claimSize({
      concurrency: this.#settings.concurrency,
      running: slots.taken,
      buffered: this.#held.size,
      finishedPerMs: rate.perMs,
      finished: rate.latest,
      batches: this.#batches,
      roundTripMs: this.#roundTripMs.value + settler.flushMs.value,
    })
  }

  /** Which jobs it takes. */
  get served(): Pick<ClaimRequest, 'names' | 'queues' | 'ability'> {
    const { names, queues, ability } = this.#settings
    return { names, queues, ability }
  }

  /** What can begin at once, whether one that has to run alone could, and how many bytes there is room for. */
  get room(): Pick<ClaimRequest, 'begins' | 'takesAlone' | 'bytesMax'> {
    return {
      begins: Math.max(0, this.#settings.concurrency - this.#crew.slots.taken - this.#held.size),
      takesAlone: this.#isIdle,
      bytesMax: Math.max(1, HELD_BYTES_MAX - this.#held.bytes),
    }
  }

  /** For how many milliseconds to claim nothing: while a job runs alone, or to make room for one. */
  async pauseMs(): Promise<number> {
    if (this.#crew.slots.runsAlone) return Number.POSITIVE_INFINITY
    if (!this.#isIdle) return this.#isolation.pauseMs()
    this.#isolation.idle()
    return 0
  }

  /** A claim that brought something took so long. */
  measured(roundTripMs: number): void {
    this.#roundTripMs.add(roundTripMs)
  }

  /** Nothing runs here, waits to run or waits to be written, but for what waits for its children. */
  get #isIdle(): boolean {
    return this.#crew.busy === 0 && this.#held.size === 0
  }
}
