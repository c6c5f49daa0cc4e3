import { type Duration, parseDuration } from '../kit/duration.ts'
import type { Random } from '../kit/random.ts'
import { unawaited } from '../kit/thenable.ts'
import { isFatal, retryDelayMs } from './control.ts'
import type { FailureKind } from './failure.ts'
import { ERROR_CODE_CHARACTERS } from './limits.ts'
import { storableText } from './text.ts'

/** How long to wait before each retry. */
export interface Backoff {
  /** `exponential`: base × factor^(retry − 1); `linear`: base × retry; `fixed`: base. Default `exponential`. */
  readonly kind?: 'fixed' | 'linear' | 'exponential'
  /** The first delay. Default 1 s. */
  readonly base?: Duration
  /** How much longer each exponential delay is than the one before. Default 2, minimum 1. */
  readonly factor?: number
  /** The longest delay, jitter included. Default 1 h. */
  readonly max?: Duration
  /** Share of the delay that is random, from 0 to 1: retries that failed together do not come back together. Default 0.2. */
  readonly jitter?: number
}

/** What a definition says about an error that is not Millhand's. */
export interface ErrorClass {
  readonly code?: string
  /** No retry can help. */
  readonly permanent?: boolean
  readonly retryAfter?: Duration
}

/** Matches errors: by class, or by a function that says yes. */
export type ErrorMatcher = (new (...args: never[]) => Error) | ((error: Error) => boolean)

export interface RetryPolicy {
  readonly backoff?: Backoff
  /** When given, only errors that match one of these are retried. */
  readonly retryOn?: readonly ErrorMatcher[]
  /** Errors that match one of these are not retried. Wins over `retryOn`. */
  readonly stopOn?: readonly ErrorMatcher[]
  /** Maps a foreign error to a code, to permanence, or to a delay. */
  readonly classifyError?: (error: Error) => ErrorClass | undefined
}

/** What to do about a failed attempt, its number of retries aside. */
interface Verdict {
  readonly permanent: boolean
  readonly delayMs?: number
  readonly code?: string
}

const BACKOFF_DEFAULTS = Object.freeze({
  kind: 'exponential',
  baseMs: 1_000,
  factor: 2,
  maxMs: 3_600_000,
  jitter: 0.2,
} as const)

/** These say that the job itself is wrong: the same input and the same code would fail the same way again. */
const PERMANENT_KINDS: ReadonlySet<FailureKind> = new Set([
  'invalid_input',
  'invalid_output',
  'unknown_job',
  'expired',
  'crashed',
])

/** Whether an error is permanent, and how long to wait if the error itself says so. */
export function classify(policy: RetryPolicy, kind: FailureKind, error: Error): Verdict {
  if (PERMANENT_KINDS.has(kind) || isFatal(error)) return { permanent: true }
  const askedMs = retryDelayMs(error)
  if (askedMs !== undefined) return { permanent: false, delayMs: askedMs }
  const { permanent, ...known } = ask(() => readClass(policy.classifyError?.(error))) ?? {}
  return {
    permanent: permanent ?? (kind === 'error' && ask(() => !mayRetry(policy, error)) === true),
    ...known,
  }
}

/** What `classifyError` answered, read once. What is not as it should be is as if it were not said. */
function readClass(answer: unknown): Partial<Verdict> | undefined {
  // An asynchronous one has said nothing, and must not end the process where it fails.
  unawaited(answer)
  if (typeof answer !== 'object' || answer === null) return undefined
  const { code, permanent, retryAfter } = answer as { readonly [Name in keyof ErrorClass]?: unknown }
  const delayMs = parseDuration(retryAfter)
  return {
    ...(typeof permanent === 'boolean' && { permanent }),
    ...(delayMs !== undefined && { delayMs }),
    ...((typeof code === 'string' || typeof code === 'number') && {
      code: storableText(String(code), ERROR_CODE_CHARACTERS),
    }),
  }
}

/**
 * Milliseconds to wait before retry number `retry` (from 1). Jitter spreads the delay evenly over
 * [1 − jitter, 1 + jitter] times its value; the cap applies to the result.
 */
export function backoffMs(backoff: Backoff, retry: number, random: Random): number {
  const baseMs = parseDuration(backoff.base) ?? BACKOFF_DEFAULTS.baseMs
  const maxMs = parseDuration(backoff.max) ?? BACKOFF_DEFAULTS.maxMs
  const jitter = backoff.jitter ?? BACKOFF_DEFAULTS.jitter
  // A base of 0 stays 0, whatever it is multiplied by: 0 times the infinity of a long exponential is not a number.
  const plainMs = baseMs === 0 ? 0 : Math.min(maxMs, baseMs * growth(backoff, retry))
  return Math.round(Math.min(maxMs, plainMs * (1 - jitter + 2 * jitter * random())))
}

function growth(backoff: Backoff, retry: number): number {
  switch (backoff.kind ?? BACKOFF_DEFAULTS.kind) {
    case 'fixed':
      return 1
    case 'linear':
      return retry
    case 'exponential':
      return (backoff.factor ?? BACKOFF_DEFAULTS.factor) ** (retry - 1)
  }
}

/** A policy that throws has no opinion: the attempt is retried as if it had not been asked. */
function ask<Answer>(opinion: () => Answer): Answer | undefined {
  try {
    return opinion()
  } catch {
    return undefined
  }
}

function mayRetry(policy: RetryPolicy, error: Error): boolean {
  if (policy.stopOn?.some((matcher) => matches(matcher, error))) return false
  return policy.retryOn?.some((matcher) => matches(matcher, error)) ?? true
}

function matches(matcher: ErrorMatcher, error: Error): boolean {
  if (isErrorClass(matcher)) return error instanceof matcher
  return unawaited(matcher(error)) === true
}

/** `Error`, or what extends it, of whichever realm: the prototype of each has a message. */
function isErrorClass(matcher: ErrorMatcher): matcher is new (...args: never[]) => Error {
  return 'message' in (matcher.prototype ?? {})
}
