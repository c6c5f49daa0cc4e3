import type { Duration } from '../kit/duration.ts'
import type { RunMany } from './batch.ts'
import type { CacheOptions } from './cache.ts'
import type { Cleanup } from './cleanup.ts'
import type { Handler, NoHandler } from './defined.ts'
import type { GroupOption } from './group.ts'
import type { ConflictPolicy, KeyScope } from './key.ts'
import type { LimitOptions } from './limit.ts'
import type { Requirement } from './requirements.ts'
import type { Backoff, ErrorClass, ErrorMatcher } from './retry.ts'
import type { Schema, SchemaOutput } from './schema.ts'

/** What `defineJob` takes. */
export interface JobOptions<
  I extends Schema,
  O extends Schema,
  C extends Schema,
  R = NoHandler,
  M = NoHandler,
> {
  /**
   * What it is called in the store, so it stays for ever. Namespaced by a dot: `app.verb_noun`. With `.*` at its end it handles
   * all names that begin so and have no definition that is more specific: `video.youtube.*`.
   */
  readonly name: string
  /** What an enqueuer passes; checked when it is enqueued and again by the worker. Anything by default. */
  readonly input?: I
  /** What the handler returns; checked before the job completes. Anything by default. */
  readonly output?: O
  /** What `ctx.checkpoint` takes and `ctx.checkpointed` gives. Anything by default. */
  readonly checkpoint?: C
  /** The queue that it goes to. Default `'default'`. */
  readonly queue?: string
  /** Higher runs first. Default 0, from -1,000,000 to 1,000,000. */
  readonly priority?: number
  /** Retries after a failed attempt: attempts = retries + 1. Default 3, from 0 to 1,000. */
  readonly retries?: number
  /** Longest time that one attempt may take; none by default. Minimum `'1ms'`. */
  readonly timeout?: Duration
  /** Longest time without progress, checkpoint or log line; none by default. Minimum `'1ms'`. */
  readonly stallTimeout?: Duration
  /**
   * What its jobs may not do more of at a time, together or for each key, in this and all other processes: see
   * `LimitOptions`. None by default, 10 at most. What cannot run now waits and blocks nobody.
   */
  readonly limits?: readonly LimitOptions<SchemaOutput<I>>[]
  /**
   * Whose its jobs are, such as a tenant: a text, or a function of the checked input, `(input) => input.tenant`; `null` from it: nobody's.
   * The groups of a queue take turns, whatever each of them has: see `shares` of its options. None by default.
   */
  readonly group?: GroupOption<SchemaOutput<I>>
  /**
   * What a worker has to be able to do to run its jobs: its capabilities, `'gpu'`, `'region:eu'`, and a range of versions,
   * `{ version: '>= 2' }`. Nothing by default, 10 at most.
   */
  readonly requires?: readonly Requirement[]
  /**
   * Equal jobs run once: those that come while one runs or waits wait for it, and get its result, as do all that come for `ttl`
   * after it; when it fails, the next one runs. No cache by default: see `CacheOptions`.
   */
  readonly cache?: CacheOptions<SchemaOutput<I>>
  /**
   * Longest time for all attempts together, from when the job was enqueued: then an attempt that runs is timed out, and
   * there is no other one. None by default. Minimum `'1ms'`.
   */
  readonly deadline?: Duration
  /** Fails as `expired` when nobody has started it in this time; never by default. Minimum `'1ms'`. */
  readonly expiresIn?: Duration
  /** How long the key of a job is held, where the call gives one: see `EnqueueOptions`. Default `'active'`; minimum `'1ms'`. */
  readonly keyScope?: KeyScope
  /** What happens where its key is held: see `EnqueueOptions`. Default `'existing'`. */
  readonly onConflict?: ConflictPolicy
  /** How long to wait before a retry. Exponential from 1 s to 1 h by default. */
  readonly backoff?: Backoff
  /** Only errors that match one of these are retried: classes, or functions that say yes. All by default. */
  readonly retryOn?: readonly ErrorMatcher[]
  /** Errors that match one of these are not retried. Wins over `retryOn`. None by default. */
  readonly stopOn?: readonly ErrorMatcher[]
  /** Maps a foreign error to `{ code, permanent, retryAfter }`. */
  readonly classifyError?: (error: Error) => ErrorClass | undefined
  /**
   * Runs after each attempt, however that ended, and before the next one; for `abortGrace` at most. Its own failure is logged
   * and changes nothing. None by default.
   */
  readonly cleanup?: Cleanup<I>
  /** The handler: gets the checked input, returns the output or what `ctx.snooze` or `ctx.skip` gave. */
  readonly run?: Handler<I, O, C, R>
  /**
   * In place of `run`, a handler for many jobs at once, `{ size, wait, run: (jobs, ctx) => … }`, each with its own result: see `RunMany`.
   */
  readonly runMany?: RunMany<I, O, M>
}
