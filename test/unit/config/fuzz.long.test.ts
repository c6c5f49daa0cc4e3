import { expect, test } from 'vitest'
import { fuzzConfigurations } from './fuzz.ts'

const CASES = 5_000

test(`the same of ${CASES} of them, of which many are accepted`, async () => {
  const { accepted, refused } = await fuzzConfigurations(CASES)
  expect(Math.min(accepted, refused)).toBeGreaterThan(CASES / 50)
})
