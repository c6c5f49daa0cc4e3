import { preview } from '../kit/error.ts'
import { listOf } from '../kit/list.ts'
import { type Field, optionError } from '../kit/options.ts'
import { CAPABILITY_CHARACTERS_MAX, REQUIREMENTS_MAX } from './limits.ts'
import { isInRange, readRange } from './version.ts'

/** What a job requires of its worker: a capability, such as `gpu` or `region:eu`, or a range of versions, `{ version: '>= 2' }`. */
export type Requirement = string | { readonly version: string }

/** What a worker is able to do. */
export interface Ability {
  readonly capabilities: readonly string[]
  /** Of the program, not of Millhand. */
  readonly version: string | null
}

/** Of a worker that has said nothing of it. */
export const UNABLE: Ability = { capabilities: [], version: null }

/** Whether it says anything of itself. */
export function isAble({ capabilities, version }: Ability): boolean {
  return capabilities.length > 0 || version !== null
}

const CAPABILITY = /^[A-Za-z0-9_][A-Za-z0-9_.:/-]*$/
const LETTERS = 'letters, digits and _ . : / -, starting with a letter, a digit or _'
const VERSION = 'version'

/** Whether a text can be a capability: nothing in it that separates one from the next. */
export function isCapability(value: unknown): value is string {
  return typeof value === 'string' && value.length <= CAPABILITY_CHARACTERS_MAX && CAPABILITY.test(value)
}

export const CAPABILITY_EXPECTED = `1 to ${CAPABILITY_CHARACTERS_MAX} ${LETTERS}`

/** The option of a definition or a call: a copy, each part of which is read once. */
export const requiresField = (): Field<readonly Requirement[], readonly Requirement[]> & {
  readonly fallback?: undefined
} => ({
  expected: "a list of capabilities such as ['gpu', { version: '>= 2' }]",
  parse(value) {
    const read = listOf(value)?.map(readOne)
    return read?.every((each) => each !== undefined) ? read : undefined
  },
})

function readOne(value: unknown): Requirement | undefined {
  if (typeof value === 'string') return value
  if (typeof value !== 'object' || value === null || Object.keys(value).join() !== VERSION) return undefined
  const { version } = value as { readonly version: unknown }
  return typeof version === 'string' ? { version } : undefined
}

/**
 * Requirements in their one form, sorted and each once: `gpu region:eu version>=2`; '' where there are none.
 *
 * @throws MillhandError `invalid_option`
 */
export function requirementsText(component: string, given: readonly Requirement[]): string {
  const words = [...new Set(given.map((each) => wordOf(component, each)))].sort()
  if (words.length <= REQUIREMENTS_MAX) return words.join(' ')
  throw refusal(component, `at most ${REQUIREMENTS_MAX} of them`, `a list of ${words.length}`)
}

function wordOf(component: string, given: Requirement): string {
  if (typeof given === 'string') {
    if (isCapability(given)) return given
    throw refusal(component, `capabilities of ${CAPABILITY_EXPECTED}`, preview(given))
  }
  const range = readRange(given.version)
  if (range !== undefined) return VERSION + range
  throw refusal(component, "a version such as { version: '>= 2.1' }, with >=, >, =, < or <=", preview(given))
}

function refusal(component: string, expected: string, got: string): Error {
  return optionError('invalid_option', { component, option: 'requires', expected, got })
}

/** The requirements of a text, as they are given. */
export function readRequirements(text: string): readonly Requirement[] {
  return text === ''
    ? []
    : text.split(' ').map((word) => {
        const range = rangeOf(word)
        return range === undefined ? word : { version: range.replace(/^[<>=]+/, '$& ') }
      })
}

/** What of the requirements a worker does not meet, in their words. */
export function lacking(requirements: string, { capabilities, version }: Ability): string[] {
  if (requirements === '') return []
  return requirements.split(' ').filter((word) => {
    const range = rangeOf(word)
    return range === undefined ? !capabilities.includes(word) : version === null || !isInRange(version, range)
  })
}

/** The same of many lanes, of which most require the same. */
export function requirementMatcher(ability: Ability = UNABLE): (requirements: string) => boolean {
  const known = new Map([['', true]])
  return (requirements) => {
    const is = known.get(requirements) ?? lacking(requirements, ability).length === 0
    known.set(requirements, is)
    return is
  }
}

/** Whether a requirement, in its words, is one of the version: no capability has such letters. */
export function isOfVersion(word: string): boolean {
  return rangeOf(word) !== undefined
}

function rangeOf(word: string): string | undefined {
  return /^version([<>=].*)$/.exec(word)?.[1]
}
