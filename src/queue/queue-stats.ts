import { addEntries, LEDGER_MINUTE_MS, type LedgerEntry, minuteOf } from '../job/ledger.ts'
import { type Histogram, percentileOf } from '../kit/histogram.ts'
import type { Depth } from '../store/ledger.ts'
import type { Store } from '../store/store.ts'

/** How jobs stand now, and how those ended that ended in the window; of a queue, or of one name in it. */
export interface Figures {
  /** Jobs that wait, due or not, those that a worker has claimed ahead included. */
  readonly pending: number
  /** Those of them that are not due yet. */
  readonly scheduled: number
  readonly running: number
  /** How long the oldest due job has waited, in milliseconds; `null` where none waits. */
  readonly oldestWaitMs: number | null
  readonly completed: number
  readonly failed: number
  readonly cancelled: number
  /** Jobs that completed or failed, a minute. */
  readonly perMinute: number
  /** The share of them that failed, from 0 to 1; `null` where there were none. */
  readonly errorRate: number | null
  /** From the due time to the begin of the last attempt, and from that to the end: to 5 %. `null` where there were none. */
  readonly waitP50Ms: number | null
  readonly waitP95Ms: number | null
  readonly waitP99Ms: number | null
  readonly runP50Ms: number | null
  readonly runP95Ms: number | null
  readonly runP99Ms: number | null
}

export interface NameFigures extends Figures {
  readonly name: string
}

export interface QueueFigures extends Figures {
  readonly queue: string
  readonly names: readonly NameFigures[]
}

export interface StatsByQueue {
  /** By name; those that have jobs, or had some that ended in the window. */
  readonly queues: readonly QueueFigures[]
  /** The begin of the window: of a whole minute. */
  readonly since: Date
}

/** What is known of one queue and name. */
interface Known {
  readonly depths: readonly Depth[]
  readonly entries: readonly LedgerEntry[]
}

interface Window {
  readonly nowMs: number
  readonly sinceMs: number
}

/** From the ledger and from what is unfinished: it costs the same whatever is kept of what has ended. */
export async function readQueueStats(
  store: Store,
  { newerThanMs }: { readonly newerThanMs: number },
): Promise<StatsByQueue> {
  const nowMs = await store.now()
  const sinceMs = minuteOf(Math.max(0, nowMs - newerThanMs))
  const [depths, entries] = await Promise.all([store.ledger.depths(), store.ledger.read(sinceMs)])
  const window = { nowMs, sinceMs }
  const queues = groupedBy({ depths, entries }, ({ queue }) => queue).map(([queue, known]) => ({
    queue,
    ...figuresOf(known, window),
    names: groupedBy(known, ({ name }) => name).map(([name, each]) => ({ name, ...figuresOf(each, window) })),
  }))
  return { queues, since: new Date(sinceMs) }
}

interface Place {
  readonly queue: string
  readonly name: string
}

/** What is known of each, by name. */
function groupedBy({ depths, entries }: Known, pick: (place: Place) => string): [string, Known][] {
  const [ofDepths, ofEntries] = [Map.groupBy(depths, pick), Map.groupBy(entries, pick)]
  const names = [...new Set([...ofDepths.keys(), ...ofEntries.keys()])].sort()
  return names.map((name) => [name, { depths: ofDepths.get(name) ?? [], entries: ofEntries.get(name) ?? [] }])
}

const NOTHING: LedgerEntry = {
  ...{ queue: '', name: '', completed: 0, failed: 0, cancelled: 0 },
  ...{ waits: {}, runs: {} },
}

function figuresOf({ depths, entries }: Known, { nowMs, sinceMs }: Window): Figures {
  const total = (pick: (depth: Depth) => number) => depths.reduce((sum, depth) => sum + pick(depth), 0)
  const { completed, failed, cancelled, waits, runs } = entries.reduce(addEntries<LedgerEntry>, NOTHING)
  const ended = completed + failed
  const oldest = Math.min(...depths.map(({ oldestDueAt }) => oldestDueAt ?? Number.POSITIVE_INFINITY))
  const minutes = Math.max(1, (nowMs - sinceMs) / LEDGER_MINUTE_MS)
  return {
    pending: total((depth) => depth.pending),
    scheduled: total((depth) => depth.scheduled),
    running: total((depth) => depth.running),
    oldestWaitMs: Number.isFinite(oldest) ? Math.max(0, nowMs - oldest) : null,
    ...{ completed, failed, cancelled },
    perMinute: Math.round((ended / minutes) * 100) / 100,
    errorRate: ended === 0 ? null : failed / ended,
    ...percentiles('wait', waits),
    ...percentiles('run', runs),
  }
}

type Percentiles<Word extends string> = { readonly [Name in `${Word}P${50 | 95 | 99}Ms`]: number | null }

function percentiles<Word extends 'wait' | 'run'>(word: Word, histogram: Histogram): Percentiles<Word> {
  const shares = [50, 95, 99].map((share) => [`${word}P${share}Ms`, percentileOf(histogram, share / 100)])
  return Object.fromEntries(shares)
}
