import { type FlatnessParts, recordFlatness } from '../flatness.ts'
import type { Scenario } from '../scenario.ts'
import { millhand } from '../systems/millhand.ts'
import { payloads } from '../systems/system.ts'

export const backlog1m: Scenario = {
  name: 'backlog-1m',
  about: '50,000 jobs are run while 1,000,000 others of their kind wait behind them, and while 10,000 do.',
  targets: [{ metric: '1M to 10k', atLeast: 0.9 }],
  run: (bench) => recordFlatness(bench, millhand, waiting),
}

/** They stay: a round runs as many jobs as it adds. */
export const waiting: FlatnessParts = {
  fill: ({ system, rows }) => system.enqueueMany(payloads(rows)),
  restore: async () => {},
}
