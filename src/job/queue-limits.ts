import { readSafely } from '../kit/brand.ts'
import { preview } from '../kit/error.ts'
import { isFunction, isObject, list, optionError } from '../kit/options.ts'
import { type DefinedLimit, type Limit, type LimitOptions, limitOptions, parseLimits } from './limit.ts'
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

/**
 * Limits as they are to be written: as they are set for a queue or for all, where they are set for any, since a definition does not
 * undo what an operator has set. Asked under the lock of the store, so that none is undone that is set meanwhile.
 */
export function asSet(
  given: readonly Limit[],
  settings: readonly { readonly limits?: readonly QueueLimitOptions[] }[],
): Limit[] {
  const set = settings.flatMap(limitsSet)
  return given.map((limit) => set.find(({ name }) => name === limit.name) ?? limit)
}

/** What is set for a queue, as limits that are to be written with it. */
export function limitsSet({ limits }: { readonly limits?: readonly QueueLimitOptions[] }): Limit[] {
  return definedLimits(limits).map(({ limit }) => limit)
}

export function definedLimits(limits: readonly QueueLimitOptions[] = []): readonly DefinedLimit[] {
  return parseLimits('queue', 'queue', limits)
}
