import { setTimeout as sleep } from 'node:timers/promises'
import { collectGarbage, median, monotonicMs, percentile } from '../measure.ts'
import type { SoakOptions } from './arguments.ts'
import { type Sample, type Trend, trendsOf } from './flat.ts'
import { Mill } from './mill.ts'
import type { Place } from './place.ts'

/** What came of a soak. */
export interface Soaked {
  readonly store: SoakOptions['store']
  readonly capacity: number
  readonly perSecond: number
  readonly minutes: number
  readonly jobs: number
  /** Jobs that were acknowledged and never started, and jobs that were started once more. */
  readonly lost: number
  readonly twice: number
  readonly trends: readonly Trend[]
  readonly samples: readonly Sample[]
}

/** So many samples of a whole run, but not more often than once a second. */
const SAMPLES = 240
const LEAST_SAMPLE_MS = 1_000
/** Of the first part of a run nothing is compared: the heap and what is kept have yet to come to rest. */
const SETTLING_SHARE = 0.2

/** Measures what one process can do at most, and lets a share of that come for as long as it is told. */
export async function soak(
  options: SoakOptions,
  place: Place,
  tell: (words: string) => void,
): Promise<Soaked> {
  await using mill = await Mill.open(place.url)
  const capacity = await mill.capacity()
  const perSecond = Math.max(1, Math.round(capacity * options.load))
  tell(
    `capacity ${Math.round(capacity).toLocaleString('en')} jobs/s; ${perSecond.toLocaleString('en')} a second come`,
  )
  const before = mill.enqueued
  const durationMs = options.minutes * 60_000
  const load = mill.load(perSecond, durationMs)
  const samples = await watch({ mill, place, durationMs, tell })
  await load
  const lost = await mill.rest().then(
    () => 0,
    () => mill.waiting,
  )
  const { store, minutes } = options
  const settled = samples.filter(({ atMs }) => atMs >= durationMs * SETTLING_SHARE)
  const trends = trendsOf(settled)
  return {
    store,
    capacity,
    perSecond,
    minutes,
    jobs: mill.enqueued - before,
    lost,
    twice: mill.twice,
    trends,
    samples,
  }
}

interface Watched {
  readonly mill: Mill
  readonly place: Place
  readonly durationMs: number
  readonly tell: (words: string) => void
}

async function watch({ mill, place, durationMs, tell }: Watched): Promise<Sample[]> {
  const beginMs = monotonicMs()
  const everyMs = Math.max(LEAST_SAMPLE_MS, durationMs / SAMPLES)
  const samples: Sample[] = []
  for (;;) {
    await sleep(everyMs)
    const atMs = monotonicMs() - beginMs
    if (atMs > durationMs) return samples
    const sample = await sampled(mill, place, atMs)
    samples.push(sample)
    tell(lineOf(sample, durationMs))
  }
}

async function sampled(mill: Mill, place: Place, atMs: number): Promise<Sample> {
  const pickupsMs = mill.takePickups()
  const [rows, fileMb] = [await mill.rows(), await place.sizeMb()]
  collectGarbage()
  const { heapUsed, rss } = process.memoryUsage()
  return {
    atMs: Math.round(atMs),
    heapMb: heapUsed / 2 ** 20,
    residentMb: rss / 2 ** 20,
    pickupP50Ms: median(pickupsMs),
    pickupP99Ms: percentile(pickupsMs, 0.99),
    rows,
    fileMb,
  }
}

function lineOf(
  { atMs, heapMb, pickupP50Ms, pickupP99Ms, rows, fileMb }: Sample,
  durationMs: number,
): string {
  return [
    `${Math.round(atMs / 1_000)} of ${Math.round(durationMs / 1_000)} s`,
    `heap ${heapMb.toFixed(1)} MB`,
    `pickup p50 ${pickupP50Ms.toFixed(1)} ms, p99 ${pickupP99Ms.toFixed(1)} ms`,
    `${rows.toLocaleString('en')} rows in ${fileMb.toFixed(1)} MB`,
  ].join(', ')
}
