import { bestOfRounds, rate } from './measure.ts'
import type { Bench } from './scenario.ts'
import type { OpenSystem, System } from './systems/system.ts'

export interface Contest {
  readonly jobs: number
  /** What has to be there before. */
  readonly fill?: (system: OpenSystem) => Promise<void>
  /** Gives how long the jobs took, in milliseconds. */
  readonly measure: (system: OpenSystem) => Promise<number>
}

/** Measures every system in a new place each time, and records its rate. */
export async function recordRates(bench: Bench, { jobs, fill, measure }: Contest): Promise<void> {
  const rates = await bestOfRounds(bench.size.rounds, bench.systems, async (system) => {
    const durationMs = await withNewPlace(bench, system, async (open, place) => {
      await fill?.(open)
      await bench.stores.rest(place)
      return measure(open)
    })
    bench.progress(`${system.name}: ${Math.round(rate(jobs, durationMs)).toLocaleString('en')} jobs/s`)
    return rate(jobs, durationMs)
  })
  for (const [index, system] of bench.systems.entries()) {
    bench.record({ system: system.name, metric: 'rate', value: rates[index] ?? 0, unit: 'jobs/s' })
  }
}

/** Opens a new place for one measurement and drops it afterwards. */
export async function withNewPlace<Result>(
  bench: Bench,
  system: System,
  body: (system: OpenSystem, place: string) => Promise<Result>,
): Promise<Result> {
  const place = await bench.stores.create(system)
  const open = await system.open(place)
  try {
    return await body(open, place)
  } finally {
    await open.close()
    await bench.stores.drop(place)
  }
}

/** A rate counts for nothing when jobs were left out, or others were run than were meant. */
export async function requireDrained(system: OpenSystem, left = 0): Promise<void> {
  const unfinished = await system.unfinished()
  if (unfinished !== left) throw new Error(`${unfinished} jobs did not end well, expected ${left || 'none'}`)
}
