import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import { onNextTurn } from '../kit/turn.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { ClaimedJob, ClaimRequest } from '../store/jobs.ts'
import type { Crew } from './crew.ts'
import { HeldJobs } from './held-jobs.ts'
import { HELD_BYTES_MAX } from './hold.ts'
import { Isolation } from './isolation.ts'
import type { Lease } from './lease.ts'
import type { WorkerSettings } from './options.ts'
import { claimSize, MovingMean } from './prefetch.ts'
import { Refusals } from './refusals.ts'
import { Sleep } from './sleep.ts'

/**
 * Outcomes that may wait to be written before no more jobs are claimed: bounds the memory of a slow store. One group
 * that is being written, the next one, and what runs meanwhile, so that a store that can do both at a time claims while
 * it settles: 100,000 no-op jobs on PostgreSQL took 2.7 s with half a group, 1.8 s with these.
 */
const UNSETTLED_MAX = 3 * STATEMENT_ROWS_MAX
/** The same in bytes: outcomes may be of a megabyte each. */
const UNSETTLED_BYTES_MAX = 32 * 1024 * 1024

interface ClaimLoopParts {
  readonly settings: WorkerSettings
  readonly lease: Lease
  readonly crew: Crew
  /** Told when there was nothing to claim. */
  readonly onStarved: () => void
  /** Told when jobs that were claimed are started. */
  readonly onClaimed: () => void
}

/** Keeps the crew busy: claims as much as its slots and the speed of its jobs call for, and sleeps when there is nothing. */
export class ClaimLoop {
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #lease: Lease
  readonly #crew: Crew
  readonly #service: Service
  readonly #onStarved: () => void
  readonly #onClaimed: () => void
  readonly #roundTripMs = new MovingMean()
  readonly #refusals: Refusals
  readonly #held: HeldJobs
  readonly #sleep: Sleep
  readonly #isolation: Isolation
  /** Jobs were claimed of which nobody has been told. */
  #untold = false
  #stops: (() => void)[] = []
  #starved = false
  /** While it stops: a claim that is under way gives back what it brings. */
  #stopping = false
  /** Its own: a claim that waits for a store that is away gives up when the loop stops. */
  #store: InstrumentedStore
  #stopped = new AbortController()

  constructor(queue: QueueInternals, parts: ClaimLoopParts) {
    this.#queue = queue
    this.#store = queue.store
    this.#settings = parts.settings
    this.#lease = parts.lease
    this.#crew = parts.crew
    this.#onStarved = parts.onStarved
    this.#onClaimed = parts.onClaimed
    this.#refusals = new Refusals(queue.events)
    this.#held = new HeldJobs(queue.clock, parts)
    this.#sleep = new Sleep(parts.settings.pollMs, () => this.#onNotice())
    this.#isolation = new Isolation(queue.clock, () => this.#store.jobs.waitsAlone(this.#served))
    this.#service = new Service({
      name: 'claim',
      clock: queue.clock,
      runOnce: () => this.runOnce(),
      onError: (error) => queue.events.emit('loop_error', { loop: 'claim', error: asError(error) }),
    })
  }

  /** Whether the last look found nothing, and no notice has come since. */
  get starved(): boolean {
    return this.#starved && this.#held.size === 0
  }

  start(): void {
    this.#starved = false
    this.#stopped = new AbortController()
    this.#store = this.#queue.store.until(this.#stopped.signal)
    const { events, store } = this.#queue
    this.#stops = [
      store.local.on('ready', () => this.#sleep.notice()),
      // What this process cancels or pauses does not begin any more; of others it is heard within the time of a hold.
      events.on('cancel', ({ ids }) => this.#held.giveBack(isOneOf(ids))),
      events.on('pause', ({ queue }) => this.#held.giveBack((job) => job.queue === queue)),
    ]
    this.#service.start()
  }

  /** Stops claiming, and gives back what was claimed and not started. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const stop of this.#stops.splice(0)) stop()
    this.#sleep.end()
    this.#stopped.abort()
    await this.#service.stop()
    await this.#crew.release(this.#held.take())
    this.#stopping = false
  }

  /** Empties the buffer: its jobs are no longer this worker's to start. Gives how many those were. */
  loseBuffer(): number {
    return this.#held.lose()
  }

  /** Lets go of what it holds of these jobs, which are no longer its own. */
  drop(isGone: (job: ClaimedJob) => boolean): void {
    this.#held.giveBack(isGone)
  }

  /** A slot is free, or an outcome was written. */
  onFree(): void {
    this.#held.dispatch()
    if (!this.#starved && this.#claimSize() > 0) this.#service.wakeNextTurn()
  }

  /** One round; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    onNextTurn(() => this.#startBuffered())
    if (this.#lease.worker === '') return RELEASE_WAIT_MS
    const pauseMs = await this.#pauseMs()
    const limit = this.#claimSize()
    if (pauseMs > 0 || limit === 0) return this.#waitForSlot(pauseMs)
    const { notices } = this.#sleep
    const jobs = await this.#claim(limit)
    if (jobs.length > 0) {
      this.#starved = false
      this.#sleep.end()
      // Where there is more, the next claim is to be on its way before these keep this thread busy.
      const claimsNext = jobs.length === limit && this.#service.running && this.#claimSize() > 0
      if (!claimsNext) this.#startBuffered()
      return 0
    }
    return this.#refusals.after ? this.#refusals.restMs : this.#sleepTime(notices)
  }

  async #claim(limit: number): Promise<ClaimedJob[]> {
    const { clock, events } = this.#queue
    const startMs = clock.elapsed()
    const worker = this.#lease.worker
    this.#crew.rate.measure(startMs)
    const jobs = await this.#store.jobs.claim(this.#request(worker, limit))
    const claimedMs = clock.elapsed()
    this.#refusals.endRound(claimedMs - startMs)
    if (jobs.length === 0) return jobs
    const claim = { worker, claimedMs }
    // The lease was lost meanwhile: what came too late is not to be started under it.
    if (worker !== this.#lease.worker) {
      void this.#crew.release(jobs.map((job) => ({ job, claim })))
      return []
    }
    this.#roundTripMs.add(claimedMs - startMs)
    events.emit('claim', { worker, count: jobs.length, durationMs: claimedMs - startMs })
    this.#held.add(claim, jobs)
    this.#untold = true
    return jobs
  }

  #request(worker: string, limit: number): ClaimRequest {
    const { canProcess, concurrency } = this.#settings
    return {
      ...this.#served,
      worker,
      limit,
      begins: Math.max(0, concurrency - this.#crew.running - this.#held.size),
      alone: this.#isIdle,
      bytesMax: Math.max(1, HELD_BYTES_MAX - this.#held.bytes),
      ...(canProcess && { accepts: (job) => this.#refusals.asks(canProcess, job) }),
      ...(this.#refusals.after && { after: this.#refusals.after }),
    }
  }

  get #served(): Pick<ClaimRequest, 'names' | 'queues'> {
    const { definitions, fallback, claimsUnknown, queues } = this.#settings
    return { names: fallback || claimsUnknown ? null : [...definitions.keys()], queues }
  }

  /** Nothing runs here, waits to run or waits to be written. */
  get #isIdle(): boolean {
    return this.#crew.active === 0 && this.#held.size === 0
  }

  /** For how long to claim nothing: while a job runs alone, or to make room for one. */
  async #pauseMs(): Promise<number> {
    if (this.#crew.runsAlone) return Number.POSITIVE_INFINITY
    if (!this.#isIdle) return this.#isolation.pauseMs()
    this.#isolation.idle()
    return 0
  }

  #claimSize(): number {
    if (this.#crew.active >= UNSETTLED_MAX || this.#crew.runsAlone) return 0
    if (this.#held.bytes >= HELD_BYTES_MAX || this.#crew.settler.waitingBytes >= UNSETTLED_BYTES_MAX) return 0
    return claimSize({
      concurrency: this.#settings.concurrency,
      running: this.#crew.running,
      buffered: this.#held.size,
      finishedPerMs: this.#crew.rate.perMs,
      finished: this.#crew.rate.latest,
      batches: this.#store.capabilities.remote ? 2 : 1,
      roundTripMs: this.#roundTripMs.value + this.#crew.settler.flushMs.value,
    })
  }

  #startBuffered(): void {
    if (this.#stopping) return
    this.#held.dispatch()
    if (this.#untold) this.#onClaimed()
    this.#untold = false
  }

  /** Nothing to claim: look once more after the ear is open, then sleep. */
  async #sleepTime(notices: number): Promise<number> {
    const time = await this.#sleep.timeAfter(this.#store, notices)
    if (typeof time === 'number') return time
    this.#starved = true
    this.#onStarved()
    return time.starvedMs
  }

  /** It has work: were it still taken for starved, a slot that is freed would not wake it. */
  #waitForSlot(pauseMs: number): number {
    this.#starved = false
    return pauseMs || Number.POSITIVE_INFINITY
  }

  #onNotice(): void {
    this.#starved = false
    this.#service.wake()
  }
}

function isOneOf(ids: readonly string[]): (job: ClaimedJob) => boolean {
  const set = new Set(ids)
  return (job) => set.has(job.id)
}

/** While a lost lease is renewed, nothing is claimed. */
const RELEASE_WAIT_MS = 50
