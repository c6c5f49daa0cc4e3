import { DURATION_EXAMPLES, type Duration, formatDuration, parseDuration } from './duration.ts'
import { errorFactory, preview } from './error.ts'
import { type Hint, hintFor, hintsOf, nameHint, nearestOf, type RefusedOption, shownName } from './hint.ts'
import { listOf } from './list.ts'
import { holdsOptions, misplaced } from './misplaced.ts'
import { didYouMean } from './suggest.ts'

/** One option, whatever it holds: how a value is read, and what stands in for it when it is missing. */
export interface AnyField {
  readonly expected: string
  readonly fallback?: unknown
  readonly hint?: Hint
  /** Whether it is a length of time, which may be a number of milliseconds. */
  readonly isDuration?: boolean
  /** Whether `null` is one of its values: of any other option it is as if that were left out. */
  readonly takesNull?: boolean
  /** The value as the code uses it; `undefined` where it is not acceptable. */
  readonly parse: (value: unknown) => unknown
}

export interface Field<Given, Parsed> extends AnyField {
  readonly fallback?: Given
  readonly parse: (value: unknown) => Parsed | undefined
  /** Holds a field to exactly what the interface says that a caller may give: no more, no less. Never set. */
  readonly given?: (value: Given) => Given
}

export type Fields = Record<string, AnyField>

/**
 * The table of an interface of options, for `satisfies`: each has every option of the other, of the same type. What an
 * option means is said in the interface alone, where an editor shows it.
 */
export type FieldsOf<Options> = {
  readonly [Name in keyof Options]-?: Field<Exclude<Options[Name], undefined>, unknown>
}

/** What the code gets: every option that has a fallback is there. */
export type Parsed<Table extends Fields> = {
  readonly [Name in keyof Table]: Table[Name] extends Field<infer Value, infer Result>
    ? undefined extends Table[Name]['fallback']
      ? Result | undefined
      : Value extends never
        ? never
        : Result
    : never
}

export const optionErrors = {
  unknown_option: (facts: { component: string; option: string; known: readonly string[]; hint?: string }) =>
    `${facts.component} has no option ${preview(facts.option)}.${facts.hint ?? didYouMean(facts.option, facts.known)} ` +
    `It takes: ${facts.known.join(', ')}.`,
  invalid_option: (facts: RefusedOption) =>
    `${facts.component}: option '${facts.option}' is ${facts.got}, expected ${facts.expected}.${facts.hint ?? ''}`,
}

export const optionError = errorFactory(optionErrors)

/**
 * Reads options against their table: unknown names and wrong types are refused, missing ones get their fallback. Whatever
 * is given, also what throws when it is looked at, is read once, and nothing but these errors comes of it.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
export function parseOptions<Table extends Fields>(
  component: string,
  table: Table,
  given: object,
): Parsed<Table> {
  for (const option of namesOf(component, table, given)) {
    if (!Object.hasOwn(table, option)) {
      const facts = { component, option: shownName(option), known: Object.keys(table) }
      throw optionError('unknown_option', { ...facts, ...nameHint(hintsOf(table), option) })
    }
  }
  const parsed: Record<string, unknown> = {}
  for (const [option, field] of Object.entries(table)) {
    const result = parseOne({ component, option, field }, given)
    if (result !== undefined) parsed[option] = result
  }
  return parsed as Parsed<Table>
}

interface Named {
  readonly component: string
  readonly option: string
  readonly field: AnyField
}

/** Read before anything else is known of it: what a getter or a proxy throws says nothing about the option. */
const UNREADABLE: unique symbol = Symbol('unreadable')

/** One option; `undefined` where it is missing, and nothing stands in for it. */
function parseOne({ component, option, field }: Named, given: object): unknown {
  let value: unknown = UNREADABLE
  let result: unknown
  try {
    value = (given as Record<string, unknown>)[option]
    if (value === null && field.takesNull) return null
    value ??= field.fallback
    if (value === undefined) return undefined
    result = field.parse(value)
  } catch {}
  if (result !== undefined) return result
  const got = value === UNREADABLE ? 'something that throws when it is read' : preview(value)
  const hint = hintFor(field, value)
  const facts = { component, option, expected: field.expected, got, ...(hint !== '' && { hint }) }
  throw optionError('invalid_option', facts)
}

/** A list, a date or a signal has no option of its own: taken for options, it would be left out without a word. */
function namesOf(component: string, table: Fields, given: unknown): readonly string[] {
  try {
    if (holdsOptions(given)) return Object.keys(given)
  } catch {
    // A proxy; told as any other value that is none.
  }
  const expected = `an object with any of these: ${Object.keys(table).join(', ')}`
  const facts = { component, option: 'options', expected, got: preview(given) }
  throw optionError('invalid_option', { ...facts, ...misplaced(table, given) })
}

interface Required<Given> {
  readonly default: Given
}

interface Optional {
  readonly default?: undefined
}

type Spec<Value> = (Required<Value> | Optional) & { readonly min?: number; readonly max?: number }

type FieldOf<S, Given, Parsed> = Field<Given, Parsed> &
  (S extends { readonly default: Given } ? { readonly fallback: Given } : { readonly fallback?: undefined })

function field<S extends Required<Given> | Optional, Given, Parsed>(
  spec: S,
  expected: string,
  parse: (value: unknown) => Parsed | undefined,
): FieldOf<S, Given, Parsed> {
  return { expected, fallback: spec.default, parse } as FieldOf<S, Given, Parsed>
}

/** Whole numbers between `min` (default 0) and `max`. */
export function integer<const S extends Spec<number> = Optional>(spec: S = {} as S) {
  const min = spec.min ?? 0
  const max = spec.max ?? Number.MAX_SAFE_INTEGER
  const range = spec.max === undefined ? `of at least ${min}` : `from ${min} to ${max}`
  // Not -0, which no database keeps.
  return field<S, number, number>(spec, `a whole number ${range}`, (value) =>
    Number.isInteger(value) && Number(value) >= min && Number(value) <= max ? Number(value) + 0 : undefined,
  )
}

/** A duration in milliseconds, of at least `min` milliseconds (default 0) and at most `max`. */
export function duration<const S extends Spec<Duration> = Optional>(spec: S = {} as S) {
  const min = spec.min ?? 0
  const least = min > 0 ? `, of at least ${min}ms` : ''
  const most =
    spec.max === undefined ? '' : `${least === '' ? ', of' : ' and'} at most ${formatDuration(spec.max)}`
  const expected = `${DURATION_EXAMPLES}${least}${most}`
  const read = (value: unknown) => {
    const ms = parseDuration(value)
    return ms !== undefined && ms >= min && ms <= (spec.max ?? Number.POSITIVE_INFINITY) ? ms : undefined
  }
  return { ...field<S, Duration, number>(spec, expected, read), isDuration: true }
}

/** One of the words in `of`. */
export function choice<const Word extends string, const S extends Required<Word> | Optional>(
  spec: S & { readonly of: readonly Word[] },
) {
  const expected = `one of ${spec.of.map((word) => `'${word}'`).join(', ')}`
  const read = (value: unknown) => spec.of.find((word) => word === value)
  return { ...field<S, Word, Word>(spec, expected, read), hint: nearestOf(spec.of) }
}

export function flag<const S extends Required<boolean> | Optional = Optional>(spec: S = {} as S) {
  return field<S, boolean, boolean>(spec, 'true or false', (value) =>
    typeof value === 'boolean' ? value : undefined,
  )
}

/** A text that is not empty, of `max` characters at most. */
export function text<const S extends (Required<string> | Optional) & { readonly max?: number } = Optional>(
  spec: S = {} as S,
) {
  const { max = Number.POSITIVE_INFINITY } = spec
  const expected = spec.max === undefined ? 'a text that is not empty' : `a text of 1 to ${max} characters`
  return field<S, string, string>(spec, expected, (value) =>
    typeof value === 'string' && value !== '' && value.length <= max ? value : undefined,
  )
}

export function texts() {
  return field<Optional, readonly string[], readonly string[]>({}, 'a list of texts', (value) => {
    const list = listOf(value)
    return list?.every((item) => typeof item === 'string') ? (list as readonly string[]) : undefined
  })
}

/** A list whose elements `accepts` says yes to; gives a copy. */
export function list<Element>(spec: { expected: string; accepts: (element: unknown) => boolean }) {
  return field<Optional, readonly Element[], readonly Element[]>({}, spec.expected, (value) => {
    const elements = listOf(value)
    return elements?.every(spec.accepts) ? (elements as readonly Element[]) : undefined
  })
}

/** One value or a list of them, of `max` at most; gives a list. */
export function oneOrMany<Value>(spec: {
  expected: string
  max?: number
  /** All that there are, where they are words, and what else they are called. */
  words?: readonly string[]
  elsewhere?: Readonly<Record<string, string>>
  accepts: (value: unknown) => boolean
}) {
  const { max = Number.POSITIVE_INFINITY, words, elsewhere } = spec
  const read = (value: unknown) => {
    const values = Array.isArray(value) ? listOf(value) : [value]
    return values && values.length <= max && values.every(spec.accepts)
      ? (values as readonly Value[])
      : undefined
  }
  const many = field<Optional, Value | readonly Value[], readonly Value[]>({}, spec.expected, read)
  return words ? { ...many, hint: nearestOf(words, elsewhere) } : many
}

/** The same option, of which `null` is a value too. */
export function orNull<Given, Read>(
  field: Field<Given, Read> & { readonly fallback?: undefined },
): Field<Given | null, Read | null> & { readonly fallback?: undefined } {
  return { ...field, takesNull: true } as Field<Given | null, Read | null> & { readonly fallback?: undefined }
}

/** Anything that `accepts` says yes to, passed on as it is. */
export function custom<Value>(spec: { expected: string; accepts: (value: unknown) => boolean }) {
  return field<Optional, Value, Value>({}, spec.expected, (value) =>
    spec.accepts(value) ? (value as Value) : undefined,
  )
}

export const isFunction = (value: unknown): boolean => typeof value === 'function'
/** Not by its class: a test runner or a browser's library brings its own. */
export const isSignal = (value: unknown): boolean =>
  isObject(value) &&
  typeof (value as AbortSignal).aborted === 'boolean' &&
  isFunction((value as AbortSignal).addEventListener)
export const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null
