import { expect, test } from 'vitest'
import { filterOf } from '../../../src/cli/filter.ts'

test('--input is a path and a value: a number, a word or a text of JSON, else the text that it is', () => {
  const input = ['user.id=42', 'on=true', 'to=null', 'name=Ada=B', 'code="42"', 'broken="', 'empty=']
  expect(filterOf({ input })).toEqual({
    input: {
      ...{ 'user.id': 42, on: true, to: null, name: 'Ada=B', code: '42', broken: '"', empty: '' },
    },
  })
})

test('--group chooses the jobs of a group, and is a text though it looks like a number', () => {
  expect(filterOf({ group: '42' })).toEqual({ group: '42' })
})
