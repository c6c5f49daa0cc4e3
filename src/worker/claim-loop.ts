import { FairTurns } from '../job/fair-turns.ts'
import { asError } from '../kit/error.ts'
import { Service } from '../kit/service.ts'
import { onNextTurn } from '../kit/turn.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { ClaimedJob, ClaimRequest } from '../store/jobs.ts'
import { Appetite } from './appetite.ts'
import type { Crew } from './crew.ts'
import { HeldJobs } from './held-jobs.ts'
import type { Lease } from './lease.ts'
import type { WorkerSettings } from './options.ts'
import { Refusals } from './refusals.ts'
import { Sleep } from './sleep.ts'

/** While a lost lease is renewed, nothing is claimed. */
const RELEASE_WAIT_MS = 50

interface ClaimLoopParts {
  readonly settings: WorkerSettings
  readonly lease: Lease
  readonly crew: Crew
  /** Told when there was nothing to claim. */
  readonly onStarved: () => void
  /** Told when jobs that were claimed are started. */
  readonly onBegun: () => void
}

/** Keeps the crew busy: claims as much as the worker can use (`Appetite`), and sleeps when there is nothing (`Sleep`). */
export class ClaimLoop {
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #lease: Lease
  readonly #crew: Crew
  readonly #service: Service
  readonly #refusals: Refusals
  readonly #held: HeldJobs
  readonly #appetite: Appetite
  readonly #sleep: Sleep
  readonly #turns = new FairTurns()
  /** The last claim found nothing to hold; there may be what has to begin with its claim, such as a job with limits. */
  #hadNoSlot = false
  #unsubscribes: (() => void)[] = []
  /** Its own: a claim that waits for a store that is away gives up when the loop stops. */
  #store: InstrumentedStore
  #stopped = new AbortController()

  constructor(queue: QueueInternals, parts: ClaimLoopParts) {
    this.#queue = queue
    this.#store = queue.store
    this.#settings = parts.settings
    this.#lease = parts.lease
    this.#crew = parts.crew
    this.#refusals = new Refusals(queue.events)
    this.#held = new HeldJobs(queue.clock, parts)
    this.#appetite = new Appetite(queue, {
      ...parts,
      held: this.#held,
      isQuiet: () => this.#lease.isQuiet,
      waitsAlone: () => this.#store.jobs.waitsAlone(this.#appetite.served),
    })
    this.#sleep = new Sleep({
      pollMs: parts.settings.pollMs,
      onNotice: () => this.#service.wake(),
      onStarved: parts.onStarved,
    })
    this.#service = new Service({
      name: 'claim',
      clock: queue.clock,
      runOnce: () => this.runOnce(),
      onError: (error) => queue.events.emit('loop_error', { loop: 'claim', error: asError(error) }),
    })
  }

  /** Whether the last look found nothing, and no notice has come since. */
  get starved(): boolean {
    return this.#sleep.starved && this.#held.size === 0
  }

  start(): void {
    this.#stopped = new AbortController()
    this.#store = this.#queue.store.until(this.#stopped.signal)
    const { events, store } = this.#queue
    this.#unsubscribes = [
      store.local.on('ready', () => this.#sleep.notice()),
      // What this process cancels or pauses does not begin any more; of others it is heard within the time of a hold.
      events.on('cancel', ({ ids }) => this.#held.giveBack(isOneOf(ids))),
      events.on('pause', ({ queue }) => this.#held.giveBack((job) => job.queue === queue)),
    ]
    this.#service.start()
  }

  /** Stops claiming, and gives back what was claimed and not started. */
  async stop(): Promise<void> {
    this.#held.close()
    for (const unsubscribe of this.#unsubscribes.splice(0)) unsubscribe()
    this.#stopped.abort()
    await this.#service.stop()
    // After the last round, which may have gone to sleep meanwhile: an ear that stays open keeps the process.
    this.#sleep.end()
    await this.#held.empty()
    this.#held.open()
  }

  /** What it was told has changed: it claims no more and gives back what has not begun, or goes on. */
  obey(): void {
    if (this.#lease.isQuiet) this.#held.giveBack(() => true)
    else this.#service.wake()
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
    if (this.#service.wakesNextTurn || (this.#sleep.starved && !this.#hadNoSlot)) return
    if (this.#appetite.size > 0) this.#service.wakeNextTurn()
  }

  /** One round; gives the delay until the next one, in milliseconds. */
  async runOnce(): Promise<number> {
    onNextTurn(() => this.#held.dispatch())
    if (this.#lease.worker === '') return RELEASE_WAIT_MS
    const pauseMs = await this.#appetite.pauseMs()
    const limit = this.#appetite.size
    if (pauseMs > 0 || limit === 0) {
      this.#sleep.awake()
      return pauseMs || Number.POSITIVE_INFINITY
    }
    const { notices } = this.#sleep
    const jobs = await this.#claim(limit)
    if (jobs.length > 0) {
      this.#sleep.end()
      // Where there is more, the next claim is to be on its way before these keep this thread busy.
      const claimsNext = jobs.length === limit && this.#service.running && this.#appetite.size > 0
      if (!claimsNext) this.#held.dispatch()
      return 0
    }
    return this.#refusals.after ? this.#refusals.restMs : this.#sleep.timeAfter(this.#store, notices)
  }

  async #claim(limit: number): Promise<ClaimedJob[]> {
    const { clock, events } = this.#queue
    const startMs = clock.elapsed()
    const worker = this.#lease.worker
    this.#crew.rate.measure(startMs)
    const request = this.#request(worker, limit)
    this.#hadNoSlot = request.begins === 0
    const jobs = await this.#store.jobs.claim(request)
    this.#turns.count(jobs)
    const claimedMs = clock.elapsed()
    const durationMs = claimedMs - startMs
    this.#refusals.endRound(durationMs)
    if (jobs.length === 0) return jobs
    const claim = { worker, claimedMs }
    // The lease was lost meanwhile, or it was told to be quiet: what came too late is not to be started.
    if (worker !== this.#lease.worker || this.#lease.isQuiet) {
      void this.#crew.release(jobs.map((job) => ({ job, claim })))
      return []
    }
    this.#appetite.measured(durationMs)
    events.emit('claim', { worker, count: jobs.length, durationMs })
    this.#held.add(claim, jobs)
    return jobs
  }

  #request(worker: string, limit: number): ClaimRequest {
    const { canProcess } = this.#settings
    const { after } = this.#refusals
    return {
      ...this.#appetite.served,
      ...this.#appetite.room,
      worker,
      limit,
      random: this.#queue.random,
      turns: this.#turns,
      ...(canProcess && { accepts: (job) => this.#refusals.asks(canProcess, job) }),
      ...(after && { after }),
    }
  }
}

function isOneOf(ids: readonly string[]): (job: ClaimedJob) => boolean {
  const set = new Set(ids)
  return (job) => set.has(job.id)
}
