import type { JobContext } from './context.ts'
import type { Skip, Snooze } from './control.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import type { JobHandle } from './handle.ts'
import type { Job } from './job.ts'
import type { RetryPolicy } from './retry.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'

/** What a handler returns beside an output: what `ctx.snooze` or `ctx.skip` gave. */
export type Fate = Snooze | Skip

/** What a handler may return. */
type Returnable<O extends Schema> = SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate>

/** The function that does the work: gets the checked input, returns the output or what `ctx.snooze` or `ctx.skip` gave. */
export type Handler<I extends Schema, O extends Schema, C extends Schema, R = Returnable<O>> = (
  input: SchemaOutput<I>,
  ctx: JobContext<SchemaOutput<C>>,
) => R

/** A job's name, schemas and policy without its handler: all that an enqueuer needs. */
export interface JobSpec<I extends Schema = Schema, O extends Schema = Schema, C extends Schema = Schema> {
  readonly name: string
  readonly input: I | undefined
  readonly output: O | undefined
  readonly checkpoint: C | undefined
  readonly queue: string
  readonly priority: number
  readonly retries: number
  readonly timeoutMs: number | undefined
  readonly stallTimeoutMs: number | undefined
  readonly expiresInMs: number | undefined
  readonly retry: RetryPolicy
  /** The same definition with its handler. */
  // What it may return is written out: a message of the compiler then names the types, not an alias of them.
  handle<R extends SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate>>(
    run: Handler<I, O, C, R>,
  ): JobDefinition<I, O, C, R>
}

/** A definition that a worker can run. `R` is what its handler returns. */
export interface JobDefinition<
  I extends Schema = Schema,
  O extends Schema = Schema,
  C extends Schema = Schema,
  R = Returnable<O>,
> extends JobSpec<I, O, C> {
  readonly run: Handler<I, O, C, R>
}

declare const NONE: unique symbol

/** What the handler returns that a definition does not have: nobody can make one. */
export interface NoHandler extends Skip {
  readonly [NONE]: true
}

/** What `defineJob` gives: a definition where it got a handler, also one that only throws or that returns `any`. */
export type Defined<I extends Schema, O extends Schema, C extends Schema, R> =
  Same<R, NoHandler> extends true ? JobSpec<I, O, C> : JobDefinition<I, O, C, R>

/** Whether two types are one, which `never` and `any` are with no other. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Any spec: the handler's parameters make a definition invariant, so that lists of them need a wider type. */
export type AnyJobSpec = Omit<JobSpec, 'handle' | 'input' | 'output' | 'checkpoint'> & {
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly checkpoint: Schema | undefined
}

type AnyHandler = (input: never, ctx: JobContext<never>) => unknown

export type AnyJobDefinition = AnyJobSpec & { readonly run: AnyHandler }

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
