import { expect, test } from 'vitest'
import { PLANTS } from '../../simulation/plants.ts'
import { coursesOf } from './seeds.ts'

/** A world on PostgreSQL takes seconds, and some are found after hundreds of worlds: those run with `npm run simulate:planted`. */
const RARE = /^a (key that is (taken again|kept although)|group of settlements that is repeated)/
const QUICK = PLANTS.filter(({ store, fault }) => store !== 'postgres' && !RARE.test(fault))

test.each(QUICK)('$fault is found', async ({ store, plant, found }) => {
  const courses = await coursesOf({ store, count: 400, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})
