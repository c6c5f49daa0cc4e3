import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { dateOf } from '../../../src/kit/date.ts'

test('a date of any realm is a date, and what is given is a copy of this one', () => {
  const given = new Date(5)
  const read = dateOf(given)
  given.setTime(7)
  expect(read).toEqual(new Date(5))
  const foreign = dateOf(runInNewContext('new Date(5)'))
  expect(foreign).toBeInstanceOf(Date)
  expect(foreign?.getTime()).toBe(5)
  expect(dateOf(runInNewContext('Object.assign(new Date(5), { getTime: () => 7 })'))?.getTime()).toBe(5)
})

test.each([
  ['none at all', undefined],
  ['an invalid one', new Date(Number.NaN)],
  ['an invalid one of another realm', runInNewContext('new Date(NaN)')],
  ['what only looks like one', { getTime: () => 5 }],
  ['what inherits from one', Object.create(Date.prototype)],
  ['a number', 5],
])('it is none: %s', (_, value) => expect(dateOf(value)).toBeUndefined())
