import type { Duration } from '../kit/duration.ts'
import type { Job } from './job.ts'

/** How long `result` waits. */
export interface ResultOptions {
  /** Longest time to wait; the job goes on. For ever by default. */
  readonly timeout?: Duration
  /** Ends the wait when it aborts; the job goes on. None by default. */
  readonly signal?: AbortSignal
}

/** How a job is run anew. */
export interface RerunOptions<Input = unknown> {
  /** In place of its input. Default: the input that it had. */
  readonly input?: Input
}

/** A job that was enqueued: ask it how it is, wait for it, or cancel it. From any process. */
export interface JobHandle<Output = unknown, Input = unknown> {
  readonly id: string
  /** The enqueue found its key held by a job of its name, and this is that one. It is gone where it only keeps its key. */
  readonly existed: boolean
  /** It waited, and the enqueue has given it its own input, options and due time (`onConflict`). */
  readonly replaced: boolean
  /**
   * The job as it is now.
   *
   * @throws MillhandError `job_not_found`, `other_job`
   */
  get(): Promise<Job<Input, Output>>
  /**
   * Waits until the job is settled and gives its output. A skipped job gives `undefined`.
   *
   * @throws MillhandError `job_failed`, `job_cancelled`, `job_not_found`, `other_job`, `output_unreadable`,
   *   `result_timeout`; on a virtual clock that nobody moves, `clock_stands_still`
   */
  result(options?: ResultOptions): Promise<Output>
  /** Cancels the job, running or not; false where it was settled already. */
  cancel(reason?: string): Promise<boolean>
  /**
   * Makes a new job of this one, whatever became of it, with its input or an edited one: see `queue.rerun`.
   *
   * @throws MillhandError what `queue.rerun` throws
   */
  rerun(options?: RerunOptions<Input>): Promise<JobHandle<Output, Input>>
  /** The job as it is now, then again whenever its state or progress changes, until it is settled or the queue is closed. */
  watch(options?: { readonly signal?: AbortSignal }): AsyncIterableIterator<Job<Input, Output>>
}
