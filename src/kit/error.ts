import { types } from 'node:util'
import { hasBrand, readSafely } from './brand.ts'
import { descriptionOf } from './described.ts'
import { pictureOf } from './picture.ts'
import { withoutPassword } from './secrets.ts'
import { visible } from './visible.ts'

const MILLHAND_ERROR: unique symbol = Symbol.for('millhand.error')

/**
 * Every error that Millhand raises: a stable `code` to branch on, the facts as data, and a message that says what
 * happened, what was expected and what to do. docs/errors.md lists the codes.
 */
export class MillhandError<Code extends string = string, Facts extends object = object> extends Error {
  override readonly name = 'MillhandError'
  readonly code: Code
  readonly facts: Facts

  constructor(code: Code, message: string, options: ErrorOptions & { readonly facts: Facts }) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.code = code
    this.facts = options.facts
  }

  get [MILLHAND_ERROR](): number {
    return 1
  }

  /** `instanceof` knows those of another copy of the package, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: a class that extends this one has instances of its own
    return this === MillhandError ? isMillhandError(value) : super[Symbol.hasInstance](value)
  }
}

/** The codes of one layer: each writes its message from the facts. */
type ErrorCatalogue = Record<string, (facts: never) => string>

/** Gives the function that raises the errors of a catalogue: `raise('queue_full', { queue, limit })`. */
export function errorFactory<Catalogue extends ErrorCatalogue>(catalogue: Catalogue) {
  const raise = <Code extends keyof Catalogue & string>(
    code: Code,
    facts: Parameters<Catalogue[Code]>[0] & object,
    options?: ErrorOptions,
  ) => {
    // What a driver says of an address may hold all of it.
    const message = withoutPassword((catalogue[code] as (facts: object) => string)(facts))
    const error = new MillhandError(code, message, { ...options, facts })
    // The stack begins where it is raised, not here.
    Error.captureStackTrace(error, raise)
    return error
  }
  return raise
}

/** Whether `error` is one of Millhand's, and has this code where one is named. */
export function isMillhandError(error: unknown, code?: string): error is MillhandError {
  return hasBrand(error, MILLHAND_ERROR) && (code === undefined || readSafely(error, 'code') === code)
}

/** Whether it is an error: also one of another realm, such as a test runner's, whose `Error` is not the one of here. */
export function isError(value: unknown): value is Error {
  try {
    return value instanceof Error || types.isNativeError(value)
  } catch {
    return false
  }
}

/** The value as an Error: what is thrown need not be one, and a proxy may even refuse to say what it is. */
export function asError(thrown: unknown): Error {
  if (isError(thrown)) return thrown
  try {
    return placeless(typeof thrown === 'string' ? thrown : `thrown: ${preview(thrown)}`)
  } catch {
    return placeless('thrown: something that cannot be described')
  }
}

/** Where it was thrown nobody knows: a stack would say where it was caught. */
function placeless(message: string): Error {
  const error = new Error(message)
  error.stack = `Error: ${message}`
  return error
}

/** The message of whatever was thrown, where it says one. */
export function messageOf(thrown: unknown): string {
  const error = asError(thrown)
  return safeText(() => error.message) || safeText(() => error.name) || 'an error without a message'
}

/** A text of a value that may be hostile: its getter may throw, and it may not be a text at all. */
export function safeText(read: () => unknown): string | undefined {
  try {
    const value = read()
    if (value === undefined || value === null) return undefined
    return typeof value === 'string' ? value : preview(value)
  } catch {
    return undefined
  }
}

const PREVIEW_CHARACTERS = 80
/** More than is shown: a password is found by what stands behind it. */
const PREVIEWED = { characters: 20 * PREVIEW_CHARACTERS, depthMax: 10 }

/** A value as it may stand in a message: short, on one line, without a password, and never a reason to throw. */
export function preview(value: unknown): string {
  const isText = typeof value === 'string'
  const text = withoutPassword(isText ? value : described(value))
  // One more than is shown, so that it shows whether there was more.
  const shown = visible(text.slice(0, PREVIEW_CHARACTERS + 1).toWellFormed())
  const quoted = isText ? `'${shown}'` : shown
  return quoted.length > PREVIEW_CHARACTERS ? `${quoted.slice(0, PREVIEW_CHARACTERS)}…` : quoted
}

/** JSON has nothing for it but null. */
function isInvalidDate(value: object | null): boolean {
  return types.isDate(value) && Number.isNaN(Date.prototype.getTime.call(value))
}

function described(value: unknown): string {
  switch (typeof value) {
    case 'function':
    case 'undefined':
      return typeof value
    case 'bigint':
      return `${pictureOf(value, PREVIEWED)}n`
    case 'object':
      if (isInvalidDate(value)) return 'an invalid Date'
      // JSON has nothing of it: most often an `async` or a missing `await`.
      if (types.isPromise(value)) return 'a promise'
      return descriptionOf(value) ?? JSON.stringify(pictureOf(value, PREVIEWED))
    default:
      return String(value)
  }
}
