import { bestOfRounds, elapsedMs, rate } from './measure.ts'
import type { Bench } from './scenario.ts'
import { type OpenSystem, payloads, type System } from './systems/system.ts'

const JOBS = 50_000
const FEW = { label: '10k', rows: 10_000 }
const MANY = { label: '1M', rows: 1_000_000 }
/** Rows that one call stores while a place is filled: bounds the memory of the bench itself. */
const FILL_ROWS = 50_000

/** A place that has to be filled with this many jobs. */
export interface Filling {
  readonly system: OpenSystem
  readonly place: string
  readonly rows: number
}

export interface FlatnessParts {
  /** Puts rows into an empty place, or more of them. */
  readonly fill: (filling: Filling) => Promise<void>
  /** Brings the place back to what it was before a round. */
  readonly restore: (filling: Filling) => Promise<void>
}

/** Records how fast a system runs jobs in a place with few rows and in one with many. */
export async function recordFlatness(bench: Bench, system: System, parts: FlatnessParts): Promise<void> {
  const contestants = []
  for (const { label, rows } of [FEW, MANY]) {
    contestants.push({ label, filling: await fillPlace(bench, system, { ...parts, rows }) })
    bench.progress(`${system.name}: ${bench.size.jobs(rows).toLocaleString('en')} rows are there`)
  }
  const rates = await bestOfRounds(bench.size.rounds, contestants, async ({ label, filling }) => {
    const reached = await drainBeside(bench, filling)
    await parts.restore(filling)
    bench.progress(`${system.name}, ${label}: ${Math.round(reached).toLocaleString('en')} jobs/s`)
    return reached
  })
  for (const [index, { label, filling }] of contestants.entries()) {
    const value = rates[index] ?? 0
    bench.record({ system: system.name, metric: `rate with ${label}`, value, unit: 'jobs/s' })
    await filling.system.close()
    await bench.stores.drop(filling.place)
  }
  const value = (rates[1] ?? 0) / (rates[0] ?? 1)
  bench.record({ system: system.name, metric: '1M to 10k', value, unit: '×' })
}

async function drainBeside(bench: Bench, { system, place }: Filling): Promise<number> {
  const jobs = bench.size.jobs(JOBS)
  await system.enqueueMany(payloads(jobs))
  await bench.stores.rest(place)
  return rate(jobs, await elapsedMs(() => system.drain(jobs)))
}

async function fillPlace(
  bench: Bench,
  system: System,
  { fill, rows: count }: FlatnessParts & { readonly rows: number },
): Promise<Filling> {
  const rows = bench.size.jobs(count)
  const place = await bench.stores.create(system)
  const open = await system.open(place)
  for (let filled = 0; filled < rows; filled += FILL_ROWS) {
    await fill({ system: open, place, rows: Math.min(FILL_ROWS, rows - filled) })
  }
  return { system: open, place, rows }
}
