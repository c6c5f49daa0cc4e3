import type { Duration } from '../kit/duration.ts'
import type { Skip, Snooze } from './control.ts'
import type { DeclaredFailure, FailOptions } from './declared.ts'
import type { JobHandle } from './handle.ts'
import type { RunningJob } from './job.ts'
import type { Json } from './json.ts'
import type { Progress } from './progress.ts'
import type { Resources, Secrets } from './resources.ts'
import type { Schema, SchemaOutput } from './schema.ts'
import type { AnyJobSpec, EnqueueArguments, InvokeArguments, ResultOf, StoredInputOf } from './typed.ts'

/**
 * Writes lines that are kept with the job: `millhand job ID` shows them. Never throws: data that JSON has no word for
 * is shown as a text, and cut to 16 KiB.
 */
export interface JobLog {
  debug(message: string, data?: Json): void
  info(message: string, data?: Json): void
  warn(message: string, data?: Json): void
  error(message: string, data?: Json): void
}

/** What a handler gets beside its input: everything it may ask of the system while it runs. */
export interface JobContext<Checkpoint = unknown> {
  /** The job as it was when it was claimed. */
  readonly job: RunningJob
  /** Which attempt this is, from 1. Interrupted attempts do not count. */
  readonly attempt: number
  /** Aborts on cancel, time-out, a lost lease and shutdown; `signal.reason` is an error that says which. */
  readonly signal: AbortSignal
  /** When `timeout` ends this attempt, or the `deadline` of the job, whichever comes first; `undefined` without either. */
  readonly attemptDeadline: Date | undefined
  /** What travels with the job: the user that it is for, a trace, a tenant. */
  readonly context: Readonly<Record<string, Json>>
  /** What an earlier attempt saved with `checkpoint`; `undefined` on a first run. */
  readonly checkpointed: Checkpoint | undefined
  readonly log: JobLog
  /** What the handlers of this worker share: a pool, a client, a model. Its `setup` has made it. */
  readonly resources: Resources
  /** What must not be kept with the job: the worker's `secrets` say where it is. */
  readonly secrets: Secrets
  /**
   * Tells how far the job is. Cheap to call often: the worker writes at most a few times a second, and the last one
   * always. Never throws: a fraction is held between 0 and 1, which the log tells of one above it, and what cannot be shown is
   * told in words or cut.
   */
  progress(progress: Progress | number): void
  /**
   * Saves where the job is, durably; the next attempt finds it in `checkpointed`. Resolves when it is written. What fails
   * is told in the job's log too, for a handler that has not waited for it.
   *
   * @throws MillhandError `lease_lost`, `inside_transaction`, `not_serialisable`, `payload_too_large`
   */
  checkpoint(value: Checkpoint): Promise<void>
  /**
   * Runs `body` in one database transaction that also completes the job with what `body` returns: both are
   * committed, or neither is. Return what this resolves to.
   *
   * On SQLite `tx` is a `DatabaseSync` of `node:sqlite`; on PostgreSQL it is a client of `pg`, which a body says of it:
   * `(tx: PoolClient) => …`.
   *
   * When the attempt is over before `body` has ended (its `timeout`, a stopping worker, each with the grace of the
   * handler), everything is rolled back and this rejects with the reason of `ctx.signal`; `tx` takes nothing more.
   *
   * @example
   * defineJob({
   *   name: 'ledger.book',
   *   run: (_, ctx) => ctx.transaction((tx) => tx.prepare('insert into entries values (?)').run(ctx.job.id).changes),
   * })
   *
   * @throws MillhandError `lease_lost`, `transaction_aborted` (everything is rolled back); `inside_transaction`,
   *   `already_settled`, `store_busy`; `not_supported` on a store without transactions
   */
  transaction<Output, Handle = import('node:sqlite').DatabaseSync>(
    body: (tx: Handle) => Output | Promise<Output>,
  ): Promise<Output>
  /** Enqueues another job; tags and context of this one carry along. What fails is told in the job's log too. */
  enqueue<Spec extends AnyJobSpec>(
    spec: Spec,
    ...given: EnqueueArguments<Spec>
  ): Promise<JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>>
  /**
   * Enqueues another job, waits for it and gives what it comes to, as `result()` does. Meanwhile this one takes no slot of its
   * worker. A parent that runs again finds the child by its `step`, and is given its result; one that had failed or was
   * cancelled before is run anew.
   *
   * @throws MillhandError what `enqueue` throws; `job_failed`, `job_cancelled`; `child_differs`, `invoked_too_deep`,
   *   `child_not_awaited`; the reason of `ctx.signal`
   */
  invoke<Spec extends AnyJobSpec>(spec: Spec, ...given: InvokeArguments<Spec>): Promise<ResultOf<Spec>>
  /** `return ctx.snooze('5m')`: run again later; burns no attempt. */
  snooze(delay: Duration): Snooze
  /** `return ctx.skip('already done')`: end well without having done anything. */
  skip(reason: string): Skip
  /**
   * `return ctx.fail({ code, message, output })`: fail in the handler's own words, with what it got done; `permanent: true`
   * is not retried. Counts when it is returned, and when it is thrown. The output is kept with the job when it has failed for
   * good: `get` and the error of `result()` have it.
   *
   * @throws MillhandError `unknown_option`, `invalid_option`
   */
  fail(failure: FailOptions): DeclaredFailure
}

/** The context that a definition's handler gets. */
export type ContextOf<Spec> = JobContext<
  Spec extends { readonly checkpoint: infer C }
    ? Exclude<C, undefined> extends Schema
      ? SchemaOutput<Exclude<C, undefined>>
      : unknown
    : unknown
>
