import { readSafely } from '../kit/brand.ts'
import { preview } from '../kit/error.ts'
import { isFunction, isObject, list, optionError } from '../kit/options.ts'
import { type DefinedLimit, type LimitOptions, limitOptions, parseLimits } from './limit.ts'
import { readLimits } from './limit-conflicts.ts'

/** What is set for all queues stands under this name, which is no queue's. */
export const ALL_QUEUES = '*'

/** One limit of a queue, or of all. All their jobs share it: a function of the input is of a definition. */
export interface QueueLimitOptions extends Omit<LimitOptions, 'key'> {
  /** What shares the limit: a text for all jobs together. */
  readonly key: string
}

/** The option of a queue, or of all. Each limit is read by `parseQueueLimits`. */
export const queueLimitsField = () =>
  list<QueueLimitOptions>({
    expected: "a list such as [{ key: 'smtp', concurrency: 2 }]",
    accepts: isObject,
  })

/**
 * The limits that are set for a queue, as they are stored.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `conflicting_limits`
 */
export function parseQueueLimits(component: string, given: readonly LimitOptions[]): QueueLimitOptions[] {
  for (const each of given) {
    const key = readSafely(each, 'key')
    if (!isFunction(key)) continue
    const expected =
      'a text: what is set for a queue is kept in the store, and a function of the input is of a definition'
    throw optionError('invalid_option', { component, option: 'key', expected, got: preview(key) })
  }
  return readLimits(component, component, given).map((each) => limitOptions(each) as QueueLimitOptions)
}

/** What stands in a row; nothing where somebody has written something else there. */
export function storedLimits(value: unknown): readonly QueueLimitOptions[] {
  if (!Array.isArray(value) || !value.every(isObject)) return []
  try {
    return parseQueueLimits('queue', value as LimitOptions[])
  } catch {
    return []
  }
}

export function definedLimits(limits: readonly QueueLimitOptions[] = []): readonly DefinedLimit[] {
  return parseLimits('queue', 'queue', limits)
}
