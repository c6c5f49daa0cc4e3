import type { Queue } from '../queue/queue.ts'
import { type IdleOptions, parseIdleOptions, parseStopOptions, type StopOptions } from './call-options.ts'
import { Engine } from './engine.ts'
import { runToIdle } from './idle.ts'
import { Life } from './life.ts'
import type { WorkerOptions } from './options.ts'

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
  readonly #engine: Engine
  readonly #life: Life

  /** @throws MillhandError `unknown_option`, `invalid_option`, `duplicate_definition`, `conflicting_limits`, `missing_handler`, `no_jobs`, `batch_too_large`, `invalid_name` */
  constructor(queue: Queue, options: WorkerOptions) {
    this.#engine = new Engine(queue, options)
    this.#life = new Life(this.#engine)
  }

  /** Its id in the store; empty while it has no lease. Changes when a lease was lost. */
  get id(): string {
    return this.#engine.worker
  }

  get name(): string {
    return this.#engine.name
  }

  /** Handlers that are running now. */
  get running(): number {
    return this.#engine.running
  }

  /**
   * Registers and begins to claim; resolves when it does.
   *
   * @throws MillhandError `worker_stopped`, also when that came first; `conflicting_limits` where a queue is set otherwise
   */
  start(): Promise<void> {
    return this.#life.start()
  }

  /**
   * Stops in two stages: claims no more and gives back what was not started; lets handlers finish for `timeout`
   * (default `stopTimeout`); then aborts them, and what they do not finish in `abortGrace` goes back to its queue
   * without burning an attempt. Calling it again with a shorter timeout hurries it.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`
   */
  async stop(options: StopOptions = {}): Promise<void> {
    const { timeout: timeoutMs = this.#engine.settings.stopTimeoutMs } = parseStopOptions(options)
    await this.#life.stop(timeoutMs)
  }

  /**
   * Claims once and runs what it claimed until it is settled; gives how many jobs those were. For tests and for
   * workers that a timer starts. Not on a worker that was started.
   *
   * @throws MillhandError `worker_stopped`
   */
  runOnce(): Promise<number> {
    return this.#life.openFor(() => this.#engine.claimOnce())
  }

  /**
   * Runs until no job is due and none is running, then stops; gives how many jobs it ran. For cron-style use and for
   * tests. Not on a worker that was started.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`, `worker_stopped`; what the store threw when it could not be claimed from
   */
  async runUntilIdle(options: IdleOptions = {}): Promise<number> {
    const { signal } = parseIdleOptions(options)
    return this.#life.openFor((ending) => runToIdle(this.#engine, ending), signal)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
