import type { Duration } from '../../kit/duration.ts'
import type { FilterOptions } from '../filter.ts'

/** Which jobs something is done to. What is given has to choose: a condition that is `undefined` is refused, not left out. */
export interface MatchingFilter extends FilterOptions {
  /** `true`: really all jobs. Needed where nothing else is given. */
  readonly all?: boolean
}

/** How something is done to many jobs. */
export interface MatchingOptions {
  /** `true`: only says how many jobs it would be done to. Default `false`. */
  readonly dryRun?: boolean
  /**
   * An id of the operation, of up to 512 characters. One that has begun goes on where it stopped, and is not done twice: call
   * again with the same id when an answer was lost. Default: a new one. The newest 1,000 operations are known.
   */
  readonly operation?: string
  /** Who asks for it, for `queue.operations()`: up to 512 characters. */
  readonly by?: string
  /**
   * Called after each piece, and not waited for; what it throws ends the operation, which may be gone on with. With it, the jobs
   * that fit are counted first.
   */
  readonly onProgress?: (progress: OperationProgress) => void
  /** Ends it after the piece that is being done. */
  readonly signal?: AbortSignal
}

/** How far an operation is. */
export interface OperationProgress {
  /** Its id. */
  readonly operation: string
  /** To how many jobs it was done, from its beginning. */
  readonly jobs: number
  /** How many jobs fitted when this call began: what was done before is not among them. */
  readonly total: number
}

/** What came of an operation. */
export interface OperationResult {
  /** Its id; not of a dry run, which is none. */
  readonly operation?: string
  /** Whether it was one: nothing was done. */
  readonly dryRun: boolean
  /** To how many jobs it was done, from its beginning; of a dry run: how many fit, and are in a state for it. */
  readonly jobs: number
}

/**
 * What can be done to all jobs that fit a filter: `queue.matching(filter)`. It is done in pieces of 1,000, from the newest job
 * to the oldest, each in one transaction with the word of how far it is. Jobs that arrive meanwhile are not among them. Where
 * a worker holds or runs a job, or its state is none for it, the job is passed over.
 *
 * Each throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `inside_transaction`; `operation_differs`
 * where the id is that of another operation; `operation_incomplete` when it stopped half way: call again with the id that the
 * error has; `operation_forgotten` where newer operations have taken its place meanwhile.
 *
 * @example
 * const queue = await openQueue('memory:')
 * const { jobs } = await queue.matching({ tag: 'user:42' }).cancel('the account was closed', { by: 'support' })
 */
export interface Matching {
  /** Cancels jobs that are not settled, running ones too. */
  cancel(reason?: string, options?: MatchingOptions): Promise<OperationResult>

  /** Runs failed and cancelled jobs again, with all their attempts. One that fails again meanwhile is not retried twice. */
  retry(options?: MatchingOptions): Promise<OperationResult>

  /** Deletes settled jobs, with all that was kept of them. */
  delete(options?: MatchingOptions): Promise<OperationResult>

  /** Gives pending jobs another priority, from -1,000,000 to 1,000,000; higher runs first. */
  reprioritise(priority: number, options?: MatchingOptions): Promise<OperationResult>

  /** Lets pending jobs be due at a time, or after a duration from when the operation began. */
  reschedule(due: Date | Duration, options?: MatchingOptions): Promise<OperationResult>

  /** Moves pending jobs to another queue. @throws MillhandError `invalid_name` */
  move(queue: string, options?: MatchingOptions): Promise<OperationResult>
}
