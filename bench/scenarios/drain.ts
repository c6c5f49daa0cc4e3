import { recordRates, requireDrained } from '../contest.ts'
import { elapsedMs } from '../measure.ts'
import type { Bench, Scenario } from '../scenario.ts'
import { payloads } from '../systems/system.ts'

const JOBS = 100_000

export const drain: Scenario = {
  name: 'drain',
  about: 'One process runs 100,000 no-op jobs that are there: claim, run, settle.',
  targets: [
    { metric: 'rate', over: 'hand-loop', atLeast: 0.5 },
    { metric: 'rate', over: 'plainjob', atLeast: 5 },
  ],
  run: (bench) => recordDrains(bench, JOBS),
}

/** How fast the systems run so many jobs that are there, as they are counted at scale 1. */
export async function recordDrains(bench: Bench, count: number): Promise<void> {
  const jobs = bench.size.jobs(count)
  await recordRates(bench, {
    jobs,
    fill: (system) => system.enqueueMany(payloads(jobs)),
    measure: async (system) => {
      const durationMs = await elapsedMs(() => system.drain(jobs))
      await requireDrained(system)
      return durationMs
    },
  })
}
