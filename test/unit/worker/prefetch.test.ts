import { expect, test } from 'vitest'
import { claimSize, FinishRate, MovingMean } from '../../../src/worker/prefetch.ts'

const LOAD = { concurrency: 10, running: 0, buffered: 0, finishedPerMs: 0, roundTripMs: 1 }

test('long jobs: no more than the free slots, so that other workers get the rest', () => {
  expect(claimSize(LOAD)).toBe(10)
  expect(claimSize({ ...LOAD, running: 4 })).toBe(6)
  expect(claimSize({ ...LOAD, running: 10 })).toBe(0)
  expect(claimSize({ ...LOAD, running: 4, finishedPerMs: 0.1 })).toBe(6)
})

test('quick jobs: as many as will be finished meanwhile, and never more than the most', () => {
  expect(claimSize({ ...LOAD, running: 10, finishedPerMs: 20 })).toBeGreaterThanOrEqual(100)
  expect(claimSize({ ...LOAD, running: 10, finishedPerMs: 10_000 })).toBe(1_000)
  const slow = claimSize({ ...LOAD, finishedPerMs: 20, roundTripMs: 5 })
  expect(slow).toBeGreaterThan(claimSize({ ...LOAD, finishedPerMs: 20, roundTripMs: 1 }))
})

test('what is held already counts, and a handful is not worth a claim', () => {
  const load = { ...LOAD, running: 10, finishedPerMs: 20 }
  const all = claimSize(load)
  expect(claimSize({ ...load, buffered: all })).toBe(0)
  expect(claimSize({ ...load, buffered: all - 1 })).toBe(0)
  expect(claimSize({ ...load, buffered: 10 })).toBe(all - 10)
})

test('in a mean the newest count most', () => {
  const mean = new MovingMean()
  expect(mean.value).toBe(0)
  mean.add(10)
  expect(mean.value).toBe(10)
  for (let count = 0; count < 50; count += 1) mean.add(20)
  expect(mean.value).toBeCloseTo(20, 3)
})

test('the rate is measured from claim to claim', () => {
  const rate = new FinishRate()
  rate.measure(100)
  expect(rate.perMs).toBe(0)
  for (let job = 0; job < 50; job += 1) rate.finish()
  rate.measure(110)
  expect(rate.perMs).toBe(5)
})
