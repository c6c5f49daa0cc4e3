import type { Bench, Scenario } from '../../scenario.ts'
import { gatedHandLoopOnPostgres } from '../../systems/gated-hand-loop-postgres.ts'
import { limitedKeys, oneAtATime, recordKeyedDrains } from '../limited-keys.ts'

export const limitedKeysOnPostgres: Scenario = {
  ...limitedKeys,
  targets: [
    { metric: 'rate limited', over: 'hand-loop', atLeast: 0.5 },
    { metric: 'rate limited, 2 × 200', atLeast: 10_000 },
  ],
  run: (bench) => recordKeyedDrains(bench, [...oneAtATime(bench), ...byHand(bench)]),
}

function byHand({ systems }: Bench) {
  return systems
    .filter((system) => system.limit)
    .map(() => ({ way: 'limited', system: gatedHandLoopOnPostgres }))
}
