import type { Duration } from '../kit/duration.ts'
import { custom, duration, type FieldsOf, isSignal, parseOptions } from '../kit/options.ts'

/** What one call of `stop` may say. */
export interface StopOptions {
  /** How long handlers may take to finish before they are aborted. Default: the worker's `stopTimeout`. */
  readonly timeout?: Duration
}

const stopFields = { timeout: duration() } satisfies FieldsOf<StopOptions>

/** @throws MillhandError `unknown_option`, `invalid_option` */
export function parseStopOptions(options: StopOptions) {
  return parseOptions('stop', stopFields, options)
}

/** What one call of `runUntilIdle` may say. */
export interface IdleOptions {
  /** Ends it early when it is aborted, as soon as the running jobs have ended. None by default. */
  readonly signal?: AbortSignal
}

const idleFields = {
  signal: custom<AbortSignal>({ expected: 'an AbortSignal', accepts: isSignal }),
} satisfies FieldsOf<IdleOptions>

/** @throws MillhandError `unknown_option`, `invalid_option` */
export function parseIdleOptions(options: IdleOptions) {
  return parseOptions('runUntilIdle', idleFields, options)
}
