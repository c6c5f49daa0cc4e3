import { expect, test } from 'vitest'
import { fuzzCommandLines } from './fuzz.ts'

const CASES = 60

test('whatever stands on a command line, it ends with a documented code, says why, and loses nothing', async () => {
  const { accepted, refused } = await fuzzCommandLines(CASES)
  expect(accepted + refused).toBe(CASES)
})
