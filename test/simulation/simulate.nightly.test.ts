import { expect, test } from 'vitest'
import { coursesOf, problemsOf } from './seeds.ts'

test.each(['memory', 'sqlite'] as const)('5,000 simulated worlds on %s break no promise', async (store) => {
  expect(problemsOf(await coursesOf({ store, from: 10_000, count: 5_000 }))).toEqual([])
})
