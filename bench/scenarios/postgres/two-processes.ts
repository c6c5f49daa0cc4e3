import { recordProcesses } from '../../crew.ts'
import type { Scenario } from '../../scenario.ts'

export const twoProcesses: Scenario = {
  name: 'two-processes',
  about: '1 and 2 worker processes run 50,000 numbered jobs from one database; each counts what it ran.',
  targets: [
    { metric: 'lost', atMost: 0 },
    { metric: 'run twice', atMost: 0 },
    { metric: 'faults that reached a caller', atMost: 0 },
  ],
  async run(bench) {
    for (const system of bench.systems)
      await recordProcesses(bench, system, { jobs: 50_000, processes: [1, 2] })
  },
}
