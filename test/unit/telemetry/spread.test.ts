import { expect, test } from 'vitest'
import { Spread } from '../../../src/telemetry/spread.ts'

test('percentiles are right to three in a hundred, and none of nothing', () => {
  const spread = new Spread()
  expect(spread.percentile(0.5)).toBeNull()
  for (let ms = 1; ms <= 1_000; ms += 1) spread.add(ms)
  for (const share of [0.5, 0.95, 0.99, 1])
    expect(Math.abs((spread.percentile(share) ?? 0) / (share * 1_000) - 1)).toBeLessThan(0.03)
  const quick = new Spread()
  quick.add(0)
  expect(quick.percentile(0.95)).toBe(0)
})
