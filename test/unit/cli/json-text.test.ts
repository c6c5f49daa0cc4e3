import { expect, test } from 'vitest'
import { parseJson } from '../../../src/cli/json-text.ts'

test.each([
  ['{a:1}', 1, 2],
  ['{"a":1,}', 1, 8],
  ['[1 2]', 1, 4],
  ['hello', 1, 1],
  ['{"path": a.pdf}', 1, 10],
  ["{'a':1}", 1, 2],
  ['{"a":1} x', 1, 9],
  ['[1,\n2,\n,3]', 3, 1],
  ['"two\nlines"', 1, 5],
  ['{"a":tru}', 1, 9],
  ['{"a":1', 1, 7],
  ['tru', 1, 4],
  ['-', 1, 2],
  ['', 1, 1],
])('%j is broken at line %d, column %d', (text, line, column) => {
  expect(() => parseJson('The input', text)).toThrow(
    expect.objectContaining({ code: 'invalid_json', facts: expect.objectContaining({ line, column }) }),
  )
})

test('the message says what, where and how to mend it', () => {
  expect(() => parseJson('--context', '{"user": ann}')).toThrow(
    '--context is not valid JSON: unexpected token \'a\' at line 1, column 10, near "ann}". ' +
      'Quote it for the shell: \'{"path":"a.pdf"}\'.',
  )
})

test('what is JSON is read', () => {
  expect(parseJson('The input', ' {"a": [1, null]} ')).toEqual({ a: [1, null] })
})
