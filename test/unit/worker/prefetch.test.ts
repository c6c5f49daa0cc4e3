import { expect, test } from 'vitest'
import { claimSize, FinishRate, MovingMean } from '../../../src/worker/prefetch.ts'

const LOAD = {
  ...{ concurrency: 10, running: 0, buffered: 0, finishedPerMs: 0, finished: 1_000, roundTripMs: 1 },
  batches: 1,
} as const

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

test('a store that works beside the process is asked for the next jobs while there are as many as one claim brings', () => {
  const load = { ...LOAD, finishedPerMs: 20, batches: 2 } as const
  const first = claimSize(load)
  expect(first).toBe(claimSize({ ...load, batches: 1 }))
  const second = claimSize({ ...load, buffered: first })
  expect(second).toBeGreaterThan(first / 2)
  expect(claimSize({ ...load, buffered: first + second })).toBe(0)
})

test('a few quick jobs speak for ten times as many', () => {
  const load = { ...LOAD, running: 10, finishedPerMs: 100 }
  expect(claimSize({ ...load, finished: 10 })).toBe(100)
  expect(claimSize({ ...load, finished: 0 })).toBe(0)
})

test('the rate is measured from claim to claim, while there is something to run', () => {
  const rate = new FinishRate()
  rate.measure(100)
  expect(rate.perMs).toBe(0)
  for (let job = 0; job < 50; job += 1) rate.start(120)
  for (let job = 0; job < 50; job += 1) rate.finish(130)
  rate.measure(200)
  expect(rate.perMs).toBe(5)
  expect(rate.latest).toBe(50)
})

test('a job that runs on when a claim begins counts until then, and from then on', () => {
  const rate = new FinishRate()
  rate.start(0)
  rate.start(0)
  rate.finish(10)
  rate.measure(10)
  expect(rate.perMs).toBe(0.1)
  rate.finish(15)
  rate.measure(50)
  expect(rate.perMs).toBeCloseTo(0.1 + 0.3 * (0.2 - 0.1), 6)
})

test('a claim that follows at once, with nothing finished between, changes nothing', () => {
  const rate = new FinishRate()
  rate.start(0)
  rate.finish(10)
  rate.measure(10)
  rate.measure(11)
  expect(rate.perMs).toBe(0.1)
  expect(rate.latest).toBe(1)
})
