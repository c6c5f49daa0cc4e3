import type { Scenario } from '../scenario.ts'
import { wholeCycle } from '../scenarios/whole-cycle.ts'
import { postgres } from '../suites/postgres.ts'
import { sqlite } from '../suites/sqlite.ts'

export type StoreKind = 'sqlite' | 'postgres'

/** A scenario on one store: `sqlite/drain`. */
export interface Contest {
  readonly name: string
  readonly store: StoreKind
  readonly scenario: Scenario
}

/** All that may be compared; only rates of Millhand are. */
export const CONTESTS: readonly Contest[] = [
  ...sqlite.scenarios.map((scenario) => contest('sqlite', scenario)),
  ...[...postgres.scenarios, wholeCycle].map((scenario) => contest('postgres', scenario)),
]

/** The hot paths: enqueue, claim, run, settle. */
export const DEFAULT_CONTESTS: readonly string[] = [
  'sqlite/drain',
  'sqlite/whole-cycle',
  'sqlite/concurrent-enqueue',
  'postgres/drain-100k',
  'postgres/whole-cycle',
  'postgres/concurrent-enqueue',
]

/** @throws Error where there is none of this name */
export function findContest(name: string): Contest {
  const found = CONTESTS.find((each) => each.name === name)
  if (!found)
    throw new Error(
      `There is no scenario '${name}'; there are ${CONTESTS.map((each) => each.name).join(', ')}`,
    )
  return found
}

function contest(store: StoreKind, scenario: Scenario): Contest {
  return { name: `${store}/${scenario.name}`, store, scenario }
}
