import type { JobContext } from '../job/context.ts'
import type { Job, RunningJob } from '../job/job.ts'
import { preview } from '../kit/error.ts'
import { holdsOptions } from '../kit/misplaced.ts'
import { optionError } from '../kit/options.ts'
import { Scope } from '../kit/scope.ts'
import { requireFunction } from '../queue/arguments.ts'
import type { Queue } from '../queue/queue.ts'
import type { IdleOptions, StopOptions } from './call-options.ts'
import type { WorkerOptions } from './options.ts'
import { Worker } from './worker.ts'

/**
 * The class style, for people who come from a worker base class: say what it is called, which jobs it takes, and
 * what it does with one. On top of `Worker`, with everything that it does.
 *
 * @example
 * class MailWorker extends JobWorker {
 *   protected getWorkerName() {
 *     return 'MailWorker'
 *   }
 *   protected canProcessJob(job: Job) {
 *     return job.name === 'mail.send'
 *   }
 *   protected async executeJob(job: RunningJob) {
 *     return { sentTo: job.input }
 *   }
 * }
 */
export abstract class JobWorker {
  readonly #queue: Queue
  readonly #options: Omit<WorkerOptions, 'jobs' | 'fallback' | 'canProcess' | 'name'>
  readonly #scope = new Scope()
  #worker: Worker | undefined

  /** Jobs one at a time by default, as a base class of this kind does. @throws MillhandError `invalid_option` */
  constructor(queue: Queue, options: Omit<WorkerOptions, 'jobs' | 'fallback' | 'canProcess' | 'name'> = {}) {
    if (!holdsOptions(options)) {
      const expected = 'an object with options of a worker, such as { concurrency }'
      const got = preview(options)
      throw optionError('invalid_option', { component: 'JobWorker', option: 'options', expected, got })
    }
    this.#queue = queue
    this.#options = { concurrency: 1, ...options }
  }

  protected abstract getWorkerName(): string
  /** Asked before a job is claimed: a job that is refused here is left to others, untouched. */
  protected abstract canProcessJob(job: Job): boolean
  /** What it returns is the job's output; what it throws is retried by the job's policy. */
  protected abstract executeJob(job: RunningJob, ctx: JobContext): Promise<unknown>

  /** Resolves when it is claiming. */
  async start(): Promise<void> {
    this.#worker ??= this.#make()
    await this.#worker.start()
  }

  async stop(options?: StopOptions): Promise<void> {
    await this.#worker?.stop(options)
    this.#worker = undefined
  }

  /** Runs until no job that it takes is due; gives how many it ran. */
  async runUntilIdle(options?: IdleOptions): Promise<number> {
    return this.#make().runUntilIdle(options)
  }

  /** @throws MillhandError `invalid_option` where a class in plain JavaScript lacks one of the three */
  #make(): Worker {
    for (const method of ['getWorkerName', 'canProcessJob', 'executeJob'] as const)
      requireFunction('JobWorker', method, this[method])
    const options: WorkerOptions = {
      ...this.#options,
      name: this.getWorkerName(),
      canProcess: (job) => this.canProcessJob(job),
      fallback: (_, ctx) => this.executeJob(ctx.job, ctx),
    }
    return this.#scope.run(() => new Worker(this.#queue, options))
  }
}
