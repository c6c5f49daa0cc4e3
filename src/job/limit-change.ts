import { withHints } from '../kit/hint.ts'
import { type FieldsOf, optionError, orNull, parseOptions } from '../kit/options.ts'
import { LIMIT_HINTS } from './elsewhere.ts'
import { type Limit, NEITHER, partsOf, type RateOptions, valueFields } from './limit.ts'

/** What `queue.limits.set` takes: what is left out stays as it was set, or as the definitions say. One of the two at least. */
export interface LimitChange {
  /** How many of its jobs run at a time; `null`: any number. */
  readonly concurrency?: number | null
  /** How many of them start in a window of time; `null`: any number. */
  readonly rate?: RateOptions | null
}

const changeFields = {
  concurrency: orNull(valueFields.concurrency),
  rate: orNull(valueFields.rate),
} satisfies FieldsOf<LimitChange>
withHints(changeFields, LIMIT_HINTS)

/** What is set of a limit in place of what its definitions say: of the rest, those hold, also when they change. */
export type LimitOverride = Partial<Omit<Limit, 'name'>>

/**
 * What is set of a limit by a call, and nothing else.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
export function overrideOf(component: string, given: LimitChange): LimitOverride {
  const { concurrency, rate } = parseOptions(component, changeFields, given)
  if (concurrency === undefined && rate === undefined) {
    const expected = 'one of them or both; null lifts one'
    throw optionError('invalid_option', { component, option: 'concurrency', expected, got: NEITHER })
  }
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(rate !== undefined && partsOf(component, rate)),
  }
}

/**
 * What is set of a limit after a change of it: of what the change leaves out, all that was set before stands. `null` takes everything
 * away. Asked under the lock of the store, so that of two who set parts of one limit none undoes what the other has set.
 */
export function changedBy(before: LimitOverride | null, change: LimitOverride | null): LimitOverride | null {
  return change && { ...before, ...change }
}

/** What is set of a limit, as the call that sets it would say it. */
export function changeOf({ concurrency, rateCount, ratePerMs }: LimitOverride): LimitChange {
  const isLifted = rateCount === null || ratePerMs === null
  return {
    ...(concurrency !== undefined && { concurrency }),
    ...(isLifted && { rate: null }),
    ...(!isLifted && rateCount !== undefined && { rate: { count: rateCount, per: ratePerMs ?? 0 } }),
  }
}
