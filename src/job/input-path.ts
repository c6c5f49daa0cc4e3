import { isObject } from '../kit/options.ts'
import { readStored } from './stored.ts'

/** What stands at a place within an input may be compared with these. */
export type InputValue = string | number | boolean | null

/** A value within an input. */
export interface InputPart {
  /** From the outermost property on; of a list, the place, from 0 on. */
  readonly path: readonly string[]
  /** JSON of a value that is no list and no object. */
  readonly value: string
}

/** Conditions of one filter, and names in one path: no input is asked for more. */
const PARTS_MAX = 20

/** By paths such as `user.id` or `items.0.name`; what has a dot in its name has no path. */
export function inputParts(input: Readonly<Record<string, InputValue>>): readonly InputPart[] {
  return Object.entries(input).map(([path, value]) => ({
    path: path.split('.'),
    value: JSON.stringify(value),
  }))
}

/** A copy of the conditions, each read once; `undefined` where they are none. */
export function readInputFilter(given: unknown): Readonly<Record<string, InputValue>> | undefined {
  if (!isObject(given) || Array.isArray(given)) return undefined
  const entries = Object.entries(given as Readonly<Record<string, InputValue>>)
  const isCountRight = entries.length > 0 && entries.length <= PARTS_MAX
  if (!isCountRight || !entries.every(([path, value]) => isPath(path) && isInputValue(value)))
    return undefined
  return Object.freeze(Object.fromEntries(entries))
}

/** Some databases take these for places of a list, counted from its end. */
const ODD_PLACE = /^(?:[-+]\d+|0\d+)$/

function isPath(path: string): boolean {
  const names = path.split('.')
  const isName = (name: string) => name !== '' && isComparable(name) && !ODD_PLACE.test(name)
  return names.length <= PARTS_MAX && names.every(isName)
}

function isInputValue(value: unknown): boolean {
  if (typeof value === 'string') return isComparable(value)
  return value === null || typeof value === 'boolean' || (Number.isFinite(value) && !Object.is(value, -0))
}

/** Not every database can compare every text. */
function isComparable(text: string): boolean {
  return text.isWellFormed() && !text.includes('\0')
}

/** Whether the value stands where it is asked for. */
export function hasPart(input: string, { path, value }: InputPart): boolean {
  let found: unknown = readStored(input)
  for (const name of path) {
    if (!isObject(found) || !Object.hasOwn(found as object, name)) return false
    found = (found as Record<string, unknown>)[name]
  }
  return !isObject(found) || found === null ? JSON.stringify(found) === value : false
}
