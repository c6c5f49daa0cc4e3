import { expect, test } from 'vitest'
import { reachWaitMs } from '../../../src/worker/reach-wait.ts'

test('a thread for whose connection its worker waits asks for it again soon, however often', () => {
  for (const tries of [1, 2, 100]) expect(reachWaitMs(tries, { hasBegun: false, beatMs: 10_000 })).toBe(500)
})

test('once the lease has begun without it, it asks ever more rarely, and as often as it would beat', () => {
  const waits = [1, 2, 3, 5, 6, 2_000].map((tries) => reachWaitMs(tries, { hasBegun: true, beatMs: 10_000 }))
  expect(waits).toEqual([500, 1_000, 2_000, 8_000, 10_000, 10_000])
  expect(reachWaitMs(9, { hasBegun: true, beatMs: 20 })).toBe(500)
})
