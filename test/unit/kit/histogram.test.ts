import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketOf, percentileOf, sumOf } from '../../../src/kit/histogram.ts'

const of = (durations: readonly number[]) => sumOf(durations.map((ms) => ({ [bucketOf(ms)]: 1 })))

test('a percentile is that of the durations, to 5 % and a millisecond', () => {
  const durations = fc.array(fc.integer({ min: 0, max: 10_000_000 }), { minLength: 1, maxLength: 50 })
  fc.assert(
    fc.property(durations, fc.constantFrom(0.5, 0.95, 0.99, 1), (given, share) => {
      const exact = given.toSorted((left, right) => left - right)[
        Math.ceil(share * given.length) - 1
      ] as number
      const read = percentileOf(of(given), share) as number
      expect(Math.abs(read - exact)).toBeLessThanOrEqual(exact * 0.05 + 1)
    }),
  )
})

test('of nothing there is none, and what took no time took none', () => {
  expect(percentileOf({}, 0.5)).toBeNull()
  expect(percentileOf(of([0, 0, -5]), 0.99)).toBe(0)
})

test('the sum of two is that of all that is in them', () => {
  expect(sumOf([{ 0: 1, 7: 2 }, {}, { 7: 1, 9: 4 }])).toEqual({ 0: 1, 7: 3, 9: 4 })
})
