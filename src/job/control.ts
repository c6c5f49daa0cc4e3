import { hasBrand, readSafely } from '../kit/brand.ts'
import { dateOf } from '../kit/date.ts'
import { type Duration, LONGEST_MS, parseDuration } from '../kit/duration.ts'
import { messageOf, preview } from '../kit/error.ts'
import type { DeclaredFailure } from './declared.ts'
import { jobError } from './errors.ts'
import { ERROR_MESSAGE_CHARACTERS } from './limits.ts'
import { storableText } from './text.ts'

/**
 * How a handler decides its own fate: three errors that it throws, two values that it returns,
 * and a failure of its own that it may return or throw (declared.ts). Any other throw is an
 * error to retry by policy; any other return value is the output.
 */

const FATAL: unique symbol = Symbol.for('millhand.fatal')
const RETRY_AFTER: unique symbol = Symbol.for('millhand.retry-after')
const RATE_LIMITED: unique symbol = Symbol.for('millhand.rate-limited')
const SNOOZE: unique symbol = Symbol.for('millhand.snooze')
const SKIP: unique symbol = Symbol.for('millhand.skip')

/** Throw it to fail for good: no retry can help. */
export class Fatal extends Error {
  override readonly name = 'Fatal'

  get [FATAL](): number {
    return 1
  }
}

/**
 * Throw it to be retried after a delay that the handler knows better than the policy, such as a `Retry-After`
 * header. It counts as a failed attempt.
 *
 * @throws MillhandError `invalid_duration`
 */
export class RetryAfter extends Error {
  override readonly name = 'RetryAfter'
  readonly delayMs: number

  constructor(delay: Duration, message = 'asked to be retried later', options?: ErrorOptions) {
    super(message, options)
    this.delayMs = requireDuration('RetryAfter', delay)
  }

  get [RETRY_AFTER](): number {
    return 1
  }
}

/** What a `RateLimited` says beside the time. */
export interface RateLimitedOptions extends ErrorOptions {
  /** The name of the limit of whose key nobody runs until then. Default: the job's first one, in the order of their names. */
  readonly limit?: string
}

/**
 * Throw it when another service says that it had enough: until the time, or for as long as the duration says, no job runs
 * that has the same key of the same limit, and this one runs again then, without a burnt attempt. A job that has no limit
 * is snoozed.
 *
 * @example
 * const ask = defineJob({
 *   name: 'model.ask',
 *   limits: [{ key: 'openai', concurrency: 20 }],
 *   async run(input, ctx) {
 *     const answer = await fetch('http://model.example/ask', { signal: ctx.signal })
 *     if (answer.status === 429) throw new RateLimited('30s')
 *   },
 * })
 *
 * @throws MillhandError `invalid_duration`
 */
export class RateLimited extends Error {
  override readonly name = 'RateLimited'
  /** In milliseconds, counted from when it is thrown. */
  readonly delayMs: number | undefined
  readonly until: Date | undefined
  readonly limit: string | undefined

  constructor(until: Duration | Date, { limit, ...options }: RateLimitedOptions = {}) {
    super('had enough for now', options)
    this.until = dateOf(until)
    this.delayMs = this.until ? undefined : requireDuration('RateLimited', until)
    this.limit = limit
  }

  get [RATE_LIMITED](): number {
    return 1
  }
}

/** What `ctx.snooze(delay)` gives: return it to run again later without burning an attempt. */
export class Snooze {
  readonly delayMs: number

  constructor(delay: Duration) {
    this.delayMs = requireDuration('snooze', delay)
  }

  get [SNOOZE](): number {
    return 1
  }
}

/** What `ctx.skip(reason)` gives: return it to end well without having done anything. */
export class Skip {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reasonText(reason)
  }

  get [SKIP](): number {
    return 1
  }
}

/** What a handler returns beside an output: what `ctx.snooze`, `ctx.skip` or `ctx.fail` gave. */
export type Fate = Snooze | Skip | DeclaredFailure

export function isFatal(thrown: unknown): boolean {
  return hasBrand(thrown, FATAL)
}

/** The delay that a `RetryAfter` asks for; `undefined` for anything else. */
export function retryDelayMs(thrown: unknown): number | undefined {
  return hasBrand(thrown, RETRY_AFTER) ? parseDuration(readSafely(thrown, 'delayMs')) : undefined
}

/** For how long from `nowMs`, and of which limit, a `RateLimited` lets nobody run; `undefined` for anything else. */
export function rateLimitOf(
  thrown: unknown,
  nowMs: number,
): { readonly delayMs: number; readonly limit: string | undefined } | undefined {
  if (!hasBrand(thrown, RATE_LIMITED)) return undefined
  const until = dateOf(readSafely(thrown, 'until'))
  const limit = readSafely(thrown, 'limit')
  const delayMs = until
    ? Math.min(until.getTime() - nowMs, LONGEST_MS)
    : parseDuration(readSafely(thrown, 'delayMs'))
  return { delayMs: Math.max(0, delayMs ?? 0), limit: typeof limit === 'string' ? limit : undefined }
}

/** The delay of a `Snooze`; `undefined` for anything else. */
export function snoozeDelayMs(returned: unknown): number | undefined {
  return hasBrand(returned, SNOOZE) ? parseDuration(readSafely(returned, 'delayMs')) : undefined
}

/** The reason of a `Skip`; `undefined` for anything else. */
export function skipReason(returned: unknown): string | undefined {
  return hasBrand(returned, SKIP) ? reasonText(readSafely(returned, 'reason')) : undefined
}

/** A reason as it is stored: a text, whatever was passed. */
export function reasonText(reason: unknown): string {
  return storableText(messageOf(reason ?? 'no reason was given'), ERROR_MESSAGE_CHARACTERS)
}

/** Milliseconds of a duration that has to be one. */
function requireDuration(option: string, value: unknown): number {
  const ms = parseDuration(value)
  if (ms === undefined) throw jobError('invalid_duration', { option, got: preview(value) })
  return ms
}
