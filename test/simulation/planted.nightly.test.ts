import { expect, test } from 'vitest'
import { PLANTS } from '../../simulation/plants.ts'
import { coursesOf } from './seeds.ts'

test.each(PLANTS)('$fault is found within 1,000 seeds on $store', async ({ store, plant, found }) => {
  const courses = await coursesOf({ store, count: 1_000, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})
