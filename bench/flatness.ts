import { DatabaseSync } from 'node:sqlite'
import { bestOfRounds, elapsedMs, rate } from './measure.ts'
import type { Bench } from './scenario.ts'
import { millhand } from './systems/millhand.ts'
import { type OpenSystem, payloads } from './systems/system.ts'

const JOBS = 50_000
const FEW = { label: '10k', rows: 10_000 }
const MANY = { label: '1M', rows: 1_000_000 }
/** Rows that one call stores while a file is filled: bounds the memory of the bench itself. */
const FILL_ROWS = 50_000

/** A file that has to be filled with this many jobs. */
export interface Filling {
  readonly system: OpenSystem
  readonly db: DatabaseSync
  readonly rows: number
}

export interface FlatnessParts {
  /** Puts rows into an empty file, or more of them. */
  readonly fill: (filling: Filling) => Promise<void>
  /** Brings the file back to what it was before a round. */
  readonly restore: (filling: Filling) => void
}

/** Records how fast Millhand runs jobs in a file with few rows and in one with many. */
export async function recordFlatness(bench: Bench, parts: FlatnessParts): Promise<void> {
  const jobs = bench.size.jobs(JOBS)
  const contestants = []
  for (const { label, rows } of [FEW, MANY]) {
    contestants.push({ label, filling: await fillFile(bench, bench.size.jobs(rows), parts) })
    bench.progress(`a file with ${bench.size.jobs(rows).toLocaleString('en')} rows is there`)
  }
  const rates = await bestOfRounds(bench.size.rounds, contestants, async ({ label, filling }) => {
    await filling.system.enqueueMany(payloads(jobs))
    const durationMs = await elapsedMs(() => filling.system.drain(jobs))
    parts.restore(filling)
    bench.progress(`${label}: ${Math.round(rate(jobs, durationMs)).toLocaleString('en')} jobs/s`)
    return rate(jobs, durationMs)
  })
  for (const [index, { label, filling }] of contestants.entries()) {
    bench.record({
      system: 'millhand',
      metric: `rate with ${label}`,
      value: rates[index] ?? 0,
      unit: 'jobs/s',
    })
    await filling.system.close()
    filling.db.close()
  }
  bench.record({
    system: 'millhand',
    metric: '1M to 10k',
    value: (rates[1] ?? 0) / (rates[0] ?? 1),
    unit: '×',
  })
}

async function fillFile(bench: Bench, rows: number, { fill }: FlatnessParts): Promise<Filling> {
  const file = bench.scratch.file()
  const system = await millhand.open(file)
  const db = new DatabaseSync(file)
  for (let filled = 0; filled < rows; filled += FILL_ROWS) {
    await fill({ system, db, rows: Math.min(FILL_ROWS, rows - filled) })
  }
  return { system, db, rows }
}
