import { DURATION_EXAMPLES, parseDuration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { type Field, isObject } from '../kit/options.ts'
import { didYouMean } from '../kit/suggest.ts'
import { BACKOFF_ELSEWHERE } from './elsewhere.ts'
import type { Backoff } from './retry.ts'

const KINDS: readonly string[] = ['fixed', 'linear', 'exponential']

interface Part {
  readonly expected: string
  readonly accepts: (value: unknown) => boolean
  readonly near?: readonly string[]
}

const DURATION: Part = { expected: DURATION_EXAMPLES, accepts: (value) => parseDuration(value) !== undefined }

const PARTS: Readonly<Record<keyof Backoff, Part>> = {
  kind: { expected: KINDS.join(', '), accepts: (value) => KINDS.includes(value as string), near: KINDS },
  base: DURATION,
  factor: { expected: 'a number of 1 or more', accepts: isWithin(1, Number.POSITIVE_INFINITY) },
  max: DURATION,
  jitter: { expected: 'a number from 0 to 1', accepts: isWithin(0, 1) },
}
const NAMES = Object.keys(PARTS)

/** Read once, and copied: what a getter gives may be another value the next time, or an error. */
export const backoffField: Field<Backoff, Backoff> = {
  expected: 'an object with kind, base, factor, max and jitter',
  hint: (value) => (isObject(value) ? (problemOf({ ...Object(value) }) ?? '') : kindAlone(value)),
  parse(value) {
    if (!isObject(value)) return undefined
    const backoff = { ...(value as Backoff) }
    return problemOf(backoff) === undefined ? Object.freeze(backoff) : undefined
  },
}

/** What is wrong with a back-off, and what was probably meant; `undefined` where nothing is. */
function problemOf(backoff: object): string | undefined {
  for (const [name, value] of Object.entries(backoff)) {
    if (!Object.hasOwn(PARTS, name)) return ` It has no ${preview(name)}.${meantBy(name)}`
    const { expected, accepts, near = [] } = PARTS[name as keyof Backoff]
    if (value === undefined || accepts(value)) continue
    const meant = typeof value === 'string' ? didYouMean(value, near) : ''
    return ` Its ${name} is ${preview(value)}, expected ${expected}.${meant}`
  }
  const { base, max } = backoff as Backoff
  const isAbove = (parseDuration(base) ?? 0) > (parseDuration(max) ?? Number.POSITIVE_INFINITY)
  return isAbove ? ` Its base of ${preview(base)} is longer than its max of ${preview(max)}.` : undefined
}

function meantBy(name: string): string {
  return Object.hasOwn(BACKOFF_ELSEWHERE, name)
    ? ` Did you mean '${BACKOFF_ELSEWHERE[name]}'?`
    : didYouMean(name, NAMES)
}

/** Its kind by itself, as others take it. */
function kindAlone(value: unknown): string {
  const isKind = typeof value === 'string' && PARTS.kind.accepts(value)
  return isKind ? ` Did you mean { kind: '${value}' }?` : ''
}

/** Not a text or a BigInt, which compare as numbers and cannot be reckoned with. */
function isWithin(min: number, max: number): (value: unknown) => boolean {
  return (value) => typeof value === 'number' && value >= min && value <= max
}
