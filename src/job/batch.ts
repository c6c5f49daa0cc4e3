import type { Duration } from '../kit/duration.ts'
import type { JobContext } from './context.ts'
import type { Fate } from './control.ts'
import type { Resources } from './resources.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'

/** What each job of a batch has of a handler's context: all that is about one job, and can be asked for in the midst of others. */
export type BatchJobContext = Pick<
  JobContext,
  | 'job'
  | 'attempt'
  | 'signal'
  | 'attemptDeadline'
  | 'context'
  | 'log'
  | 'secrets'
  | 'progress'
  | 'enqueue'
  | 'snooze'
  | 'skip'
  | 'fail'
>

/** One job of a batch: its input, and what a handler has of `ctx` for one job. Its `signal` is of it alone. */
export interface BatchJob<Input = unknown> extends BatchJobContext {
  readonly id: string
  /** What the schema makes of what was stored. */
  readonly input: Input
}

/** What a batch handler gets beside its jobs. */
export interface BatchContext {
  /** Aborts when all of its jobs are aborted: nothing counts any more of what it may still do. */
  readonly signal: AbortSignal
  /** What the handlers of this worker share: a pool, a client, a model. Its `setup` has made it. */
  readonly resources: Resources
}

/** What becomes of one job: its output, what its `snooze`, `skip` or `fail` gave, or the error that it failed with. */
type BatchResult<O extends Schema> = SchemaInput<O> | Fate | Error | Promise<SchemaInput<O> | Fate | Error>

/** Nothing at all: each is complete without an output. */
type Nothing<O extends Schema> = undefined extends SchemaInput<O> ? void | Promise<void> : never

/**
 * A handler for many jobs at once. Each of them is claimed, begins, ends, is cancelled and is retried by itself; only the
 * function is called once for all that have begun.
 *
 * @example
 * const insert = defineJob({
 *   name: 'warehouse.insert_row',
 *   runMany: {
 *     size: 100,
 *     wait: '50ms',
 *     async run(jobs) {
 *       const body = JSON.stringify(jobs.map((job) => job.input))
 *       await fetch('http://warehouse.example/rows', { method: 'POST', body })
 *     },
 *   },
 * })
 */
export interface RunMany<I extends Schema, O extends Schema, M = BatchResult<O>> {
  /** How many jobs it takes at most; no more than the worker's `concurrency`. From 1 to 10,000; it has to be given. */
  readonly size: number
  /**
   * How long a job that has begun waits for others, where there are fewer. Default `'50ms'`, minimum 0: those that begin together. Has
   * to be less than `timeout` and `stallTimeout`, in which it counts.
   */
  readonly wait?: Duration
  /**
   * Gets the jobs, and gives a result for each, in their order: its output, what `snooze`, `skip` or `fail` of that job gave, or an
   * error, by which that job fails or is retried alone. What it throws is the failure of each. Where it returns nothing, each is
   * complete without an output.
   */
  readonly run: (
    jobs: readonly BatchJob<SchemaOutput<I>>[],
    ctx: BatchContext,
  ) => readonly M[] | Promise<readonly M[]> | Nothing<O>
}

/** What a batch handler gives for a job that has not failed. */
export type Succeeding<M> = WithoutErrors<Awaited<M>>

/** What only looks like an error, having a name and a message, is none. */
type WithoutErrors<M> = M extends Error ? ('stack' extends keyof M ? never : M) : M
