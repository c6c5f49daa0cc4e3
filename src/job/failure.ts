import { asError, messageOf, safeText } from '../kit/error.ts'
import type { Mask } from '../kit/mask.ts'
import { withoutPassword } from '../kit/secrets.ts'
import {
  ERROR_CODE_CHARACTERS,
  ERROR_MESSAGE_CHARACTERS,
  ERROR_STACK_CHARACTERS,
  ERRORS_KEPT,
} from './limits.ts'
import { isJson, marked, readStored, toDate } from './stored.ts'
import { storableText } from './text.ts'

/** Why an attempt or a job failed. They are different things and are shown as different things. */
export const FAILURE_KINDS = [
  'error',
  'timeout',
  'stalled',
  'crashed',
  'expired',
  'invalid_input',
  'invalid_output',
  'unknown_job',
] as const

export type FailureKind = (typeof FAILURE_KINDS)[number]

/** One failed attempt, as it is kept with the job. */
export interface Failure {
  readonly kind: FailureKind
  readonly message: string
  /** The error's own code, where it has one: `ECONNREFUSED`, `rate_limited`. */
  readonly code?: string
  readonly stack?: string
  /** The version of the program that ran it, where its worker has said one: see `version` of a worker. */
  readonly version?: string
  readonly attempt: number
  readonly at: Date
}

/** A failure as it stands in the store: JSON, with the time in milliseconds. */
type FailureRecord = Omit<Failure, 'at'> & { readonly at: number }

/** What to remember of something thrown: message, code and stack, each cut to its limit, without what the mask hides. */
export function describeThrown(thrown: unknown, mask?: Mask): Pick<Failure, 'message' | 'code' | 'stack'> {
  const error = asError(thrown)
  // Masked before it is cut: half of a URL is not known for one any more.
  const shown = (text: string) => withoutPassword(mask ? mask.text(text) : text)
  const message = shown(messageOf(error))
  const cause = safeText(() => (error.cause === undefined ? undefined : shown(messageOf(error.cause))))
  const code = errorCode(error)
  const stack = safeText(() => error.stack)
  return {
    message: storableText(
      cause === undefined ? message : `${message} (cause: ${cause})`,
      ERROR_MESSAGE_CHARACTERS,
    ),
    ...(code === undefined ? {} : { code: storableText(mask?.text(code) ?? code, ERROR_CODE_CHARACTERS) }),
    ...(stack === undefined ? {} : { stack: storableText(shown(stack), ERROR_STACK_CHARACTERS) }),
  }
}

/** The failures of a job with one more; only the newest `ERRORS_KEPT` stay. */
export function appendFailure(history: string | null, failure: FailureRecord): string {
  const earlier = parseFailures(history).map(({ at, ...rest }) => ({ ...rest, at: at.getTime() }))
  return JSON.stringify([...earlier, failure].slice(-ERRORS_KEPT))
}

/** How many of the failures that are kept have this code. */
export function countFailures(history: string | null, code: string): number {
  return parseFailures(history).filter((failure) => failure.code === code).length
}

/** The failures of a job; what somebody has written there that is none is shown as one. */
export function parseFailures(history: string | null): Failure[] {
  if (history === null) return []
  const value = readStored(history)
  return Array.isArray(value)
    ? value.map(toFailure)
    : [toFailure(isJson(history) ? marked(history, 'a list') : value)]
}

function toFailure(value: unknown): Failure {
  const { kind, message, code, stack, version, attempt, at } = Object(value) as Record<string, unknown>
  return {
    kind: FAILURE_KINDS.find((each) => each === kind) ?? 'error',
    message:
      typeof message === 'string' ? message : typeof value === 'string' ? value : JSON.stringify(value),
    ...(typeof code === 'string' && { code }),
    ...(typeof stack === 'string' && { stack }),
    ...(typeof version === 'string' && { version }),
    attempt: typeof attempt === 'number' ? attempt : 0,
    at: toDate(typeof at === 'number' ? at : 0),
  }
}

function errorCode(error: Error): string | undefined {
  return safeText(() => {
    const code = (error as Error & { code?: unknown }).code
    return typeof code === 'string' || typeof code === 'number' ? code : undefined
  })
}
