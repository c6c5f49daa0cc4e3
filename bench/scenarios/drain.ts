import { recordRates, requireDrained } from '../contest.ts'
import { elapsedMs } from '../measure.ts'
import type { Scenario } from '../scenario.ts'
import { payloads } from '../systems/system.ts'

const JOBS = 100_000

export const drain: Scenario = {
  name: 'drain',
  about: 'One process runs 100,000 no-op jobs that are there: claim, run, settle.',
  targets: [
    { metric: 'rate', over: 'hand-loop', atLeast: 0.5 },
    { metric: 'rate', over: 'plainjob', atLeast: 5 },
  ],
  async run(bench) {
    const jobs = bench.size.jobs(JOBS)
    await recordRates(bench, {
      jobs,
      measure: async (system) => {
        await system.enqueueMany(payloads(jobs))
        const durationMs = await elapsedMs(() => system.drain(jobs))
        await requireDrained(system)
        return durationMs
      },
    })
  },
}
