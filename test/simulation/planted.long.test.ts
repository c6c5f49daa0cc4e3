import { expect, test } from 'vitest'
import { PLANTS } from '../../simulation/plants.ts'
import { coursesOf } from './seeds.ts'

/** A world on PostgreSQL takes seconds: those run with `npm run simulate:planted`. */
const QUICK = PLANTS.filter(({ store }) => store !== 'postgres')

test.each(QUICK)('$fault is found', async ({ store, plant, found }) => {
  const courses = await coursesOf({ store, count: 400, plant })
  expect(courses.at(-1)?.problems.join('\n')).toMatch(found)
})
