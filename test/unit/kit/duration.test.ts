import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatDuration, parseDuration, writtenDuration } from '../../../src/kit/duration.ts'

test('a duration is a number with a unit, or a number of milliseconds', () => {
  const cases: [unknown, number][] = [
    ['250ms', 250],
    ['5s', 5_000],
    ['1.5m', 90_000],
    ['2h', 7_200_000],
    ['7d', 604_800_000],
    ['0s', 0],
    [0, 0],
    [1_234, 1_234],
  ]
  for (const [given, ms] of cases) expect(parseDuration(given), String(given)).toBe(ms)
})

test('everything else is not one', () => {
  const others = [
    '',
    '5',
    's',
    '5 s',
    '-5s',
    '5S',
    '5sec',
    '1e3ms',
    '.5s',
    '5s5s',
    -1,
    Number.NaN,
    1 / 0,
    null,
    {},
    5n,
  ]
  for (const given of [...others, undefined, '99999999999d', 1e16]) {
    expect(parseDuration(given), String(given)).toBeUndefined()
  }
})

test('whatever is a duration is whole milliseconds, and with any time of this age it makes a date', () => {
  const units = ['ms', 's', 'm', 'h', 'd'] as const
  const given = fc.oneof(
    fc.double({ min: 0, max: 1e15, noNaN: true }),
    fc
      .tuple(fc.integer({ min: 0, max: 1e6 }), fc.integer({ min: 0, max: 999 }), fc.constantFrom(...units))
      .map(([whole, part, unit]) => `${whole}.${part}${unit}`),
  )
  fc.assert(
    fc.property(given, (value) => {
      const ms = parseDuration(value)
      expect(Number.isSafeInteger(ms)).toBe(true)
      expect(Number.isNaN(new Date(Date.UTC(2100, 0, 1) + (ms ?? 0)).getTime())).toBe(false)
    }),
  )
})

test('for people it is shown in the two largest units that matter', () => {
  const shown: [number, string][] = [
    [0, '0ms'],
    [999, '999ms'],
    [1_500, '1.5s'],
    [59_000, '59s'],
    [61_000, '1m 1s'],
    [3_600_000, '1h'],
    [3_725_000, '1h 2m'],
    [90_061_000, '1d 1h'],
  ]
  for (const [ms, text] of shown) expect(formatDuration(ms)).toBe(text)
})

test('a duration that is written again is the same, in the largest unit of which it is whole', () => {
  expect([0, 250, 1_000, 1_500, 90_000, 7_200_000, 604_800_000].map(writtenDuration)).toEqual([
    '0ms',
    '250ms',
    '1s',
    '1500ms',
    '90s',
    '2h',
    '7d',
  ])
})
