import type { WorkerOrder } from '../../job/orders.ts'
import type { QueueOptions } from '../../job/queue-settings.ts'
import type { RetentionOptions } from '../../job/retention.ts'
import type { SpecOrName } from '../../job/typed.ts'
import type { ConfigureOptions } from '../configure.ts'
import type { DrainedOptions } from '../drained.ts'
import type { Operation, OperationsOptions } from '../operations.ts'
import type { PauseOptions } from '../pause.ts'
import type { PurgeOptions } from '../purge.ts'
import type { Matching, MatchingFilter } from './matching.ts'

/** What an operator does to jobs and queues. */
export interface Controlling {
  /**
   * Cancels a job or several, running or not; gives the ids of those that were not settled yet.
   *
   * @throws MillhandError `job_not_found`, for a single id; `inside_transaction`; `bulk_incomplete` when a later piece of
   *   more than 1,000 failed
   */
  cancel(ids: string | readonly string[], reason?: string): Promise<string[]>

  /**
   * Runs failed or cancelled jobs again, with all their attempts; gives the ids of those that were.
   *
   * @throws MillhandError `job_not_found`, `not_retryable`, for a single id; `inside_transaction`; `bulk_incomplete`
   *   when a later piece of more than 1,000 failed
   */
  retry(ids: string | readonly string[]): Promise<string[]>

  /**
   * All jobs that fit a filter, to cancel, retry, delete, reprioritise, reschedule or move them: see `Matching`.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`, also where no condition is given, or one that is `undefined`
   */
  matching(filter: MatchingFilter): Matching

  /** What was done to many jobs by filter, by whom and when, the newest first. @throws MillhandError `unknown_option`, `invalid_option` */
  operations(options?: OperationsOptions): Promise<Operation[]>

  /**
   * Lets go of a key that is kept beyond the end of its job (`keyScope`), which still holds it while it is unfinished; gives
   * whether one was kept. @throws MillhandError `invalid_name`, `invalid_option`, `inside_transaction`
   */
  freeKey(job: SpecOrName, key: string): Promise<boolean>

  /**
   * Stops claims from a queue, in all processes; what runs goes on. Keeps `by` whom and for what `reason`.
   *
   * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`
   */
  pause(queue: string, options?: PauseOptions): Promise<void>

  /**
   * Tells workers, wherever they run, to claim no more (`'quiet'`; what runs goes on), to go on (`'run'`) or to `'stop'`, with
   * their next beat; gives the ids of those that are there.
   *
   * @throws MillhandError `worker_not_found`, for a single id; `invalid_option`, `inside_transaction`
   */
  orderWorkers(workers: 'all' | string | readonly string[], order: WorkerOrder): Promise<string[]>

  /**
   * Sets all that is set for a queue, in the store and for all processes: `maxSize` and `overflow`, `limits`, `order`, `aging` and `weights`, `shares`. `{}`
   * takes it away. With another order, it resolves when what waits has its place in that: in pieces of 1,000.
   *
   * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`, `conflicting_limits`
   */
  configure(queue: string, settings: QueueOptions, options?: ConfigureOptions): Promise<void>

  /** Lets a paused queue go on. @throws MillhandError `invalid_name`, `inside_transaction` */
  resume(queue: string): Promise<void>

  /**
   * Cancels all that waits in a queue, due or not, and had arrived when it began; gives how many. In pieces of 1,000: what
   * a worker runs, or has claimed ahead, is left.
   *
   * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `inside_transaction`, `bulk_incomplete`
   */
  purge(queue: string, options?: PurgeOptions): Promise<number>

  /**
   * Resolves as soon as no job of a queue is pending, be it due or not, or running, whoever runs them.
   *
   * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `drain_timeout`, `store_closed`; the signal's reason
   */
  drained(queue: string, options?: DrainedOptions): Promise<void>

  /**
   * Deletes settled jobs that are older than their retention, in pieces of 1,000, and figures of `stats` older than theirs; gives
   * how many jobs.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`, `inside_transaction`, `bulk_incomplete`
   */
  prune(options?: RetentionOptions): Promise<number>
}
