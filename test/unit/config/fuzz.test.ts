import { expect, test } from 'vitest'
import { fuzzConfigurations } from './fuzz.ts'

const CASES = 150

test('whatever stands in a configuration and in the environment, it can be used, or is refused with the paths', async () => {
  const { accepted, refused } = await fuzzConfigurations(CASES)
  expect(accepted + refused).toBeGreaterThanOrEqual(CASES)
})
