import type { RunMany, Succeeding } from './batch.ts'
import type { Cleanup } from './cleanup.ts'
import type { JobContext } from './context.ts'
import type { Fate, Skip } from './control.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'
import type { AnyJobSpec } from './typed.ts'

/** What a handler may return. */
type Returnable<O extends Schema> = SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate>

/** The function that does the work: gets the checked input, returns the output or what `ctx.snooze` or `ctx.skip` gave. */
export type Handler<I extends Schema, O extends Schema, C extends Schema, R = Returnable<O>> = (
  input: SchemaOutput<I>,
  ctx: JobContext<SchemaOutput<C>>,
) => R

/** What `handle` takes beside the handler. */
export interface HandleOptions<I extends Schema> {
  /** See `defineJob`; that of the spec by default. */
  readonly cleanup?: Cleanup<I>
}

/** A job's name, schemas and policy without its handler: all that an enqueuer needs. */
export interface JobSpec<I extends Schema = Schema, O extends Schema = Schema, C extends Schema = Schema>
  extends AnyJobSpec {
  readonly input: I | undefined
  readonly output: O | undefined
  readonly checkpoint: C | undefined
  readonly cleanup: Cleanup<I> | undefined
  /** The same definition with its handler. */
  // What it may return is written out: a message of the compiler then names the types, not an alias of them.
  handle<R extends SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate>>(
    run: Handler<I, O, C, R>,
    options?: HandleOptions<I>,
  ): JobDefinition<I, O, C, R>
  /** The same definition with a handler for many of its jobs at once: see `runMany` of `defineJob`. */
  handleMany<M extends SchemaInput<O> | Fate | Error | Promise<SchemaInput<O> | Fate | Error>>(
    runMany: RunMany<I, O, M>,
    options?: HandleOptions<I>,
  ): JobDefinition<I, O, C, Succeeding<M>>
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

/** Which options are given, whatever their values: the compiler knows that before it reads a handler. */
export type Names<Named extends PropertyKey> = { readonly [Name in Named]?: unknown }

/**
 * What a handler returns that the compiler has not read, since another option is wrong: anything that it may, so that there
 * is no second error at the handler.
 */
export type Unread<Named extends PropertyKey, O extends Schema> = [
  Extract<Named, 'run' | 'runMany'>,
] extends [never]
  ? NoHandler
  : Returnable<O>

/** What the handler of one job returns, be it made of one for many. */
export type Handled<Named extends PropertyKey, R, M> = 'run' extends Named
  ? R
  : 'runMany' extends Named
    ? Succeeding<M>
    : R

type AnyHandler = (input: never, ctx: JobContext<never>) => unknown

type AnyCleanup = (...given: never) => unknown

/** A definition of any job that a worker can run. */
export type AnyJobDefinition = AnyJobSpec & {
  readonly run: AnyHandler
  readonly cleanup?: AnyCleanup | undefined
}
