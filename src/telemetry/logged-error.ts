import { readSafely } from '../kit/brand.ts'
import { isError, preview } from '../kit/error.ts'
import { withoutPassword } from '../kit/secrets.ts'

/** Longest message and stack of an error in a log, in characters. */
const MESSAGE_CHARACTERS = 2_000
const STACK_CHARACTERS = 8_000
const CODE_CHARACTERS = 100
/** As deep as libraries wrap what went wrong; a chain that comes back to itself ends there too. */
const CAUSES_MAX = 4

/**
 * What a log says of something thrown: an error of its name, message, code, stack and causes, each bounded, and of
 * nothing else. What libraries hang on theirs is not for a log: the request with its headers and its body, the URL with
 * the token. An Error, since loggers know by that how to write it; whatever the original is, reading it never throws.
 */
export function loggedError(thrown: unknown, depth = 0): Error {
  const name = textOf(readSafely(thrown, 'name'), CODE_CHARACTERS) || 'Error'
  const code = codeOf(readSafely(thrown, 'code'))
  const said = readSafely(thrown, 'message')
  const message = isError(thrown) ? textOf(said, MESSAGE_CHARACTERS) : notAnError(thrown)
  const error = new Error(message || String(code ?? name))
  const hidden = {
    name,
    stack: stackOf(readSafely(thrown, 'stack'), said, `${name}: ${error.message}`),
    // Loggers take the type from it, and fall back on the name: all of these would be called 'Error'.
    constructor: undefined,
    ...causeOf(readSafely(thrown, 'cause'), depth),
  }
  for (const [key, value] of Object.entries(hidden))
    Object.defineProperty(error, key, { value, configurable: true, writable: true })
  return code === undefined ? error : Object.assign(error, { code })
}

/** A text without passwords, and not longer than `characters`. */
export function textOf(text: unknown, characters: number): string {
  if (typeof text !== 'string') return ''
  const shown = withoutPassword(text)
  return shown.length > characters ? `${shown.slice(0, characters - 1).toWellFormed()}…` : shown
}

/** Of another value only what it is: its properties may be anything. */
function notAnError(thrown: unknown): string {
  if (typeof thrown === 'string') return textOf(thrown, MESSAGE_CHARACTERS)
  if (typeof thrown === 'function') return 'a function'
  return typeof thrown === 'object' && thrown !== null
    ? 'an object that is no error'
    : textOf(preview(thrown), CODE_CHARACTERS)
}

function codeOf(code: unknown): string | number | undefined {
  return typeof code === 'number' ? code : textOf(code, CODE_CHARACTERS) || undefined
}

/** The frames beneath what is said of it: a stack begins with the message, whose length would leave no room for them. */
function stackOf(stack: unknown, said: unknown, head: string): string {
  if (typeof stack !== 'string') return head
  const text = typeof said === 'string' ? said : ''
  // An empty message is everywhere, and a short one may be a part of the name before it.
  const at = text === '' ? -1 : stack.indexOf(`: ${text}`)
  const frames = at < 0 ? stack.search(/\n\s{1,20}at /) : at + 2 + text.length
  return textOf(frames < 0 ? head : head + stack.slice(frames), STACK_CHARACTERS)
}

function causeOf(cause: unknown, depth: number): { readonly cause?: Error } {
  return cause === undefined || cause === null || depth >= CAUSES_MAX
    ? {}
    : { cause: loggedError(cause, depth + 1) }
}
