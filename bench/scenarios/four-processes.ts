import { recordProcesses } from '../crew.ts'
import type { Scenario } from '../scenario.ts'
import { handLoop } from '../systems/hand-loop.ts'
import { millhand } from '../systems/millhand.ts'

export const fourProcesses: Scenario = {
  name: 'four-processes',
  about: '1, 2 and 4 worker processes run 100,000 numbered jobs from one file; each counts what it ran.',
  targets: [
    { metric: '4 processes to 1', atLeast: 0.7 },
    { metric: 'lost', atMost: 0 },
    { metric: 'run twice', atMost: 0 },
    { metric: 'faults that reached a caller', atMost: 0 },
  ],
  async run(bench) {
    for (const system of [millhand, handLoop])
      await recordProcesses(bench, system, { jobs: 100_000, processes: [1, 2, 4] })
  },
}
