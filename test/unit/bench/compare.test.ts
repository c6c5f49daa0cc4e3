import { describe, expect, test } from 'vitest'
import { readCompareOptions } from '../../../bench/compare/arguments.ts'
import { comparisonOf, orderOf } from '../../../bench/compare/pairs.ts'

describe('a comparison of two builds', () => {
  test('measures them by turns, the other one first each time', () => {
    expect([0, 1, 2].flatMap(orderOf)).toEqual(['base', 'tree', 'tree', 'base', 'base', 'tree'])
  })

  test('goes by the median of the ratios of the pairs: what slows a whole pair down counts for neither', () => {
    const pairs = [
      { base: 100, tree: 99 },
      { base: 10, tree: 11 },
      { base: 100, tree: 50 },
    ]
    expect(comparisonOf(pairs)).toEqual({
      pairs: 3,
      ratio: { median: 0.99, min: 0.5, max: 1.1 },
      medianOfBase: 100,
      medianOfTree: 50,
    })
  })

  test('is with the baseline, in eleven pairs, for the hot paths on both stores, unless it is told otherwise', () => {
    const { base, pairs, atLeast, contests } = readCompareOptions([])
    expect({ base, pairs, atLeast }).toEqual({ base: 'a6fd476', pairs: 11, atLeast: 0.97 })
    expect(contests.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['sqlite/drain', 'postgres/drain-100k', 'postgres/concurrent-enqueue']),
    )
  })

  test('refuses what it cannot do', () => {
    expect(() => readCompareOptions(['drain'])).toThrow("no scenario 'drain'; there are sqlite/")
    expect(() => readCompareOptions(['--pairs', '0'])).toThrow("--pairs is '0', expected 1 to 1000")
    expect(() => readCompareOptions(['--pairs', '1.5'])).toThrow("--pairs is '1.5', expected a whole number")
    expect(() => readCompareOptions(['--at-least', ''])).toThrow("--at-least is '', expected 0 to 10")
  })
})
