import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { parseSchedule, type ScheduleOptions, schedulesField } from '../../../src/job/schedule-options.ts'
import { parseOptions } from '../../../src/kit/options.ts'

const NOW = Date.parse('2026-01-01T00:00:00Z')
const parse = (given: Partial<ScheduleOptions>) =>
  parseSchedule('nightly', { job: 'test.work', ...given }, NOW)

/** What the refusal says, and of which option. */
function refusal(given: Record<string, unknown>): { option: string; message: string } {
  try {
    parse(given as Partial<ScheduleOptions>)
  } catch (error) {
    const { message, facts } = error as { message: string; facts: { option: string } }
    return { option: facts.option, message }
  }
  throw new Error('it was not refused')
}

test.each([
  ['cron', { cron: '61 * * * *' }, 'expected for the minute 0 to 59, a list (1,5), a range (1-5) or a step'],
  ['cron', { cron: '0 3 32 * *' }, 'expected for the day of the month 1 to 31, or L for the last'],
  ['cron', { cron: '0 0 3 * * 8' }, 'for the day of the week 0 to 7, or SUN to SAT'],
  ['cron', { cron: '*/0 * * * *' }, "it has '*/0'"],
  ['cron', { cron: '* * * *' }, "five fields, or six with seconds first, such as '0 3 * * *': it has 4"],
  ['cron', { cron: '* * * * * * *' }, 'it has 7'],
  ['cron', { cron: '@dayly' }, "@yearly. Did you mean '@daily'?"],
  ['cron', { cron: 'tomorrow' }, 'six with seconds first'],
  ['cron', { cron: '0 0 30 2 *' }, 'this one never does'],
  ['timeZone', { cron: '0 3 * * *', timeZone: 'Europe/Nowhere' }, "such as 'Europe/Berlin'"],
  ['timeZone', { every: '1h', timeZone: 'Europe/Berlin' }, "only 'cron' has one"],
  ['every', { every: '10ms' }, 'at least 1000ms'],
  [
    'every',
    { cron: '0 3 * * *', every: '1h' },
    "given together with 'cron', expected one of 'cron', 'every'",
  ],
  ['at', { every: '1h', at: new Date(0) }, "given together with 'every'"],
  ['cron', {}, "one of 'cron', 'every' and 'at'"],
  ['at', { at: '2026-06-01T09:00' }, 'with its offset'],
  ['jitter', { every: '1m', jitter: '1m' }, 'less than the 1m'],
  ['overlap', { every: '1m', overlap: 'wait' }, "'cancelPrevious'"],
  ['overlap', { every: '1m', catchUp: 'all', overlap: 'skip' }, "with catchUp 'all'"],
  ['context', { every: '1m', context: { schedule: 1 } }, "without 'schedule'"],
  ['runAt', { runAt: new Date(0) }, "Did you mean 'at'"],
  ['requires', { every: '1m', requires: ['gpu'] }, 'It is of the definition: defineJob({ name, requires })'],
  ['cache', { every: '1m', cache: {} }, 'It is of the definition: defineJob({ name, cache })'],
  ['key', { every: '1m', key: 'a' }, 'Each tick is one job without it'],
  ['timezone', { cron: '0 3 * * *', timezone: 'UTC' }, "Did you mean 'timeZone'"],
])('what cannot be meant is refused, and says of which option: %s %o', (option, given, words) => {
  const { option: said, message } = refusal(given)
  expect({ said, message }).toEqual({ said: option, message: expect.stringContaining(words) })
  expect(message).toContain("schedule 'nightly'")
})

test('a cron in place of the options is refused with where it belongs', () => {
  const read = () => parseSchedule('nightly', '0 3 * * *' as never, NOW)
  expect(read).toThrow("Did you mean { cron: '0 3 * * *' }?")
})

test('what is left out: UTC, skip, the last tick; queue beside catchUp all', () => {
  expect(parse({ cron: '@daily' })).toMatchObject({
    rule: { cron: '@daily', timeZone: 'UTC', jitterMs: 0 },
    overlap: 'skip',
    options: { catchUp: 'last', catchUpLimit: 100 },
  })
  expect(parse({ every: '1m', catchUp: 'all' }).overlap).toBe('queue')
})

test('a time may be a text with its offset', () => {
  expect(parse({ at: '2026-06-01T09:00:00+02:00' }).rule).toEqual({
    atMs: Date.parse('2026-06-01T07:00:00Z'),
    jitterMs: 0,
  })
})

test('a time may be a date of another realm', () => {
  expect(parse({ at: runInNewContext('new Date(Date.UTC(2026, 5, 1, 7))') }).rule).toEqual({
    atMs: Date.parse('2026-06-01T07:00:00Z'),
    jitterMs: 0,
  })
})

test('schedules that throw when they are read are refused as any other value, and read once', () => {
  const boom = () => {
    throw new RangeError('boom')
  }
  const schedules = Object.defineProperty({}, 'nightly', { enumerable: true, get: boom })
  const read = () => parseOptions('Worker', { schedules: schedulesField() }, { schedules })

  expect(read).toThrow("option 'schedules' is")
})
