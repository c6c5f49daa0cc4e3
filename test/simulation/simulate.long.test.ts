import { expect, test } from 'vitest'
import { coursesOf, problemsOf } from './seeds.ts'

/** Other seeds than in the quick test, in some four minutes on a quiet machine. */
const SEEDS = [
  { store: 'memory', from: 1_000, count: 1_200 },
  { store: 'sqlite', from: 1_000, count: 250 },
  { store: 'postgres', from: 1_000, count: 6 },
] as const

test.each(SEEDS)('$count simulated worlds on $store break no promise', async (seeds) => {
  expect(problemsOf(await coursesOf(seeds))).toEqual([])
})
