import type { JobContext } from './context.ts'
import type { FailureKind } from './failure.ts'
import type { RunningJob } from './job.ts'
import type { Schema, SchemaInput } from './schema.ts'

/**
 * How an attempt ended. `failed`: whether it is retried is decided after the cleanup. `interrupted`: by a cancel, a lost lease or
 * a worker that stops, which the code of the error says.
 */
export type AttemptOutcome =
  | { readonly how: 'complete' }
  | { readonly how: 'skipped'; readonly reason: string }
  | { readonly how: 'snoozed'; readonly delayMs: number }
  | { readonly how: 'failed'; readonly kind: FailureKind; readonly error: Error }
  | { readonly how: 'interrupted'; readonly error: Error }

/** What is left of a handler's context when it has ended. */
export type CleanupContext = Pick<JobContext, 'log' | 'resources'>

/** Ends what an attempt may have left: a folder, a process, a lock. The input is as it was stored: it may be what no handler saw. */
export type Cleanup<I extends Schema = Schema> = (
  job: RunningJob<SchemaInput<I>>,
  outcome: AttemptOutcome,
  ctx: CleanupContext,
) => unknown
