import type { Scenario } from '../../scenario.ts'
import { recordDrains } from '../drain.ts'

export const drain20k: Scenario = {
  name: 'drain-20k',
  about: 'One process runs 20,000 no-op jobs that are there: claim, run, settle.',
  targets: [],
  run: (bench) => recordDrains(bench, 20_000),
}

export const drain100k: Scenario = {
  name: 'drain-100k',
  about:
    'One process runs 100,000 no-op jobs that are there; finished ones are kept by all but graphile-worker.',
  targets: [
    { metric: 'rate', over: 'graphile-worker', atLeast: 2 },
    { metric: 'rate', over: 'pg-boss', atLeast: 2 },
    { metric: 'rate', over: 'bullmq-redis', atLeast: 1.5 },
  ],
  run: (bench) => recordDrains(bench, 100_000),
}
