import fc from 'fast-check'
import { expect, test } from 'vitest'
import { STANDARD_INPUT } from '../../../src/cli/errors.ts'
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
      'Quote it for the shell: --context \'{"key":"value"}\'.',
  )
  expect(() => parseJson('The input', '{a}')).toThrow(/Quote it for the shell: '{"path":"a\.pdf"}'\.$/)
})

test('what is JSON is read', () => {
  expect(parseJson('The input', ' {"a": [1, null]} ')).toEqual({ a: [1, null] })
})

test.each([
  ['{"id":12345678901234567890}', 'the number 12345678901234567890 would become 12345678901234567000', 7],
  ['[1, 1e400]', 'the number 1e400 would become Infinity', 5],
  ['[1e-400]', 'the number 1e-400 would become 0', 2],
  ['0.1000000000000000055511151231257827', 'would become 0.1 ', 1],
  ['{"a":{"b":1},"list":[{"b":1,"c":2,"b":3}]}', 'the key "b" stands twice', 35],
  ['{"a":1,"\\u0061":2}', 'the key "a" stands twice', 8],
])('%s would not be stored as it says, and is refused', (text, problem, column) => {
  expect(() => parseJson('The input', text)).toThrow(
    expect.objectContaining({
      code: 'inexact_json',
      facts: expect.objectContaining({ problem: expect.stringContaining(problem), line: 1, column }),
    }),
  )
})

test('every number that a computer can hold is taken, however it is written', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const ways = [JSON.stringify(number), number.toExponential(), `${number}`.replace(/^(-?\d+)$/, '$1.0')]
      for (const text of ways) expect(parseJson('The input', text)).toBe(Number(text))
    }),
  )
  for (const text of ['1.50', '100e-2', '0.0', '-0', '1E3', '9007199254740992', '1e22'])
    parseJson('The input', text)
})

test('whatever JSON.stringify writes is taken, texts that look like JSON too', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify({ value, text: JSON.stringify(value) })
      expect(parseJson('The input', text)).toEqual(JSON.parse(text))
    }),
  )
})

test('of what comes from standard input the shell is not to blame', () => {
  for (const text of ['{', ''])
    expect(() => parseJson(STANDARD_INPUT, text)).toThrow(
      /^Standard input is not valid JSON: .* near its end\. '-' takes the input/,
    )
  expect(() => parseJson('The input', '{')).toThrow(/Quote it for the shell/)
})
