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
import { cacheField, parseCache } from './cache.ts'
import type { Cleanup } from './cleanup.ts'
import type { Fate } from './control.ts'
import type { Defined, HandleOptions, Handler, JobDefinition, JobSpec, Names, Unread } from './defined.ts'
import { DEFINITION_HINTS } from './elsewhere.ts'
import type { JobOptions } from './job-options.ts'
import { CONFLICT_POLICIES, keptMsOf, scope } from './key.ts'
import { limitsField } from './limit.ts'
import { readLimits } from './limit-conflicts.ts'
import { RETRIES_MAX } from './limits.ts'
import { DEFAULT_QUEUE, requireHandledName, requireQueueName } from './names.ts'
import { requirementsText, requiresField } from './requirements.ts'
import type { ErrorMatcher, RetryPolicy } from './retry.ts'
import type { Schema, SchemaInput } from './schema.ts'
import { isSpec, optionsOf } from './spec.ts'
import type { AnyJobSpec } from './typed.ts'

const isSchema = (value: unknown): boolean =>
  (isObject(value) || isFunction(value)) && isObject((value as Partial<Schema>)['~standard'])
const schemaField = () =>
  custom<Schema>({ expected: 'a Standard Schema (Zod, Valibot, ArkType, …)', accepts: isSchema })
const matchersField = () =>
  list<ErrorMatcher>({ expected: 'a list of error classes or functions', accepts: isFunction })

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
  run: custom<Handler<Schema, Schema, Schema, unknown>>({ expected: 'a function', accepts: isFunction }),
} satisfies FieldsOf<JobOptions<Schema, Schema, Schema, unknown>>
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
 * @throws MillhandError `invalid_name`, `unknown_option`, `invalid_option`, `conflicting_limits`
 */
export function defineJob<
  I extends Schema = Schema,
  O extends Schema = Schema,
  C extends Schema = Schema,
  Named extends keyof JobOptions<I, O, C> = never,
  // Written out: a message of the compiler then names the types, not an alias of them.
  R extends SchemaInput<O> | Fate | Promise<SchemaInput<O> | Fate> = Unread<Named, O>,
>(options: JobOptions<I, O, C, R> & Names<Named>): Defined<I, O, C, R> {
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
  const bare = DURATIONS.filter((option) => typeof readSafely(options, option) === 'number')
  return specFrom(component, options, bare) as Defined<I, O, C, R>
}

const DURATIONS = ['timeout', 'stallTimeout', 'expiresIn', 'deadline', 'keyScope'] as const

type Bare = readonly (typeof DURATIONS)[number][]

/** The durations that were given without a unit, as milliseconds: it is easy to mean seconds by them. */
const BARE: unique symbol = Symbol.for('millhand.bare')

/** Which durations of a definition were given without a unit, and how many milliseconds they are. */
export function bareDurations(spec: AnyJobSpec): [option: string, ms: number][] {
  const bare = (readSafely(spec, BARE) ?? []) as Bare
  return bare.map((option) => [option, Number(readSafely(spec, `${option}Ms`))])
}

/** A number without a unit that is smaller was probably meant as seconds. */
const BARE_BELOW_MS = 1_000

/** Whether a length of time was probably meant in seconds. */
export function isBare(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < BARE_BELOW_MS
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
  options: JobOptions<I, O, C, R>,
  bare: Bare = [],
): JobSpec<I, O, C> | JobDefinition<I, O, C, R> {
  const parsed = parseOptions(component, definitionFields, options)
  const name = requireHandledName(parsed.name)
  const spec: Omit<JobSpec<I, O, C>, 'handle'> = {
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
    ...sharedOf(component, name, parsed),
    retry: retryOf(parsed),
  }
  const handle = function <Out>(
    this: unknown,
    run: Handler<I, O, C, Out>,
    given: HandleOptions<I> = {},
  ): JobDefinition<I, O, C, Out> {
    if (!isFunction(run)) throw optionError('invalid_option', handlerRefusal(component, run))
    // Of a definition that is spread from this one, what it has changed counts.
    const changed = isSpec(this) && !isChecked(this) ? optionsOf(this) : undefined
    const own = changed ? (specFrom(component, changed) as unknown as typeof spec) : spec
    const { cleanup } = parseOptions(`${component}.handle`, { cleanup: definitionFields.cleanup }, given)
    const made = { ...own, ...(cleanup && { cleanup: cleanup as Cleanup<I> }), handle, run }
    return make(made, changed ? [] : bare)
  }
  return parsed.run ? handle(parsed.run as Handler<I, O, C, R>) : make({ ...spec, handle }, bare)
}

/** What its jobs share with each other, and what they require. */
function sharedOf(
  component: string,
  name: string,
  { limits = [], cache, requires = [] }: Parsed<typeof definitionFields>,
): Pick<AnyJobSpec, 'limits' | 'cache' | 'requirements'> {
  return {
    limits: readLimits(component, name, limits),
    requirements: requirementsText(component, requires),
    ...(cache && { cache: parseCache(component, name, cache) }),
  }
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
