import { expect, test } from 'vitest'
import { fuzzCommandLines } from './fuzz.ts'

const CASES = 2_000

test(`the same of ${CASES} of them, of which many are accepted`, async () => {
  const { accepted, refused } = await fuzzCommandLines(CASES)
  expect(Math.min(accepted, refused)).toBeGreaterThan(CASES / 20)
})
