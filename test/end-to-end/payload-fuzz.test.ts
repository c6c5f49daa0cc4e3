import { openQueue } from 'millhand'
import { expect, onTestFinished, test } from 'vitest'
import { fuzzPayloads } from './payload-fuzz.ts'

const CASES = 100

test('a payload that is accepted comes to the handler and back as it was; what is not is refused with a code', async () => {
  const queue = await openQueue('memory:', { logger: false })
  onTestFinished(() => queue.close())
  const { accepted, refused } = await fuzzPayloads(queue, CASES)
  expect(accepted + refused).toBe(CASES)
})
