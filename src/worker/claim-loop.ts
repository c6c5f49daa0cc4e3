import type { Job } from '../job/job.ts'
import { STATEMENT_ROWS_MAX } from '../job/limits.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import { onNextTurn } from '../kit/turn.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { ClaimedJob, ClaimRequest } from '../store/jobs.ts'
import type { Store } from '../store/store.ts'
import { toPendingJob } from './context.ts'
import type { Crew } from './crew.ts'
import type { Lease } from './lease.ts'
import type { WorkerSettings } from './options.ts'
import { claimSize, MovingMean } from './prefetch.ts'
import { Refusals } from './refusals.ts'

/**
 * Outcomes that may wait to be written before no more jobs are claimed: bounds the memory of a slow store. One group
 * that is being written, the next one, and what runs meanwhile, so that a store that can do both at a time claims while
 * it settles: 100,000 no-op jobs on PostgreSQL took 2.7 s with half a group, 1.8 s with these.
 */
const UNSETTLED_MAX = 3 * STATEMENT_ROWS_MAX

interface ClaimLoopParts {
  readonly settings: WorkerSettings
  readonly lease: Lease
  readonly crew: Crew
  /** Told when there was nothing to claim. */
  readonly onStarved: () => void
  /** Told when jobs that were claimed are started. */
  readonly onClaimed: () => void
}

/**
 * Keeps the crew busy: claims as much as the slots and the speed of the jobs call for, hands jobs to free slots, and
 * sleeps when there is nothing: until notified, until the next job is due, or for the poll interval.
 */
export class ClaimLoop {
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #lease: Lease
  readonly #crew: Crew
  readonly #service: Service
  readonly #onStarved: () => void
  readonly #onClaimed: () => void
  readonly #roundTripMs = new MovingMean()
  readonly #refusals = new Refusals()
  /** The next one last, so that the buffer lets go of each job that it gives out. */
  #buffer: ClaimedJob[] = []
  #bufferOwner = ''
  /** Jobs were claimed of which nobody has been told. */
  #untold = false
  #stops: (() => void)[] = []
  #stopListening: (() => void) | undefined
  #nextDueAt: number | null | undefined
  #starved = false
  /** Notices so far: one that comes while a claim is under way may be of a job that the claim did not see. */
  #notices = 0
  /** While it stops: a claim that is under way gives back what it brings. */
  #stopping = false
  /** Its own: a claim that waits for a store that is away gives up when the loop stops. */
  #store: Store
  #stopped = new AbortController()
  /** The last claim took no suspect, since one was here already: when that has ended, there may be another. */
  #withholdsSuspects = false

  constructor(queue: QueueInternals, parts: ClaimLoopParts) {
    this.#queue = queue
    this.#store = queue.store
    this.#settings = parts.settings
    this.#lease = parts.lease
    this.#crew = parts.crew
    this.#onStarved = parts.onStarved
    this.#onClaimed = parts.onClaimed
    this.#service = new Service({
      name: 'claim',
      clock: queue.clock,
      runOnce: () => this.runOnce(),
      onError: (error) => queue.events.emit('loop_error', { loop: 'claim', error: asError(error) }),
    })
  }

  /** Whether the last look found nothing, and no notice has come since. */
  get starved(): boolean {
    return this.#starved && this.#buffer.length === 0
  }

  start(): void {
    this.#starved = false
    this.#stopped = new AbortController()
    this.#store = this.#queue.store.until(this.#stopped.signal)
    this.#stops = [this.#queue.store.local.on('ready', () => this.#onNotice())]
    this.#service.start()
  }

  /** Stops claiming, and gives back what was claimed and not started. */
  async stop(): Promise<void> {
    this.#stopping = true
    for (const stop of this.#stops.splice(0)) stop()
    this.#sleepNoMore()
    this.#stopped.abort()
    await this.#service.stop()
    await Promise.all(this.takeBuffer().map((job) => this.#crew.release(job, this.#bufferOwner)))
    this.#stopping = false
  }

  /** Empties the buffer: its jobs are no longer this worker's to start. */
  takeBuffer(): ClaimedJob[] {
    return this.#buffer.splice(0).reverse()
  }

  /** A slot is free, or an outcome was written. */
  onFree(): void {
    this.#dispatch()
    if (this.#withholdsSuspects && !this.#holdsSuspect()) this.#onNotice()
    else if (!this.#starved && this.#claimSize() > 0) this.#service.wakeNextTurn()
  }

  /** One round; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    onNextTurn(() => this.#startBuffered())
    const limit = this.#claimSize()
    if (limit === 0 || this.#lease.worker === '')
      return this.#lease.worker === '' ? RELEASE_WAIT_MS : Number.POSITIVE_INFINITY
    const notices = this.#notices
    const jobs = await this.#claim(limit)
    if (jobs.length > 0) {
      this.#starved = false
      this.#sleepNoMore()
      // Where there is more, the next claim is to be on its way before these keep this thread busy.
      const claimsNext = jobs.length === limit && this.#service.running && this.#claimSize() > 0
      if (!claimsNext) this.#startBuffered()
      return 0
    }
    return this.#refusals.after ? 0 : this.#sleepTime(notices)
  }

  async #claim(limit: number): Promise<ClaimedJob[]> {
    const { clock, events } = this.#queue
    const startMs = clock.elapsed()
    const worker = this.#lease.worker
    this.#crew.rate.measure(startMs)
    const jobs = await this.#store.jobs.claim(this.#request(worker, limit))
    this.#refusals.endRound()
    const durationMs = clock.elapsed() - startMs
    if (jobs.length === 0) return jobs
    // The lease was lost meanwhile: what came too late is not to be started under it.
    if (worker !== this.#lease.worker) {
      for (const job of jobs) void this.#crew.release(job, worker)
      return []
    }
    this.#roundTripMs.add(durationMs)
    events.emit('claim', { worker, count: jobs.length, durationMs })
    this.#buffer = [...jobs.toReversed(), ...this.#buffer]
    this.#bufferOwner = worker
    this.#untold = true
    return jobs
  }

  #request(worker: string, limit: number): ClaimRequest {
    const { definitions, fallback, claimsUnknown, queues, canProcess } = this.#settings
    this.#withholdsSuspects = this.#holdsSuspect()
    return {
      worker,
      limit,
      names: fallback || claimsUnknown ? null : [...definitions.keys()],
      queues,
      suspects: this.#withholdsSuspects ? 0 : 1,
      ...(canProcess && { accepts: (job) => this.#accepts(canProcess, job) || this.#refusals.add(job) }),
      ...(this.#refusals.after && { after: this.#refusals.after }),
    }
  }

  /** Whether a job that was in a crashed worker is here, waiting or not settled yet: they are taken one at a time. */
  #holdsSuspect(): boolean {
    return this.#crew.holdsSuspect || this.#buffer.some((job) => job.crashes > 0)
  }

  /** A predicate that throws has refused: one bad job must not stop the claims of all others. */
  #accepts(canProcess: (job: Job) => boolean, job: ClaimedJob): boolean {
    try {
      return canProcess(toPendingJob(job)) === true
    } catch (error) {
      this.#queue.events.emit('loop_error', { loop: 'canProcess', error: asError(error) })
      return false
    }
  }

  #claimSize(): number {
    if (this.#crew.active >= UNSETTLED_MAX) return 0
    return claimSize({
      concurrency: this.#settings.concurrency,
      running: this.#crew.running,
      buffered: this.#buffer.length,
      finishedPerMs: this.#crew.rate.perMs,
      finished: this.#crew.rate.latest,
      batches: this.#store.capabilities.remote ? 2 : 1,
      roundTripMs: this.#roundTripMs.value + this.#crew.settler.flushMs.value,
    })
  }

  #startBuffered(): void {
    if (this.#stopping) return
    this.#dispatch()
    if (this.#untold) this.#onClaimed()
    this.#untold = false
  }

  #dispatch(): void {
    while (this.#crew.running < this.#settings.concurrency) {
      const job = this.#buffer.pop()
      if (!job) return
      void this.#crew.run(job, this.#bufferOwner)
    }
  }

  /** Nothing to claim: look once more after the ear is open, then sleep. */
  async #sleepTime(notices: number): Promise<number> {
    const listening = this.#stopListening !== undefined
    this.#stopListening ??= this.#queue.store.listen('ready', () => this.#onNotice())
    if (!listening) return 0
    const nextDueAt = this.#nextDueAt === undefined ? await this.#store.jobs.nextDueAt() : this.#nextDueAt
    if (notices !== this.#notices) return 0
    this.#nextDueAt = nextDueAt
    this.#starved = true
    this.#onStarved()
    const untilDueMs =
      this.#nextDueAt === null ? Number.POSITIVE_INFINITY : this.#nextDueAt - (await this.#store.now())
    if (untilDueMs <= 0) this.#nextDueAt = undefined
    return Math.max(0, Math.min(untilDueMs, this.#settings.pollMs))
  }

  #onNotice(): void {
    this.#notices += 1
    this.#withholdsSuspects = false
    this.#nextDueAt = undefined
    this.#starved = false
    this.#service.wake()
  }

  #sleepNoMore(): void {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#nextDueAt = undefined
  }
}

/** While a lost lease is being renewed, nothing can be claimed. */
const RELEASE_WAIT_MS = 50
