import type { Limit } from './limit.ts'

/** No limit is called so: the name of one has no space. */
export const CACHE_PREFIX = 'cache of '

/** The name of the gates that equal jobs of this name share, each key one. */
export function cacheLimit(job: string): Limit {
  return Object.freeze({ name: `${CACHE_PREFIX}${job}`, ...ONE_AT_A_TIME })
}

/** Whether it is a gate that equal jobs share, or its name without the key. */
export function isCacheGate(gate: string): boolean {
  return gate.startsWith(CACHE_PREFIX)
}

/** What the gates of this name let pass, where it is that of a cache: it is declared by nobody, and nobody can change it. */
export function cacheRule(name: string): Limit | undefined {
  return isCacheGate(name) ? { name, ...ONE_AT_A_TIME } : undefined
}

const ONE_AT_A_TIME = { concurrency: 1, rateCount: null, ratePerMs: null } as const
