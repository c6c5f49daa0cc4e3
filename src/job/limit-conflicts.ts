import { writtenDuration } from '../kit/duration.ts'
import { jobError } from './errors.ts'
import { alike, type DefinedLimit, type Limit, type LimitOptions, parseLimits } from './limit.ts'

/** A job, or what is set for queues, and the limits that it is held to. */
export interface Limited {
  readonly name: string
  readonly limits?: readonly DefinedLimit[] | undefined
}

/**
 * The limits of a definition or a call, checked, each with one value.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`, `invalid_name`, `conflicting_limits`
 */
export function readLimits(
  component: string,
  job: string,
  given: readonly LimitOptions[],
): readonly DefinedLimit[] {
  const limits = parseLimits(component, job, given)
  requireAgreement([{ name: job, limits }])
  return limits
}

/**
 * Refuses two values of one limit: which of them held would depend on who was last to say it.
 *
 * @throws MillhandError `conflicting_limits`
 */
export function requireAgreement(jobs: Iterable<Limited>): void {
  const known = new Map<string, { readonly job: string; readonly limit: Limit }>()
  for (const { name: job, limits = [] } of jobs) {
    for (const { limit } of limits) {
      const before = known.get(limit.name)
      if (before && !alike(before.limit, limit)) {
        const values = [before.limit, limit].map(inWords)
        throw jobError('conflicting_limits', { limit: limit.name, jobs: [before.job, job], values })
      }
      known.set(limit.name, before ?? { job, limit })
    }
  }
}

/** The names of all their limits. */
export function limitNames(jobs: Iterable<Limited>): ReadonlySet<string> {
  return new Set([...jobs].flatMap(({ limits = [] }) => limits.map(({ limit }) => limit.name)))
}

function inWords({ concurrency, rateCount, ratePerMs }: Limit): string {
  const rate = rateCount === null || ratePerMs === null ? '' : `${rateCount} in ${writtenDuration(ratePerMs)}`
  return [concurrency === null ? '' : `${concurrency} at a time`, rate]
    .filter((part) => part !== '')
    .join(', ')
}
