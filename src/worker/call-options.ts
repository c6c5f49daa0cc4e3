import type { Duration } from '../kit/duration.ts'
import { duration, type FieldsOf, parseOptions } from '../kit/options.ts'

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
