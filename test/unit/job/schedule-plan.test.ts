import { describe, expect, test } from 'vitest'
import { type CatchUp, decideOverlap, dueTicks, LATE_MS } from '../../../src/job/schedule-plan.ts'
import type { ScheduleRule } from '../../../src/job/schedule-rule.ts'
import { dueOf, jobOfTick } from '../../../src/job/schedule-tick.ts'

const HOUR_MS = 3_600_000
const hourly: ScheduleRule = { everyMs: HOUR_MS, jitterMs: 0 }

/** What is done at a time about the schedule that expected the first hour. */
function at(nowMs: number, catchUp: CatchUp, given: { limit?: number; rule?: ScheduleRule } = {}) {
  const { limit = 100, rule = hourly } = given
  return dueTicks({ name: 'hourly', rule, plan: { catchUp, limit }, tickMs: HOUR_MS }, nowMs)
}

describe('ticks that nobody was there for', () => {
  test('last: the newest one is run', () => {
    expect(at(4.5 * HOUR_MS, 'last')).toEqual({
      ticks: [4 * HOUR_MS],
      lastTickMs: 4 * HOUR_MS,
      nextTickMs: 5 * HOUR_MS,
      missed: true,
    })
  })

  test('none: not even the newest one is run, unless it is no later than a minute', () => {
    expect(at(4 * HOUR_MS + LATE_MS + 1, 'none')).toMatchObject({ ticks: [], nextTickMs: 5 * HOUR_MS })
    expect(at(4 * HOUR_MS + LATE_MS, 'none')).toMatchObject({ ticks: [4 * HOUR_MS], missed: true })
  })

  test('all: they are run in order, the newest ones up to the limit', () => {
    expect(at(4.5 * HOUR_MS, 'all').ticks).toEqual([1, 2, 3, 4].map((hour) => hour * HOUR_MS))
    expect(at(4.5 * HOUR_MS, 'all', { limit: 2 })).toMatchObject({
      ticks: [3 * HOUR_MS, 4 * HOUR_MS],
      missed: true,
    })
  })

  test('years of them are no work', () => {
    const secondly: ScheduleRule = { cron: '* * * * * *', timeZone: 'Europe/Berlin', jitterMs: 0 }
    const tenYearsMs = 10 * 365 * 24 * HOUR_MS
    expect(at(tenYearsMs, 'all', { rule: secondly, limit: 3 }).ticks).toEqual([
      tenYearsMs - 2_000,
      tenYearsMs - 1_000,
      tenYearsMs,
    ])
  })
})

describe('jitter', () => {
  const late: ScheduleRule = { everyMs: HOUR_MS, jitterMs: HOUR_MS / 2 }

  test('puts a tick off by less than it says, the same wherever it is computed', () => {
    const dues = [1, 2, 3, 4, 5].map((hour) => dueOf('a', late, hour * HOUR_MS) - hour * HOUR_MS)
    expect(dues.every((by) => by >= 0 && by < HOUR_MS / 2)).toBe(true)
    expect(new Set(dues).size).toBe(5)
    expect([1, 2, 3, 4, 5].map((hour) => dueOf('a', late, hour * HOUR_MS) - hour * HOUR_MS)).toEqual(dues)
    expect(dueOf('b', late, HOUR_MS)).not.toBe(dueOf('a', late, HOUR_MS))
  })

  test('a tick is not run before it is due, and the one before it is', () => {
    const dueMs = dueOf('hourly', late, 2 * HOUR_MS)
    expect(at(dueMs - 1, 'last', { rule: late })).toMatchObject({ ticks: [HOUR_MS], nextTickMs: 2 * HOUR_MS })
    expect(at(dueMs, 'last', { rule: late }).ticks).toEqual([2 * HOUR_MS])
  })
})

test('overlap: skip runs nothing beside an earlier job, queue does, cancelPrevious ends the earlier one', () => {
  expect(decideOverlap('skip', ['a'])).toEqual({ runs: false, cancels: [] })
  expect(decideOverlap('skip', [])).toEqual({ runs: true, cancels: [] })
  expect(decideOverlap('queue', ['a'])).toEqual({ runs: true, cancels: [] })
  expect(decideOverlap('cancelPrevious', ['a'])).toEqual({ runs: true, cancels: ['a'] })
})

test('the job of a tick has one id wherever it is made, another for each tick and schedule, and knows both', () => {
  const job = {
    name: 'test.work',
    queue: 'default',
    priority: 0,
    input: 'null',
    tags: null,
    retries: 3,
  } as const
  const plain = { ...job, context: '{"user":"ada"}', timeoutMs: null, expiresInMs: null }
  const made = jobOfTick('nightly', plain, HOUR_MS)
  expect(made.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(jobOfTick('nightly', plain, HOUR_MS)).toEqual(made)
  expect(jobOfTick('nightly', plain, 2 * HOUR_MS).id).not.toBe(made.id)
  expect(jobOfTick('weekly', plain, HOUR_MS).id).not.toBe(made.id)
  expect(JSON.parse(made.context ?? '')).toEqual({
    user: 'ada',
    schedule: { name: 'nightly', tickAt: '1970-01-01T01:00:00.000Z' },
  })
})
