import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { RateLimited, rateLimitOf, Skip, skipReason } from '../../../src/job/control.ts'
import { LONGEST_MS } from '../../../src/kit/duration.ts'

const NOW_MS = Date.UTC(2026, 0, 1)
const delayOf = (until: Date | string) => rateLimitOf(new RateLimited(until as Date), NOW_MS)?.delayMs

test('a RateLimited may name a date of another realm, and keeps what it was then', () => {
  const foreign = runInNewContext(`new Date(${NOW_MS + 5_000})`) as Date
  const thrown = new RateLimited(foreign)
  foreign.setTime(0)
  expect(thrown.until).toEqual(new Date(NOW_MS + 5_000))
  expect(rateLimitOf(thrown, NOW_MS)?.delayMs).toBe(5_000)
})

test('a RateLimited of another realm, whose date is one of there, is heeded', () => {
  const thrown = new RateLimited('1s')
  Object.assign(thrown, { until: runInNewContext(`new Date(${NOW_MS + 5_000})`), delayMs: undefined })
  expect(rateLimitOf(thrown, NOW_MS)?.delayMs).toBe(5_000)
})

test('a date that is past lets all run at once, and one that is far away closes for as long as any duration', () => {
  expect(delayOf(new Date(0))).toBe(0)
  expect(delayOf(new Date(8.64e15))).toBe(LONGEST_MS)
})

test('a date that is none is no duration either', () => {
  expect(() => new RateLimited(new Date(Number.NaN))).toThrow(
    "'RateLimited' is an invalid Date, expected a duration",
  )
})

test('a Skip without a reason says so', () => {
  expect(skipReason(new Skip(undefined as never))).toBe('no reason was given')
  expect(skipReason(new Skip('done already'))).toBe('done already')
})
