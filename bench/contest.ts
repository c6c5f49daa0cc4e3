import { bestOfRounds, rate } from './measure.ts'
import type { Bench } from './scenario.ts'
import type { OpenSystem, System } from './systems/system.ts'

export interface Contest {
  readonly jobs: number
  /** Gives how long the jobs took, in milliseconds. */
  readonly measure: (system: OpenSystem) => Promise<number>
}

/** Measures every system with a new file each time, and records its rate. */
export async function recordRates(bench: Bench, { jobs, measure }: Contest): Promise<void> {
  const rates = await bestOfRounds(bench.size.rounds, bench.systems, async (system) => {
    const durationMs = await withNewFile(bench, system, measure)
    bench.progress(`${system.name}: ${Math.round(rate(jobs, durationMs)).toLocaleString('en')} jobs/s`)
    return rate(jobs, durationMs)
  })
  for (const [index, system] of bench.systems.entries()) {
    bench.record({ system: system.name, metric: 'rate', value: rates[index] ?? 0, unit: 'jobs/s' })
  }
}

/** Opens a new file for one measurement and removes it afterwards. */
export async function withNewFile<Result>(
  bench: Bench,
  system: System,
  body: (system: OpenSystem) => Promise<Result>,
): Promise<Result> {
  const file = bench.scratch.file()
  const open = await system.open(file)
  try {
    return await body(open)
  } finally {
    await open.close()
    bench.scratch.drop(file)
  }
}

/** A rate counts for nothing when jobs were left out. */
export async function requireDrained(system: OpenSystem): Promise<void> {
  const unfinished = await system.unfinished()
  if (unfinished > 0) throw new Error(`${unfinished} jobs did not end well, expected none`)
}
