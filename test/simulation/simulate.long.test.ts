import { expect, test } from 'vitest'
import { coursesOf, problemsOf } from './seeds.ts'

/** More than in the quick test, in some three minutes on a quiet machine. Thousands more run at night. */
const SEEDS = [
  { store: 'memory', from: 301, count: 2_000 },
  { store: 'sqlite', from: 1_000, count: 100 },
  // In the last of them calls go on side by side.
  { store: 'postgres', from: 10, count: 3 },
] as const

test.each(SEEDS)('$count simulated worlds on $store break no promise', async (seeds) => {
  expect(problemsOf(await coursesOf(seeds))).toEqual([])
})
