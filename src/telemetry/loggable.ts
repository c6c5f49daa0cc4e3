import { types } from 'node:util'
import { dateOf } from '../kit/date.ts'
import { isError } from '../kit/error.ts'
import { loggedError, textOf } from './logged-error.ts'

/** Longest text of a fact in a log, in characters. */
const TEXT_CHARACTERS = 1_000
/** Of a list so many parts are logged, and how many more there are; of an object so many. */
const PARTS_MAX = 100
const DEPTH_MAX = 3

/** Facts as they may stand in a log: bounded, without passwords, and with no more of an error than what it says. */
export function loggable(facts: object): object {
  return entriesOf(facts, 0)
}

function part(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return textOf(value, TEXT_CHARACTERS)
    case 'number':
    case 'boolean':
    case 'undefined':
      return value
    case 'object':
      return value === null ? null : inside(value, depth)
    default:
      return `a ${typeof value}`
  }
}

/** A list, an object, or an error; one that cannot be read is not worth a log line that is not written. */
function inside(value: object, depth: number): unknown {
  try {
    if (isError(value)) return loggedError(value)
    if (types.isDate(value)) return dateOf(value) ?? null
    if (depth >= DEPTH_MAX) return '…'
    return Array.isArray(value) ? listOf(value, depth) : entriesOf(value, depth)
  } catch {
    return 'cannot be read'
  }
}

function listOf(values: readonly unknown[], depth: number): unknown[] {
  const shown = values.slice(0, PARTS_MAX).map((value) => part(value, depth + 1))
  return values.length > PARTS_MAX ? [...shown, `… ${values.length - PARTS_MAX} more`] : shown
}

function entriesOf(value: object, depth: number): object {
  const entries = Object.entries(value)
  const shown = entries
    .slice(0, PARTS_MAX)
    .map(([key, each]) => [textOf(key, TEXT_CHARACTERS), part(each, depth + 1)])
  return Object.fromEntries(shown)
}
