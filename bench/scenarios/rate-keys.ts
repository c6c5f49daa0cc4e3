import type { LimitValues } from 'millhand'
import { millhandsOf, type Scenario } from '../scenario.ts'
import { plainAndLimited, recordKeyedDrains } from './limited-keys.ts'

/** More than there are jobs: it is counted, and lets all pass. */
const NEVER_REACHED: LimitValues = { rate: { count: 1_000_000, per: '1h' } }

export const rateKeys: Scenario = {
  name: 'rate-keys',
  about:
    'One process runs 20,000 no-op jobs that are there: without limits, and with a rate of 10,000 keys that is never ' +
    'reached.',
  targets: [],
  run: (bench) =>
    recordKeyedDrains(
      bench,
      millhandsOf(bench).flatMap((system) => plainAndLimited(system, NEVER_REACHED)),
    ),
}
