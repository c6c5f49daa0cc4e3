import { type Duration, parseDuration } from '../kit/duration.ts'
import { choice, duration, type FieldsOf, parseOptions } from '../kit/options.ts'
import type { EndedJobs } from '../store/catalog.ts'
import type { Store } from '../store/store.ts'

/** What `stats` takes to count by name, or by queue and name. */
export interface StatsOptions {
  /** What is counted together: the jobs of one name, or of one queue. */
  readonly by: 'name' | 'queue'
  /** Only jobs that ended in this time. By name `'1d'` by default, by queue `'1h'`. */
  readonly newerThan?: Duration
}

export interface NameStatsOptions extends StatsOptions {
  /** What is counted together: the jobs of one name. */
  readonly by: 'name'
}

export interface QueueStatsOptions extends StatsOptions {
  /** What is counted together: the jobs of one queue, and those of each name in it. */
  readonly by: 'queue'
}

/** How the jobs of one name have ended, and how long they took: from the begin of the last attempt to the end. */
export interface NameStats {
  readonly name: string
  /** Jobs that completed or failed. */
  readonly count: number
  readonly failed: number
  /** The share of them that failed, from 0 to 1. */
  readonly failureRate: number
  /** In milliseconds, as all that follow; `null` where none of them ever began. */
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
}

export interface StatsByName {
  /** The most frequent ones first. */
  readonly names: readonly NameStats[]
  /** Jobs that were counted: the newest 10,000 at most. */
  readonly jobs: number
  /** From when on: the begin of the window, or the end of the oldest job that was counted where there were too many. */
  readonly since: Date
}

const statsFields = {
  by: choice({ of: ['name', 'queue'], default: 'name' }),
  newerThan: duration({ min: 1 }),
} satisfies FieldsOf<StatsOptions>

/** How far back it counts where that is not said. */
const WINDOWS = { name: '1d', queue: '1h' } as const

/** What is counted together, and how far back. */
interface ParsedStats {
  readonly by: StatsOptions['by']
  readonly newerThanMs: number
}

/** @throws MillhandError `unknown_option`, `invalid_option` */
export function parseStats(options: StatsOptions): ParsedStats {
  const { by, newerThan = parseDuration(WINDOWS[by]) as number } = parseOptions('stats', statsFields, options)
  return { by, newerThanMs: newerThan }
}

/** As many are counted in about a tenth of a second, where a store keeps a million (measured on SQLite). */
const JOBS_MAX = 10_000

export async function readNameStats(
  store: Store,
  { newerThanMs }: Pick<ParsedStats, 'newerThanMs'>,
): Promise<StatsByName> {
  const sinceMs = Math.max(0, (await store.now()) - newerThanMs)
  const ended = await store.catalog.ended(sinceMs, JOBS_MAX)
  const jobs = countOf(ended)
  const firstAt = ended.reduce((first, each) => Math.min(first, each.firstAt), Number.POSITIVE_INFINITY)
  const names = [...Map.groupBy(ended, ({ name }) => name)].map(([name, each]) => statsOf(name, each))
  const byCount = names.toSorted(
    (left, right) => right.count - left.count || (left.name < right.name ? -1 : 1),
  )
  return { names: byCount, jobs, since: new Date(jobs < JOBS_MAX ? sinceMs : firstAt) }
}

function statsOf(name: string, ended: readonly EndedJobs[]): NameStats {
  const count = countOf(ended)
  const failed = countOf(ended.filter(({ state }) => state === 'failed'))
  const durations = ended
    .flatMap(({ durationMs, count }) => (durationMs === null ? [] : { ms: Math.max(0, durationMs), count }))
    .sort((left, right) => left.ms - right.ms)
  return { name, count, failed, failureRate: failed / count, ...spreadOf(durations) }
}

interface Duplicated {
  readonly ms: number
  readonly count: number
}

/** Of durations in their order, each as often as it came. */
function spreadOf(
  durations: readonly Duplicated[],
): Pick<NameStats, 'meanMs' | `p${50 | 95 | 99}Ms` | 'maxMs'> {
  const all = countOf(durations)
  if (all === 0) return { meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null, maxMs: null }
  const at = (share: number) => ofRank(durations, Math.ceil(share * all))
  const totalMs = durations.reduce((sum, { ms, count }) => sum + ms * count, 0)
  return { meanMs: Math.round(totalMs / all), p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99), maxMs: at(1) }
}

/** The one of this rank, from 1. */
function ofRank(durations: readonly Duplicated[], rank: number): number {
  let passed = 0
  for (const { ms, count } of durations) {
    passed += count
    if (passed >= rank) return ms
  }
  return 0
}

function countOf(counted: readonly { readonly count: number }[]): number {
  return counted.reduce((sum, { count }) => sum + count, 0)
}
