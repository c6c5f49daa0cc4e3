import type { Duration } from '../kit/duration.ts'
import { withHints } from '../kit/hint.ts'
import {
  custom,
  duration,
  type FieldsOf,
  isFunction,
  isObject,
  optionError,
  parseOptions,
} from '../kit/options.ts'
import { cacheLimit, isCacheGate } from './cache-gate.ts'
import { CACHE_HINTS } from './elsewhere.ts'
import { type JobGate, readGates, withMarksOf, writeGates } from './job-gates.ts'
import type { DefinedLimit } from './limit.ts'

/** For how long, and for which jobs, what one of them came to is the result of others. Both have to be given. */
export interface CacheOptions<Input = unknown> {
  /** What makes two jobs of the name equal, from the checked input of each. `null` from it: this one has no equal. */
  readonly key: (input: Input) => string | number | null
  /** How long a result counts after its job has ended, as long as that job is kept. Minimum `'1ms'`. */
  readonly ttl: Duration
}

/** The cache as a definition has it. */
export interface DefinedCache {
  readonly ttlMs: number
  /** Equal jobs run one at a time. */
  readonly limit: DefinedLimit
}

const cacheFields = {
  key: custom<CacheOptions['key']>({
    expected: 'a function of the input that gives a text',
    accepts: isFunction,
  }),
  ttl: duration({ min: 1 }),
} satisfies FieldsOf<CacheOptions>
withHints(cacheFields, CACHE_HINTS)

/** The option of a definition, read by `parseCache`, which knows whose it is. */
export const cacheField = () =>
  custom<CacheOptions>({
    expected: "an object such as { key: (input) => input.path, ttl: '1h' }",
    accepts: isObject,
  })

/** @throws MillhandError `unknown_option`, `invalid_option` */
export function parseCache(component: string, job: string, given: CacheOptions): DefinedCache {
  const { key, ttl } = parseOptions(`${component}.cache`, cacheFields, given)
  if (key === undefined || ttl === undefined) {
    const option = key === undefined ? 'key' : 'ttl'
    const expected = key === undefined ? 'a function of the input that gives a text' : "a time such as '1h'"
    throw optionError('invalid_option', {
      ...{ component: `${component}.cache`, option, expected, got: 'missing' },
    })
  }
  return cacheNamed(job, { ttlMs: ttl, limit: { limit: cacheLimit(job), key, cost: 1 } })
}

/** The same cache, for the jobs of another name. */
export function cacheNamed(job: string, { ttlMs, limit }: DefinedCache): DefinedCache {
  return Object.freeze({ ttlMs, limit: Object.freeze({ ...limit, limit: cacheLimit(job) }) })
}

/** What the cache was, or would have been, given as. */
export function cacheOptions({ ttlMs, limit }: DefinedCache): CacheOptions<never> {
  return { key: limit.key as CacheOptions<never>['key'], ttl: ttlMs }
}

/** What a job has to pass: its limits, and the gate that it shares with its equals. */
export function withCache(
  limits: readonly DefinedLimit[],
  cache: DefinedCache | undefined,
): readonly DefinedLimit[] {
  return cache ? [...limits, cache.limit] : limits
}

/** The gate that a job shares with its equals; `undefined` where it has none. */
export function cacheGateOf(limits: string | null): string | undefined {
  return readGates(limits).find(({ gate }) => isCacheGate(gate))?.gate
}

/** The gates of a job whose input has changed, where nobody knows to which jobs it is equal by now: to none. */
export function withoutCache(limits: string | null): string | null {
  return rewritten(limits, (gates) => gates.filter(({ gate }) => !isCacheGate(gate)))
}

/** The gates of a job that runs whatever came of an equal one: whoever asks for a rerun means it. */
export function renewing(limits: string | null): string | null {
  return rewritten(limits, (gates) =>
    gates.map((each) => (isCacheGate(each.gate) ? { ...each, renews: true } : each)),
  )
}

/** The gates of a job that has equals, as `rewrite` makes them; what else stands there stays. */
function rewritten(
  limits: string | null,
  rewrite: (gates: readonly JobGate[]) => readonly JobGate[],
): string | null {
  if (cacheGateOf(limits) === undefined) return limits
  return withMarksOf(limits, writeGates(rewrite(readGates(limits))))
}
