import { hasBrand, readSafely } from '../kit/brand.ts'
import { DESCRIPTION } from '../kit/described.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import {
  choice,
  custom,
  duration,
  type FieldsOf,
  integer,
  isFunction,
  isObject,
  list,
  optionError,
  type Parsed,
  parseOptions,
  text,
} from '../kit/options.ts'
import { backoffField } from './backoff.ts'
import { BARE, type Bare, bareIn } from './bare-durations.ts'
import type { RunMany } from './batch.ts'
import { cacheField } from './cache.ts'
import type { Cleanup } from './cleanup.ts'
import { constraintsOf } from './constraints.ts'
import type { Fate } from './control.ts'
import type {
  Defined,
  Handled,
  HandleOptions,
  Handler,
  JobDefinition,
  JobSpec,
  Names,
  Unread,
} from './defined.ts'
import { DEFINITION_HINTS } from './elsewhere.ts'
import { jobError } from './errors.ts'
import { groupField } from './group.ts'
import type { JobOptions } from './job-options.ts'
import { CONFLICT_POLICIES, keptMsOf, scope } from './key.ts'
import { limitsField } from './limit.ts'
import { RETRIES_MAX } from './limits.ts'
import { DEFAULT_QUEUE, requireHandledName, requireQueueName } from './names.ts'
import { requiresField } from './requirements.ts'
import type { ErrorMatcher, RetryPolicy } from './retry.ts'
import { type AnyRunMany, batchHandler, runManyField } from './run-many.ts'
import type { Schema, SchemaInput } from './schema.ts'
import { isSpec, optionsOf } from './spec.ts'
import type { AnyJobSpec } from './typed.ts'

const isSchema = (value: unknown): boolean =>
  (isObject(value) || isFunction(value)) && isObject((value as Partial<Schema>)['~standard'])
const schemaField = () =>
  custom<Schema>({ expected: 'a Standard Schema (Zod, Valibot, ArkType, …)', accepts: isSchema })
const matchersField = () =>
  list<ErrorMatcher>({ expected: 'a list of error classes or functions', accepts: isFunction })

type AnyHandler = Handler<Schema, Schema, Schema, unknown>

/** The options of a definition, with their defaults and their limits. */
const definitionFields = {
  name: text(),
  queue: text({ default: DEFAULT_QUEUE }),
  priority: integer({ default: 0, min: -1_000_000, max: 1_000_000 }),
  retries: integer({ default: 3, max: RETRIES_MAX }),
  timeout: duration({ min: 1 }),
  stallTimeout: duration({ min: 1 }),
  expiresIn: duration({ min: 1 }),
  deadline: duration({ min: 1 }),
  keyScope: scope({ default: 'active', min: 1 }),
  onConflict: choice({ of: CONFLICT_POLICIES, default: 'existing' }),
  limits: limitsField(),
  cache: cacheField(),
  requires: requiresField(),
  group: groupField(),
  backoff: backoffField,
  retryOn: matchersField(),
  stopOn: matchersField(),
  classifyError: custom<NonNullable<RetryPolicy['classifyError']>>({
    expected: 'a function',
    accepts: isFunction,
  }),
  input: schemaField(),
  output: schemaField(),
  checkpoint: schemaField(),
  cleanup: custom<Cleanup>({ expected: 'a function', accepts: isFunction }),
  run: custom<AnyHandler>({ expected: 'a function', accepts: isFunction }),
  runMany: runManyField(),
} satisfies FieldsOf<JobOptions<Schema, Schema, Schema, unknown, unknown>>
withHints(definitionFields, DEFINITION_HINTS)

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
 * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `conflicting_limits`, `two_handlers`
 */
export function defineJob<
  I extends Schema = Schema,
  O extends Schema = Schema,
  C extends Schema = Schema,
  Named extends keyof JobOptions<I, O, C> = never,
  // Written out: a message of the compiler then names the types, not an alias of them.
  R extends SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate> = Unread<Named, O>,
  M extends SchemaInput<O> | Fate | Error | Promise<SchemaInput<O> | Fate | Error> = Unread<Named, O>,
>(options: JobOptions<I, O, C, R, M> & Names<Named>): Defined<I, O, C, Handled<Named, R, M>> {
  if (!isObject(options)) {
    const expected = "an object with a 'name', such as { name: 'mail.send', run }"
    throw optionError('invalid_option', {
      component: 'defineJob',
      option: 'options',
      expected,
      got: preview(options),
    })
  }
  const component = `defineJob '${requireHandledName(readSafely(options, 'name'))}'`
  const bare = bareIn(options)
  return specFrom(component, options, bare) as never
}

/** Of what is frozen and has been checked. It is not enumerable, so that no spread of a definition has it. */
const CHECKED: unique symbol = Symbol.for('millhand.checked')

/** Whether it is as `defineJob` gave it, of whichever copy of the package. */
export function isChecked(value: object): boolean {
  try {
    // Its own: what only inherits from a definition may have changed anything.
    return Object.hasOwn(value, CHECKED) && hasBrand(value, CHECKED) && Object.isFrozen(value)
  } catch {
    return false
  }
}

/** A definition of options that are checked now. `component` is named where they are refused. */
export function specFrom<I extends Schema, O extends Schema, C extends Schema, R>(
  component: string,
  options: JobOptions<I, O, C, R, unknown>,
  bare: Bare = [],
): JobSpec<I, O, C> | JobDefinition<I, O, C, R> {
  const parsed = parseOptions(component, definitionFields, options)
  const name = requireHandledName(parsed.name)
  const spec: Bodiless<I, O, C> = {
    name,
    input: parsed.input as I | undefined,
    output: parsed.output as O | undefined,
    checkpoint: parsed.checkpoint as C | undefined,
    cleanup: parsed.cleanup as Cleanup<I> | undefined,
    queue: requireQueueName(parsed.queue),
    priority: parsed.priority,
    retries: parsed.retries,
    timeoutMs: parsed.timeout,
    stallTimeoutMs: parsed.stallTimeout,
    expiresInMs: parsed.expiresIn,
    deadlineMs: parsed.deadline,
    keyScopeMs: keptMsOf(parsed.keyScope),
    onConflict: parsed.onConflict,
    ...constraintsOf(component, name, parsed),
    retry: retryOf(parsed),
  }
  const handlers = handlersOf<I, O, C>(component, spec, bare)
  const run = handlerIn(component, spec, parsed)
  return run ? handlers.handle(run as Handler<I, O, C, R>) : make({ ...spec, ...handlers }, bare)
}

type Bodiless<I extends Schema, O extends Schema, C extends Schema> = Omit<
  JobSpec<I, O, C>,
  'handle' | 'handleMany'
>

/** What gives a spec its handler. */
function handlersOf<I extends Schema, O extends Schema, C extends Schema>(
  component: string,
  spec: Bodiless<I, O, C>,
  bare: Bare,
) {
  const handle = function <Out>(this: unknown, run: Handler<I, O, C, Out>, given: HandleOptions<I> = {}) {
    if (!isFunction(run)) throw optionError('invalid_option', handlerRefusal(component, run))
    // Of a definition that is spread from this one, what it has changed counts.
    const changed = isSpec(this) && !isChecked(this) ? optionsOf(this) : undefined
    const own = changed ? (specFrom(component, changed) as unknown as typeof spec) : spec
    const { cleanup } = parseOptions(`${component}.handle`, { cleanup: definitionFields.cleanup }, given)
    const made = { ...own, ...(cleanup && { cleanup: cleanup as Cleanup<I> }), handle, handleMany, run }
    return make(made, changed ? [] : bare)
  }
  const handleMany = function <Out>(
    this: unknown,
    runMany: RunMany<I, O, Out>,
    given?: HandleOptions<I>,
  ): object {
    const times = isSpec(this) ? this : spec
    const run = batchHandler(`${component}.handleMany`, runMany as unknown as AnyRunMany, times)
    return handle.call(this, run as Handler<I, O, C, unknown>, given)
  }
  return { handle, handleMany } as unknown as Pick<JobSpec<I, O, C>, 'handle' | 'handleMany'>
}

/** @throws MillhandError `two_handlers`, and those of a batch handler */
function handlerIn(
  component: string,
  spec: Pick<AnyJobSpec, 'name' | 'timeoutMs' | 'stallTimeoutMs'>,
  { run, runMany }: Pick<Parsed<typeof definitionFields>, 'run' | 'runMany'>,
): AnyHandler | undefined {
  if (run && runMany) throw jobError('two_handlers', { name: spec.name })
  return runMany ? batchHandler(`${component}.runMany`, runMany, spec) : run
}

function retryOf({ backoff, retryOn, stopOn, classifyError }: Parsed<typeof definitionFields>): RetryPolicy {
  return Object.freeze({
    ...(backoff && { backoff }),
    ...(retryOn && { retryOn: Object.freeze(retryOn) }),
    ...(stopOn && { stopOn: Object.freeze(stopOn) }),
    ...(classifyError && { classifyError }),
  })
}

function handlerRefusal(component: string, run: unknown) {
  return { component: `${component}.handle`, option: 'run', expected: 'a function', got: preview(run) }
}

function make<Spec extends { readonly name: string }>(spec: Spec, bare: Bare): Readonly<Spec> {
  return Object.freeze(
    Object.defineProperties(spec, {
      [CHECKED]: { value: 1 },
      [BARE]: { value: bare },
      [DESCRIPTION]: { value: `the definition of '${spec.name}'` },
    }),
  )
}
