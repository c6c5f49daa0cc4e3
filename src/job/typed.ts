import type { DefinedCache } from './cache.ts'
import type { Fate, Skip } from './control.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import type { GroupOption } from './group.ts'
import type { JobHandle } from './handle.ts'
import type { InvokeOptions } from './invoke-options.ts'
import type { Job } from './job.ts'
import type { ConflictPolicy } from './key.ts'
import type { DefinedLimit } from './limit.ts'
import type { RetryPolicy } from './retry.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'

/**
 * A definition of any job, with its handler or without: all that an enqueuer needs. Without `handle`, whose parameters
 * would keep definitions of different jobs out of one list.
 */
export interface AnyJobSpec {
  readonly name: string
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly checkpoint: Schema | undefined
  readonly queue: string
  readonly priority: number
  readonly retries: number
  readonly timeoutMs: number | undefined
  readonly stallTimeoutMs: number | undefined
  readonly expiresInMs: number | undefined
  readonly deadlineMs: number | undefined
  /** `0`: while it is unfinished; `Infinity`: for ever. */
  readonly keyScopeMs: number | undefined
  readonly onConflict: ConflictPolicy | undefined
  readonly limits?: readonly DefinedLimit[] | undefined
  readonly cache?: DefinedCache | undefined
  /** What its jobs require of a worker, in one form: `gpu version>=2`; nothing, or '', where they require nothing. */
  readonly requirements?: string | undefined
  readonly group?: GroupOption<never> | undefined
  readonly retry: RetryPolicy
}

/** What one enqueue names: a definition, or the name of one that the queue or a worker knows. */
export type SpecOrName = AnyJobSpec | string

type SchemaOf<Spec, Field extends 'input' | 'output'> = Spec extends { readonly [F in Field]: infer S }
  ? Exclude<S, undefined> extends Schema
    ? Exclude<S, undefined>
    : Schema
  : Schema

/** What a handler returns, or what its promise comes to; unknown where there is none. */
type ReturnedBy<Spec> = Spec extends { readonly run: (...given: never) => infer R } ? Awaited<R> : unknown

/** What is kept of a value that was returned: nothing, where that is nothing. */
type Kept<Value> = Value extends void ? undefined : Value

/** What an enqueuer passes to a job: what its input schema takes; anything where it has none, or is only named. */
export type InputOf<Spec> = SchemaInput<SchemaOf<Spec, 'input'>>

/**
 * What a job that did its work comes to: what its output schema makes of what the handler returns; without a schema, what
 * the handler returns.
 */
export type OutputOf<Spec> = [Schema] extends [SchemaOf<Spec, 'output'>]
  ? Kept<Exclude<ReturnedBy<Spec>, Fate>>
  : SchemaOutput<SchemaOf<Spec, 'output'>>

/** What `result()` gives: the output, and `undefined` of a job that was skipped, where its handler may skip it. */
export type ResultOf<Spec> = true extends MaySkip<Spec> ? OutputOf<Spec> | undefined : OutputOf<Spec>

/** Whether its handler says that it may; nobody knows of a definition without one. */
type MaySkip<Spec> = Spec extends { readonly run: unknown }
  ? Skip extends ReturnedBy<Spec>
    ? true
    : false
  : false

/** The input of a job as it is read: one that was left out is stored as `null`. */
export type StoredInputOf<Spec> =
  undefined extends InputOf<Spec> ? Exclude<InputOf<Spec>, undefined> | null : InputOf<Spec>

/** A job of this definition, as it is read. */
export type JobOf<Spec> = Job<StoredInputOf<Spec>, ResultOf<Spec>>

/** The handle of a job of this definition. */
export type HandleOf<Spec> = JobHandle<ResultOf<Spec>, StoredInputOf<Spec>>

/** What stands after the definition in a call of `enqueue`: the input may be left out where the schema allows it. */
export type EnqueueArguments<Spec> =
  undefined extends InputOf<Spec>
    ? [input?: InputOf<Spec>, options?: EnqueueOptions]
    : [input: InputOf<Spec>, options?: EnqueueOptions]

/** The same in a call of `ctx.invoke`. */
export type InvokeArguments<Spec> =
  undefined extends InputOf<Spec>
    ? [input?: InputOf<Spec>, options?: InvokeOptions]
    : [input: InputOf<Spec>, options?: InvokeOptions]
