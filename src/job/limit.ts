import type { Duration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import {
  custom,
  duration,
  type FieldsOf,
  integer,
  isFunction,
  isObject,
  list,
  optionError,
  parseOptions,
  text,
} from '../kit/options.ts'
import { LIMIT_HINTS, RATE_HINTS } from './elsewhere.ts'
import { requireLabel, requireLimitName } from './names.ts'

/** How many may start in any window of time. */
export interface RateOptions {
  /** The costs that may start in one window, added up; at least 1. */
  readonly count: number
  /** How long the window is; at least `'1ms'`. It slides: no window of this length has more. */
  readonly per: Duration
}

/** What a limit holds its jobs to. One of the two at least. */
export interface LimitValues {
  /** How many of its jobs run at a time. At least 1; any number by default. */
  readonly concurrency?: number
  /** How many of them start in a window of time. Any number by default. */
  readonly rate?: RateOptions
}

/** One limit of a definition or of a call. */
export interface LimitOptions<Input = unknown> extends LimitValues {
  /**
   * What shares the limit: a text for all jobs together, or what a function gives for the checked input of each, so that
   * every user, say, has a limit of its own. `null` from it: this job has none.
   */
  readonly key: string | ((input: Input) => string | number | null)
  /** What it is called, by all definitions that share it. Default: the key; of a function, the job's name. */
  readonly name?: string
  /** How much of the rate one job takes. Default 1, at least 1, at most the rate's `count`. */
  readonly cost?: number
}

/** What a limit of this name lets pass; `null`: any number. */
export interface Limit {
  readonly name: string
  readonly concurrency: number | null
  readonly rateCount: number | null
  readonly ratePerMs: number | null
}

/** One limit as its definition has it. */
export interface DefinedLimit {
  readonly limit: Limit
  readonly key: string | ((input: never) => unknown)
  readonly cost: number
}

const rateFields = {
  count: integer({ min: 1, max: 1_000_000 }),
  per: duration({ min: 1 }),
} satisfies FieldsOf<RateOptions>
withHints(rateFields, RATE_HINTS)

export const valueFields = {
  concurrency: integer({ min: 1, max: 1_000_000 }),
  rate: custom<RateOptions>({ expected: "an object such as { count: 60, per: '1m' }", accepts: isObject }),
} satisfies FieldsOf<LimitValues>
withHints(valueFields, LIMIT_HINTS)

const limitFields = {
  key: custom<LimitOptions['key']>({
    expected: 'a text, or a function of the input that gives one',
    accepts: (value) => typeof value === 'string' || isFunction(value),
  }),
  name: text(),
  ...valueFields,
  cost: integer({ default: 1, min: 1, max: 1_000_000 }),
} satisfies FieldsOf<LimitOptions>
withHints(limitFields, LIMIT_HINTS)

/** The option of a definition or a call. Each of them is read by `parseLimits`, which knows whose they are. */
export const limitsField = () =>
  list<LimitOptions>({
    expected: "a list such as [{ key: 'openai', concurrency: 2 }]",
    accepts: isObject,
  })

/** Limits that one job may have. */
const LIMITS_MAX = 10

/**
 * The limits of a definition or a call, checked. `job` is the name of the job.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`
 */
export function parseLimits(
  component: string,
  job: string,
  given: readonly LimitOptions[],
): readonly DefinedLimit[] {
  if (given.length > LIMITS_MAX) {
    const expected = `at most ${LIMITS_MAX} limits`
    throw optionError('invalid_option', {
      component,
      option: 'limits',
      expected,
      got: `a list of ${given.length}`,
    })
  }
  return Object.freeze(given.map((each, index) => parseLimit(`${component}.limits[${index}]`, job, each)))
}

function parseLimit(component: string, job: string, given: LimitOptions): DefinedLimit {
  if (!isObject(given)) {
    const expected = "an object such as { key: 'openai', concurrency: 2 }"
    throw optionError('invalid_option', { component, option: 'limit', expected, got: preview(given) })
  }
  const { key, name, cost, ...values } = parseOptions(component, limitFields, given)
  if (key === undefined) {
    const expected = 'a text, or a function of the input that gives one'
    throw optionError('invalid_option', { component, option: 'key', expected, got: 'missing' })
  }
  const called = name ?? (typeof key === 'string' ? key : job)
  const limit = toLimit(component, called, values)
  if (limit.rateCount !== null && cost > limit.rateCount) {
    const expected = `at most the rate's count of ${limit.rateCount}: more would never pass`
    throw optionError('invalid_option', { component, option: 'cost', expected, got: preview(cost) })
  }
  const alone = typeof key === 'string' && (name === undefined || name === key)
  return Object.freeze({
    limit,
    key: typeof key === 'string' ? (alone ? called : gateOf(called, key)) : key,
    cost,
  })
}

/** As the value of 'concurrency'. */
export const NEITHER = "left out, as is 'rate'"

/**
 * What a limit of this name lets pass, checked.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`
 */
function toLimit(component: string, name: string, given: LimitValues): Limit {
  const { concurrency = null, rate = null } = parseOptions(component, valueFields, given)
  if (concurrency === null && rate === null) {
    const expected = 'one of them or both: without one it limits nothing'
    throw optionError('invalid_option', { component, option: 'concurrency', expected, got: NEITHER })
  }
  return Object.freeze({ name: requireLimitName(name), concurrency, ...partsOf(component, rate) })
}

/** @throws MillhandError `unknown_option`, `invalid_option` */
export function partsOf(component: string, rate: RateOptions | null): Pick<Limit, 'rateCount' | 'ratePerMs'> {
  if (rate === null) return { rateCount: null, ratePerMs: null }
  const { count, per } = parseOptions(`${component}.rate`, rateFields, rate)
  if (count !== undefined && per !== undefined) return { rateCount: count, ratePerMs: per }
  const expected = "both of them: { count: 60, per: '1m' }"
  throw optionError('invalid_option', { component, option: 'rate', expected, got: preview(rate) })
}

/** The gate of one key: a name holds no `=`, so that no other name and key make the same text. */
export function gateOf(limit: string, key: string, what = `key of the limit '${limit}'`): string {
  return `${limit}=${requireLabel(what, key)}`
}

/** The name of the limit that a gate is one of. */
export function limitOf(gate: string): string {
  const end = gate.indexOf('=')
  return end === -1 ? gate : gate.slice(0, end)
}

/** What a gate is one key of its limit by; `null` of one that all its jobs share. */
export function keyOf(gate: string): string | null {
  const name = limitOf(gate)
  return name === gate ? null : gate.slice(name.length + 1)
}

/** Whether two limits let the same pass. */
export function alike(one: Limit, other: Limit): boolean {
  return (
    one.concurrency === other.concurrency &&
    one.rateCount === other.rateCount &&
    one.ratePerMs === other.ratePerMs
  )
}

/** What a limit was, or would have been, given as. */
export function limitOptions({ limit, key, cost }: DefinedLimit): LimitOptions<never> {
  const given = typeof key === 'string' ? (keyOf(key) ?? key) : key
  return { key: given as LimitOptions<never>['key'], name: limit.name, cost, ...valuesOf(limit) }
}

/** What a limit lets pass, as an option would say it. */
export function valuesOf({ concurrency, rateCount, ratePerMs }: Omit<Limit, 'name'>): LimitValues {
  return {
    ...(concurrency !== null && { concurrency }),
    ...(rateCount !== null && ratePerMs !== null && { rate: { count: rateCount, per: ratePerMs } }),
  }
}
