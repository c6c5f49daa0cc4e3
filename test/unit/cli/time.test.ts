import { expect, test } from 'vitest'
import { readTime } from '../../../src/cli/time.ts'

test.each([
  ['2026-05-01T08:00:00Z', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T08:00Z', '2026-05-01T08:00:00.000Z'],
  ['2026-05-01T10:00:00.250+02:00', '2026-05-01T08:00:00.250Z'],
  ['2024-02-29T00:00:00.500000-05:00', '2024-02-29T05:00:00.500Z'],
])('%s is a time', (text, time) => {
  expect(readTime('--run-at', text).toISOString()).toBe(time)
})

test.each([
  ['2026-02-30T08:00:00Z', /there is no such day/],
  ['2025-02-29T08:00:00Z', /there is no such day/],
  ['2026-13-01T08:00:00Z', /there is no such day/],
  ['2026-05-01T24:00:00Z', /there is no such time of day/],
  ['2026-05-01T08:60:00Z', /there is no such time of day/],
  ['2026-05-01T08:00:00+25:00', /there is no such zone/],
  ['2026-05-01T08:00:00', /it has no zone/],
  ['2026-05-01 08:00', /it has no zone/],
  ['2026-05-01', /it has no time of day and no zone/],
  ['2026-05-01T08:00:00.123456Z', /it is finer than a millisecond/],
  ['noon', /it is no time/],
  ['1777622400000', /it is no time/],
])('%s would be taken for another time, and is refused', (text, problem) => {
  expect(() => readTime('--run-at', text)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringMatching(problem) }),
  )
})
