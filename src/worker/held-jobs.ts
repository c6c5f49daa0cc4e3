import type { Clock, Timer } from '../kit/clock.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import { Buffer, type Buffered, type Claim } from './buffer.ts'
import type { Crew } from './crew.ts'
import { HOLD_MAX_MS, holdForMs } from './hold.ts'
import type { WorkerSettings } from './options.ts'

interface HeldJobsParts {
  readonly settings: WorkerSettings
  readonly crew: Crew
  /** Told when the first of the jobs that a claim has brought could begin. */
  readonly onBegun: () => void
}

/** What the worker has claimed and not begun: begins it as slots are free, and gives back what it would hold for too long. */
export class HeldJobs {
  readonly #clock: Clock
  readonly #settings: WorkerSettings
  readonly #crew: Crew
  readonly #onBegun: () => void
  readonly #buffer = new Buffer()
  #timer: Timer | undefined
  /** Jobs have come of which nobody has been told. */
  #untold = false
  /** Nothing begins any more. */
  #closed = false

  constructor(clock: Clock, { settings, crew, onBegun }: HeldJobsParts) {
    this.#clock = clock
    this.#settings = settings
    this.#crew = crew
    this.#onBegun = onBegun
  }

  get size(): number {
    return this.#buffer.size
  }

  /** About how many bytes they take. */
  get bytes(): number {
    return this.#buffer.bytes
  }

  add(claim: Claim, jobs: readonly ClaimedJob[]): void {
    this.#buffer.add(claim, this.#crew.twins.admit(claim, jobs))
    this.#untold = true
  }

  /** Until `open`, nothing begins: what is here, and what a claim that is under way still brings, waits for `empty`. */
  close(): void {
    this.#closed = true
  }

  open(): void {
    this.#closed = false
  }

  /** Gives back all that is here; resolves when that is written, or refused. */
  empty(): Promise<void> {
    return this.#crew.release(this.#buffer.take())
  }

  /** Lets go of all of them, since somebody else has them; gives how many those were. */
  lose(): number {
    const lost = this.#buffer.take()
    for (const { job } of lost) this.#crew.twins.leave(job, 'settled')
    return lost.length
  }

  /** Begins as many as there are free slots for. */
  dispatch(): void {
    if (this.#closed) return
    this.#beginFree()
    if (this.#untold) this.#onBegun()
    this.#untold = false
    this.#watch()
  }

  #beginFree(): void {
    while (this.#crew.slots.taken < this.#settings.concurrency && !this.#crew.slots.runsAlone) {
      const next = this.#buffer.next()
      if (!next) return
      const nowMs = this.#clock.elapsed()
      if (this.#isStale(next, nowMs)) void this.#crew.release([next])
      else void this.#crew.run(next, nowMs)
    }
  }

  giveBack(fits: (job: ClaimedJob) => boolean): void {
    const jobs = this.#buffer.take(fits)
    if (jobs.length > 0) void this.#crew.release(jobs)
  }

  /** Held for too long, or expired meanwhile, by the store's time: not begun any more. */
  #isStale({ job, claim }: Buffered, nowMs: number): boolean {
    if (job.begun) return false
    const heldMs = nowMs - claim.claimedMs
    return heldMs > HOLD_MAX_MS || (job.expiresAt !== null && job.claimedAt + heldMs >= job.expiresAt)
  }

  /** Looks again when they may have to go back. */
  #watch(): void {
    if (this.#timer || this.#buffer.size === 0) return
    this.#timer = this.#clock.timer(Math.max(this.#leftMs, 1), () => {
      this.#timer = undefined
      if (this.#leftMs > 0) this.#watch()
      else this.#giveBackAll()
    })
  }

  /** How long they may still stay if none of them begins. */
  get #leftMs(): number {
    const { oldestMs = Number.POSITIVE_INFINITY } = this.#buffer
    return holdForMs({ nowMs: this.#clock.elapsed(), oldestMs, begunMs: this.#crew.begunMs })
  }

  /** Others may have nothing to do while jobs lie here that cannot begin soon. */
  #giveBackAll(): void {
    this.#crew.rate.slowDown()
    this.giveBack(() => true)
  }
}
