import { jobError } from '../job/errors.ts'
import { Bell } from '../kit/bell.ts'
import { Scope } from '../kit/scope.ts'
import { Maintenance } from '../maintenance/leader.ts'
import { internalsOf, type QueueInternals } from '../queue/internals.ts'
import type { Queue } from '../queue/queue.ts'
import type { CancelNotice } from '../store/workers.ts'
import { type IdleOptions, parseIdleOptions, parseStopOptions, type StopOptions } from './call-options.ts'
import { CancelWatch } from './cancel-watch.ts'
import { ClaimLoop } from './claim-loop.ts'
import { Crew } from './crew.ts'
import { declare } from './declare.ts'
import { interruptionError } from './interruption.ts'
import { Lease } from './lease.ts'
import { parseWorkerOptions, requireJobs, type WorkerOptions, type WorkerSettings } from './options.ts'

/**
 * A running claimer of jobs. It runs up to `concurrency` handlers at a time in this process, under one lease that is
 * beaten from a thread of its own, and takes its turn at the maintenance of the store. Handlers run in the scope of the
 * place where it was made: `AsyncLocalStorage` gives them what it gave there, whoever enqueued the job.
 *
 * @example
 * const queue = await openQueue('memory:')
 * const hello = defineJob({ name: 'example.hello', async run() {} })
 * const worker = new Worker(queue, { jobs: [hello], concurrency: 10 })
 * await worker.start()
 * await worker.stop()
 */
export class Worker {
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #lease: Lease
  readonly #crew: Crew
  readonly #claims: ClaimLoop
  readonly #cancels: CancelWatch
  readonly #scope = new Scope()
  #maintenance: Maintenance | undefined
  #state: 'new' | 'started' | 'stopping' | 'stopped' = 'new'
  #starting: Promise<void> = Promise.resolve()
  #stopping: Promise<void> | undefined
  #aborted = false
  #stopClosing: () => void = () => {}
  /** Rings when nothing is active any more, or nothing was found to claim. */
  readonly #changed = new Bell()

  /** @throws MillhandError `unknown_option`, `invalid_option`, `duplicate_definition`, `missing_handler`, `no_jobs`, `invalid_name` */
  constructor(queue: Queue, options: WorkerOptions) {
    this.#queue = internalsOf(queue, 'Worker')
    const settings = requireJobs(parseWorkerOptions(options))
    this.#settings = settings
    const onCancelled = (notices: readonly CancelNotice[]) => {
      this.#claims.drop((job) => notices.some(({ seq, epoch }) => job.seq === seq && job.epoch === epoch))
      this.#crew.cancel(notices)
    }
    const onLost = (worker: string) => this.#lost(worker)
    const onMissed = (missed: boolean) => this.#maintenance?.missed(missed)
    this.#lease = new Lease(this.#queue, settings, { onCancelled, onLost, onMissed })
    this.#crew = new Crew(queue, this.#queue, { settings, onFree: () => this.#onFree() })
    this.#claims = new ClaimLoop(this.#queue, {
      settings,
      lease: this.#lease,
      crew: this.#crew,
      onStarved: () => this.#changed.ring(),
      onBegun: () => this.#cancels.wake(),
    })
    this.#cancels = new CancelWatch(this.#queue, this.#crew.attempts, onCancelled)
  }

  /** Its id in the store; empty while it has no lease. Changes when a lease was lost. */
  get id(): string {
    return this.#lease.worker
  }

  get name(): string {
    return this.#lease.name
  }

  /** Handlers that are running now. */
  get running(): number {
    return this.#crew.running
  }

  /** Registers and begins to claim; resolves when it does. @throws MillhandError `worker_stopped`, also when that came first */
  start(): Promise<void> {
    if (this.#state === 'new') {
      this.#state = 'started'
      this.#starting = this.#scope.run(() => this.#begin())
    }
    return this.#state === 'started' ? this.#starting : Promise.reject(jobError('worker_stopped', {}))
  }

  /**
   * Stops in two stages: claims no more and gives back what was not started; lets handlers finish for `timeout`
   * (default `stopTimeout`); then aborts them, and what they do not finish in `abortGrace` goes back to its queue
   * without burning an attempt. Calling it again with a shorter timeout hurries it.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { timeout: timeoutMs = this.#settings.stopTimeoutMs } = parseStopOptions(options)
    if (this.#state === 'new') this.#state = 'stopped'
    if (this.#state === 'stopped') return
    this.#state = 'stopping'
    const timers = [
      this.#queue.clock.timer(timeoutMs, () => this.#abort()),
      // By then every handler has ended or was left behind: a store that cannot be written must not hold the process.
      this.#queue.clock.timer(timeoutMs + this.#settings.abortGraceMs, () => this.#crew.abandon()),
    ]
    if (timeoutMs === 0) this.#abort()
    this.#stopping ??= this.#scope.run(() => this.#drain())
    await this.#stopping.finally(() => {
      for (const timer of timers) timer.cancel()
    })
  }

  /**
   * Claims once and runs what it claimed until it is settled; gives how many jobs those were. For tests and for
   * workers that a timer starts. Not on a worker that was started.
   */
  runOnce(): Promise<number> {
    return this.#openFor(async () => {
      await this.#claims.runOnce()
      await this.#settled()
    })
  }

  /**
   * Runs until no job is due and none is running, then stops; gives how many jobs it ran. For cron-style use and for
   * tests. Not on a worker that was started.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`; what the store threw when it could not be claimed from
   */
  async runUntilIdle(options: IdleOptions = {}): Promise<number> {
    const { signal } = parseIdleOptions(options)
    return this.#openFor(async () => {
      let failure: Error | undefined
      const onError = this.#queue.events.on('loop_error', ({ loop, error }) => {
        if (loop === 'claim') failure = error
        this.#changed.ring()
      })
      const wake = () => this.#changed.ring()
      signal?.addEventListener('abort', wake, { once: true })
      this.#claims.start()
      this.#cancels.start()
      while (!failure && !signal?.aborted && !this.#idle) await this.#changed.next()
      await this.#claims.stop()
      await this.#settled()
      await this.#cancels.stop()
      signal?.removeEventListener('abort', wake)
      onError()
      if (failure) throw failure
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #begin(): Promise<void> {
    try {
      await this.#open()
    } catch (error) {
      if (this.#state === 'started') this.#state = 'new'
      throw error
    }
    // Whoever stops it meanwhile waits for this, and closes what was opened.
    if (this.#state !== 'started') return
    // Closed under its feet, it ends too: nothing would ever come any more, and it would keep the process.
    this.#stopClosing = this.#queue.closing.on(() => void this.stop({ timeout: 0 }).catch(() => {}))
    this.#claims.start()
    this.#cancels.start()
    this.#maintenance?.start()
    this.#queue.events.emit('worker_start', { worker: this.id, concurrency: this.#settings.concurrency })
  }

  /** Opens it for `body` and closes it whatever happens; gives how many jobs were claimed meanwhile. */
  async #openFor(body: () => Promise<void>): Promise<number> {
    if (this.#state === 'started') return 0
    return this.#scope.run(() => this.#openNow(body))
  }

  async #openNow(body: () => Promise<void>): Promise<number> {
    await this.#open()
    let count = 0
    const stop = this.#queue.events.on('claim', (event) => {
      if (event.worker === this.id) count += event.count
    })
    try {
      await body()
    } finally {
      stop()
      await this.#claims.stop()
      await this.#close()
    }
    return count
  }

  async #open(): Promise<void> {
    await declare(this.#queue, this.#settings)
    await this.#lease.start()
    if (!this.#settings.maintenance) return
    this.#maintenance = new Maintenance(this.#queue, { ...this.#settings, worker: this.id })
    if (this.#state !== 'started') await this.#maintenance.runOnce()
  }

  async #close(): Promise<void> {
    await this.#maintenance?.stop()
    await this.#lease.stop()
    this.#crew.close()
  }

  async #drain(): Promise<void> {
    await this.#lease.hurry(this.#starting)
    const worker = this.id
    await this.#claims.stop()
    // A claim that was under way may have started handlers after the abort.
    if (this.#aborted) this.#abort()
    await this.#settled()
    await this.#cancels.stop()
    await this.#close()
    this.#stopClosing()
    this.#state = 'stopped'
    this.#queue.events.emit('worker_stop', { worker })
  }

  #abort(): void {
    this.#aborted = true
    this.#crew.interruptAll(interruptionError('worker_stopping', { worker: this.id }))
  }

  /** Nothing was found to claim, and nothing runs or waits to be written. */
  get #idle(): boolean {
    return this.#claims.starved && this.#crew.active === 0
  }

  async #settled(): Promise<void> {
    while (this.#crew.active > 0) await this.#changed.next()
  }

  #onFree(): void {
    if (this.#state !== 'stopping') this.#claims.onFree()
    if (this.#crew.active === 0) this.#changed.ring()
  }

  #lost(worker: string): void {
    const jobs = this.#crew.running + this.#claims.loseBuffer()
    this.#queue.events.emit('lease_lost', { worker, jobs })
    this.#crew.interruptAll(interruptionError('lease_lapsed', { worker }), (each) => each.worker === worker)
  }
}
