import { expect, test } from 'vitest'
import { PLANTS } from '../../simulation/plants.ts'
import { coursesOf } from './seeds.ts'

/** A world on PostgreSQL takes seconds, and these are found after a hundred worlds: they run with `npm run simulate:planted`. */
const RARE = /^a key that is (taken again|kept although)/
const QUICK = PLANTS.filter(({ store, fault }) => store !== 'postgres' && !RARE.test(fault))

test.each(QUICK)('$fault is found', async ({ store, plant, found }) => {
  const courses = await coursesOf({ store, count: 400, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})
