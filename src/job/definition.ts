import { hasBrand, readSafely } from '../kit/brand.ts'
import { DURATION_EXAMPLES, type Duration, parseDuration } from '../kit/duration.ts'
import {
  custom,
  duration,
  type Field,
  type Fields,
  type Given,
  integer,
  isFunction,
  isObject,
  list,
  parseOptions,
  text,
} from '../kit/options.ts'
import type { JobContext } from './context.ts'
import type { Skip, Snooze } from './control.ts'
import type { EnqueueOptions } from './enqueue-options.ts'
import { RETRIES_MAX } from './limits.ts'
import { DEFAULT_QUEUE, requireJobName, requireQueueName } from './names.ts'
import type { Backoff, ErrorMatcher, RetryPolicy } from './retry.ts'
import type { Schema, SchemaInput, SchemaOutput } from './schema.ts'

const isSchema = (value: unknown): boolean =>
  (isObject(value) || isFunction(value)) && isObject((value as Partial<Schema>)['~standard'])
const schemaField = <S>(doc: string) =>
  custom<S>({ doc, expected: 'a Standard Schema (Zod, Valibot, ArkType, …)', accepts: isSchema })

/** Read once, and copied: what a getter gives may be another value the next time, or an error. */
const backoffField: Field<Backoff, Backoff> = {
  doc: 'How long to wait before a retry: exponential from 1 s to 1 h by default.',
  expected: 'an object with kind, base, factor, max and jitter',
  parse(value) {
    if (!isObject(value)) return undefined
    const backoff = { ...(value as Backoff) }
    return backoffProblem(backoff) === undefined ? Object.freeze(backoff) : undefined
  },
}

/** The options of a definition that are policy: their defaults, their limits and what they mean. */
const definitionFields = {
  name: text({ doc: 'Namespaced by a dot: `app.verb_noun`.' }),
  queue: text({ doc: 'The queue that it goes to.', default: DEFAULT_QUEUE }),
  priority: integer({ doc: 'Higher runs first.', default: 0, min: -1_000_000, max: 1_000_000 }),
  retries: integer({
    doc: 'Retries after a failed attempt: attempts = retries + 1.',
    default: 3,
    max: RETRIES_MAX,
  }),
  timeout: duration({ doc: 'Longest time that one attempt may take; none by default.', min: 1 }),
  stallTimeout: duration({
    doc: 'Longest time without progress, checkpoint or log line; none by default.',
    min: 1,
  }),
  expiresIn: duration({
    doc: 'Fails as `expired` when nobody has started it in this time; never by default.',
    min: 1,
  }),
  backoff: backoffField,
  retryOn: list<ErrorMatcher>({
    doc: 'Only errors that match one of these are retried.',
    expected: 'a list of error classes or functions',
    accepts: isFunction,
  }),
  stopOn: list<ErrorMatcher>({
    doc: 'Errors that match one of these are not retried.',
    expected: 'a list of error classes or functions',
    accepts: isFunction,
  }),
  classifyError: custom<NonNullable<RetryPolicy['classifyError']>>({
    doc: 'Maps a foreign error to `{ code, permanent, retryAfter }`.',
    expected: 'a function',
    accepts: isFunction,
  }),
  input: schemaField<Schema>('What an enqueuer passes; checked when it is enqueued and again by the worker.'),
  output: schemaField<Schema>('What the handler returns; checked before the job completes.'),
  checkpoint: schemaField<Schema>('What `ctx.checkpoint` takes and `ctx.checkpointed` gives.'),
  run: custom<AnyHandler>({ doc: 'The handler.', expected: 'a function', accepts: isFunction }),
} satisfies Fields

type AnyHandler = (input: never, ctx: JobContext<never>) => unknown

type PolicyOptions = Omit<Given<typeof definitionFields>, 'name' | 'input' | 'output' | 'checkpoint' | 'run'>

/** What `defineJob` takes. */
export interface JobOptions<I extends Schema, O extends Schema, C extends Schema> extends PolicyOptions {
  readonly name: string
  readonly input?: I
  readonly output?: O
  readonly checkpoint?: C
}

/** The function that does the work: gets the checked input, returns the output or what `ctx.snooze` or `ctx.skip` gave. */
export type Handler<I extends Schema, O extends Schema, C extends Schema> = (
  input: SchemaOutput<I>,
  ctx: JobContext<SchemaOutput<C>>,
) => SchemaInput<O> | Snooze | Skip | Promise<SchemaInput<O> | Snooze | Skip>

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
  handle(run: Handler<I, O, C>): JobDefinition<I, O, C>
}

/** A definition that a worker can run. */
export interface JobDefinition<
  I extends Schema = Schema,
  O extends Schema = Schema,
  C extends Schema = Schema,
> extends JobSpec<I, O, C> {
  readonly run: Handler<I, O, C>
}

/** Any spec: the handler's parameters make a definition invariant, so that lists of them need a wider type. */
export type AnyJobSpec = Omit<JobSpec, 'handle' | 'input' | 'output' | 'checkpoint'> & {
  readonly input: Schema | undefined
  readonly output: Schema | undefined
  readonly checkpoint: Schema | undefined
}

export type AnyJobDefinition = AnyJobSpec & { readonly run: AnyHandler }

type SchemaOf<Spec, Field extends 'input' | 'output'> = Spec extends { readonly [F in Field]: infer S }
  ? Exclude<S, undefined> extends Schema
    ? Exclude<S, undefined>
    : Schema
  : Schema

export type InputOf<Spec> = SchemaInput<SchemaOf<Spec, 'input'>>
export type ResultOf<Spec> = SchemaOutput<SchemaOf<Spec, 'output'>>

/** What stands after the definition in a call of `enqueue`: the input may be left out where the schema allows it. */
export type EnqueueArguments<Spec> =
  undefined extends InputOf<Spec>
    ? [input?: InputOf<Spec>, options?: EnqueueOptions]
    : [input: InputOf<Spec>, options?: EnqueueOptions]

/**
 * Defines a job: a name, schemas, a policy and, where it is going to run, a handler.
 *
 * @example
 * const sendMail = defineJob({
 *   name: 'mail.send',
 *   input: z.object({ to: z.string() }),
 *   retries: 5,
 *   async run(input, ctx) {
 *     ctx.log.info(`sending to ${input.to}`)
 *   },
 * })
 *
 * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`
 */
export function defineJob<I extends Schema = Schema, O extends Schema = Schema, C extends Schema = Schema>(
  options: JobOptions<I, O, C> & { readonly run: Handler<I, O, C> },
): JobDefinition<I, O, C>
export function defineJob<I extends Schema = Schema, O extends Schema = Schema, C extends Schema = Schema>(
  options: JobOptions<I, O, C>,
): JobSpec<I, O, C>
export function defineJob<I extends Schema, O extends Schema, C extends Schema>(
  options: JobOptions<I, O, C> & { readonly run?: Handler<I, O, C> },
): JobSpec<I, O, C> | JobDefinition<I, O, C> {
  return specFrom(`defineJob '${requireJobName(readSafely(options, 'name'))}'`, options)
}

/** Of what is frozen and has been checked. It is not enumerable, so that no spread of a definition has it. */
const CHECKED: unique symbol = Symbol.for('millhand.checked')

/** Whether it is as `defineJob` gave it, of whichever copy of the package. */
export function isChecked(value: object): boolean {
  return hasBrand(value, CHECKED) && Object.isFrozen(value)
}

/** A definition of options that are checked now. `component` is named where they are refused. */
export function specFrom<I extends Schema, O extends Schema, C extends Schema>(
  component: string,
  options: JobOptions<I, O, C> & { readonly run?: Handler<I, O, C> },
): JobSpec<I, O, C> | JobDefinition<I, O, C> {
  const parsed = parseOptions(component, definitionFields, options)
  const spec: Omit<JobSpec<I, O, C>, 'handle'> = {
    name: requireJobName(parsed.name),
    input: parsed.input as I | undefined,
    output: parsed.output as O | undefined,
    checkpoint: parsed.checkpoint as C | undefined,
    queue: requireQueueName(parsed.queue),
    priority: parsed.priority,
    retries: parsed.retries,
    timeoutMs: parsed.timeout,
    stallTimeoutMs: parsed.stallTimeout,
    expiresInMs: parsed.expiresIn,
    retry: Object.freeze({
      ...(parsed.backoff && { backoff: parsed.backoff }),
      ...(parsed.retryOn && { retryOn: Object.freeze([...parsed.retryOn]) }),
      ...(parsed.stopOn && { stopOn: Object.freeze([...parsed.stopOn]) }),
      ...(parsed.classifyError && { classifyError: parsed.classifyError }),
    }),
  }
  const handle = (run: Handler<I, O, C>): JobDefinition<I, O, C> => make({ ...spec, handle, run })
  return parsed.run ? handle(parsed.run as Handler<I, O, C>) : make({ ...spec, handle })
}

function make<Spec extends object>(spec: Spec): Readonly<Spec> {
  return Object.freeze(Object.defineProperty(spec, CHECKED, { value: 1 }))
}

/** What is wrong with a back-off, in words; `undefined` where nothing is. */
function backoffProblem(backoff: Backoff): string | undefined {
  const bad = (value: Duration | undefined) => value !== undefined && parseDuration(value) === undefined
  if (bad(backoff.base) || bad(backoff.max)) return DURATION_EXAMPLES
  if (backoff.kind !== undefined && !['fixed', 'linear', 'exponential'].includes(backoff.kind)) return 'kind'
  if (isOutside(backoff.factor, 1, Number.POSITIVE_INFINITY)) return 'factor'
  if (isOutside(backoff.jitter, 0, 1)) return 'jitter'
  return undefined
}

/** Also a text or a BigInt, which compare as numbers and cannot be reckoned with. */
function isOutside(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && !(typeof value === 'number' && value >= min && value <= max)
}
