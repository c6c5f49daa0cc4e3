import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nextTicks, type ScheduleRule, tickAfter, ticksUpTo } from '../../../src/job/schedule-rule.ts'

const berlin = (cron: string): ScheduleRule => ({ cron, timeZone: 'Europe/Berlin', jitterMs: 0 })
const every = (everyMs: number): ScheduleRule => ({ everyMs, jitterMs: 0 })
const at = (text: string) => Date.parse(text)
const shown = (ticks: readonly number[]) => ticks.map((tick) => new Date(tick).toISOString().slice(0, 19))

describe('the hour that summer time leaves out, 29 March 2026, 02:00 to 03:00 in Berlin', () => {
  test('a time in it comes when it would have ended, and the day after as ever', () => {
    expect(shown(nextTicks(berlin('30 2 * * *'), at('2026-03-28T00:00:00Z'), 3))).toEqual([
      '2026-03-28T01:30:00',
      '2026-03-29T01:00:00',
      '2026-03-30T00:30:00',
    ])
  })

  test('what comes every half hour goes on every half hour', () => {
    expect(shown(nextTicks(berlin('*/30 * * * *'), at('2026-03-29T00:10:00Z'), 4))).toEqual([
      '2026-03-29T00:30:00',
      '2026-03-29T01:00:00',
      '2026-03-29T01:30:00',
      '2026-03-29T02:00:00',
    ])
  })
})

describe('the hour that comes twice, 25 October 2026, 02:00 to 03:00 in Berlin', () => {
  test('a time in it comes once, the first time', () => {
    expect(shown(nextTicks(berlin('30 2 * * *'), at('2026-10-24T12:00:00Z'), 2))).toEqual([
      '2026-10-25T00:30:00',
      '2026-10-26T01:30:00',
    ])
  })

  test('what comes every half hour comes in both', () => {
    expect(shown(nextTicks(berlin('*/30 * * * *'), at('2026-10-24T23:50:00Z'), 6))).toEqual([
      '2026-10-25T00:00:00',
      '2026-10-25T00:30:00',
      '2026-10-25T01:00:00',
      '2026-10-25T01:30:00',
      '2026-10-25T02:00:00',
      '2026-10-25T02:30:00',
    ])
  })
})

test('a pattern of six fields has seconds first', () => {
  expect(shown(nextTicks(berlin('15 30 2 * * *'), at('2026-06-01T00:00:00Z'), 1))).toEqual([
    '2026-06-01T00:30:15',
  ])
})

test('an interval ticks at its multiples, whenever it was set', () => {
  expect(shown(nextTicks(every(3_600_000), at('2026-01-01T10:20:00Z'), 2))).toEqual([
    '2026-01-01T11:00:00',
    '2026-01-01T12:00:00',
  ])
  expect(tickAfter(every(1_000), 5_000)).toBe(6_000)
})

test('what comes once comes once', () => {
  const once: ScheduleRule = { atMs: 5_000, jitterMs: 0 }
  expect(nextTicks(once, 0, 3)).toEqual([5_000])
  expect(tickAfter(once, 5_000)).toBeNull()
  expect(ticksUpTo(once, 4_999, 3)).toEqual([])
  expect(ticksUpTo(once, 5_000, 3)).toEqual([5_000])
})

test('looked back from any time, there are the same ticks as looked ahead', () => {
  const patterns = ['30 2 * * *', '*/30 * * * *', '0 */2 * * *', '15 30 2 * * *', '0 9 * * 1-5']
  const days = fc.integer({ min: at('2026-03-27T00:00:00Z'), max: at('2026-03-31T00:00:00Z') })
  const laterDays = fc.integer({ min: at('2026-10-23T00:00:00Z'), max: at('2026-10-27T00:00:00Z') })
  fc.assert(
    fc.property(fc.constantFrom(...patterns), fc.oneof(days, laterDays), (pattern, fromMs) => {
      const rule = berlin(pattern)
      const ahead = nextTicks(rule, fromMs, 5)
      expect(ticksUpTo(rule, ahead.at(-1) ?? 0, 5).reverse()).toEqual(ahead)
    }),
    { numRuns: 60 },
  )
})
