import { describe, expect, test } from 'vitest'
import { readSoakOptions } from '../../../bench/soak/arguments.ts'
import { type Figure, type Sample, trendsOf } from '../../../bench/soak/flat.ts'

const FLAT = { heapMb: 40, residentMb: 120, pickupP50Ms: 3, pickupP99Ms: 20, rows: 60_000, fileMb: 30 }

/** A sample a second, in which one figure grows by so much a second. */
function samples(figure: Figure, growth: number): Sample[] {
  return Array.from({ length: 100 }, (_, second) => ({
    ...FLAT,
    atMs: second * 1_000,
    [figure]: FLAT[figure] + second * growth,
  }))
}

describe('a soak', () => {
  test('is flat where nothing grows, and says how much a figure is', () => {
    expect(trendsOf(samples('rows', 0))).toMatchObject(
      Object.entries(FLAT).map(([figure, value]) => ({ figure, first: value, second: value, flat: true })),
    )
  })

  test('tells which figure grows, and by how much an hour', () => {
    const growing = trendsOf(samples('heapMb', 0.2)).filter(({ flat }) => !flat)
    expect(growing).toMatchObject([{ figure: 'heapMb' }])
    expect(growing[0]?.perHour).toBeCloseTo(720)
  })

  test('takes a multiple of next to nothing for nothing', () => {
    expect(trendsOf(samples('pickupP50Ms', 0.05)).every(({ flat }) => flat)).toBe(true)
  })

  test('is on SQLite, for ten minutes at 80 % of the capacity, unless it is told otherwise', () => {
    expect(readSoakOptions([])).toEqual({ store: 'sqlite', minutes: 10, load: 0.8, json: false })
    expect(() => readSoakOptions(['--store', 'redis'])).toThrow(
      "--store is 'redis', expected sqlite or postgres",
    )
    expect(() => readSoakOptions(['--load', '2'])).toThrow("--load is '2', expected 0.05 to 1")
    expect(() => readSoakOptions(['--minutes', ''])).toThrow("--minutes is '', expected 0.5 to 1440")
  })
})
