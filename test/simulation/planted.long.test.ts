import { expect, test } from 'vitest'
import type { Plant } from '../../simulation/world.ts'
import * as plants from './plants.ts'
import { coursesOf } from './seeds.ts'

/** Faults that a store might have, put into one that has none, and what the simulator has to say of them. */
const PLANTED: readonly { readonly fault: string; readonly plant: Plant; readonly found: RegExp }[] = [
  {
    fault: 'a settlement that is accepted whatever its epoch',
    plant: plants.settlesUnfenced,
    found: /jobs\.settle must not have made/,
  },
  {
    fault: 'a settlement that is said to be written and is not',
    plant: plants.settlesInVain,
    found: /jobs\.settle accepted \w+ of \S+ in vain/,
  },
  {
    fault: 'a rescue that takes the jobs of the living',
    plant: plants.rescuesTheLiving,
    found: /upkeep\.rescue must not have made|was taken for lost/,
  },
  {
    fault: 'a rescue that blames what had not begun',
    plant: plants.blamesTheHeld,
    found: /upkeep\.rescue (must not have made|blamed)/,
  },
  {
    fault: 'an insert that is acknowledged and forgotten now and then',
    plant: plants.forgetsInserts(8),
    found: /jobs\.insert lost/,
  },
  {
    fault: 'a claim that takes what somebody else holds',
    plant: plants.claimsTwice,
    found: /jobs\.claim must not have made/,
  },
  {
    fault: 'a retry that is never due',
    plant: plants.losesRetries,
    found: /is still pending/,
  },
]

test.each(PLANTED)('$fault is found', async ({ plant, found }) => {
  const courses = await coursesOf({ store: 'memory', count: 200, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})
