import { recordRates } from '../contest.ts'
import { elapsedMs } from '../measure.ts'
import type { Scenario } from '../scenario.ts'
import { payloads } from '../systems/system.ts'

const JOBS = 100_000

export const bulkEnqueue: Scenario = {
  name: 'bulk-enqueue',
  about: 'One call stores 100,000 jobs at once, where there are none.',
  targets: [],
  async run(bench) {
    const jobs = bench.size.jobs(JOBS)
    await recordRates(bench, {
      jobs,
      measure: (system) => elapsedMs(() => system.enqueueMany(payloads(jobs))),
    })
  },
}
