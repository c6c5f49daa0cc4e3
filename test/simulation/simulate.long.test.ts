import { expect, test } from 'vitest'
import { coursesOf, problemsOf } from './seeds.ts'

/** Other seeds than in the quick test, in about a minute on a quiet machine. */
const SEEDS = [
  { store: 'memory', from: 1_000, count: 500 },
  { store: 'sqlite', from: 1_000, count: 100 },
  { store: 'postgres', from: 1_000, count: 3 },
] as const

test.each(SEEDS)('$count simulated worlds on $store break no promise', async (seeds) => {
  expect(problemsOf(await coursesOf({ ...seeds, steps: 400 }))).toEqual([])
})
