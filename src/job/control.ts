import { type Duration, parseDuration } from '../kit/duration.ts'
import { asError, preview } from '../kit/error.ts'
import { jobError } from './errors.ts'
import { ERROR_MESSAGE_CHARACTERS } from './limits.ts'
import { storableText } from './text.ts'

/**
 * How a handler decides its own fate: two errors that it throws, two values that it returns. Any other throw is an
 * error to retry by policy; any other return value is the output.
 */

/** Throw it to fail for good: no retry can help. */
export class Fatal extends Error {
  override readonly name = 'Fatal'
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
}

/** What `ctx.snooze(delay)` gives: return it to run again later without burning an attempt. */
export class Snooze {
  readonly delayMs: number

  constructor(delay: Duration) {
    this.delayMs = requireDuration('snooze', delay)
  }
}

/** What `ctx.skip(reason)` gives: return it to end well without having done anything. */
export class Skip {
  readonly reason: string

  constructor(reason: string) {
    this.reason = reasonText(reason)
  }
}

/** A reason as it is stored: a text, whatever was passed. */
export function reasonText(reason: unknown): string {
  return storableText(asError(reason).message, ERROR_MESSAGE_CHARACTERS)
}

/** Milliseconds of a duration that has to be one. */
export function requireDuration(option: string, value: unknown): number {
  const ms = parseDuration(value)
  if (ms === undefined) throw jobError('invalid_duration', { option, got: preview(value) })
  return ms
}
