import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serialise } from '../../../src/job/payload.ts'

test('whatever is accepted comes back equal', () => {
  // What somebody may pass: JSON, and all the things that it has no word for.
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    withBoxedValues: true,
    maxDepth: 4,
  })
  let accepted = 0
  fc.assert(
    fc.property(fc.oneof(anything, fc.jsonValue()), (value) => {
      let json: string
      try {
        json = serialise('value', value)
      } catch (error) {
        expect((error as { code?: string }).code).toBe('not_serialisable')
        return
      }
      accepted += 1
      expect(JSON.parse(json)).toEqual(withoutUndefined(value))
    }),
    { numRuns: 2_000 },
  )
  expect(accepted).toBeGreaterThan(500)
})

test('all that JSON can hold is accepted', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
      expect(JSON.parse(serialise('value', value))).toEqual(JSON.parse(JSON.stringify(value)))
    }),
  )
})

test('an object that makes its own JSON would arrive as something else, and is refused', () => {
  expect(() => serialise('value', { price: { toJSON: () => 7 } })).toThrow(/a function at \$\.price\.toJSON/)
  class Money {
    readonly #cents = 7
    toJSON() {
      return this.#cents
    }
  }
  expect(() => serialise('value', { price: new Money() })).toThrow(/a Money.* at \$\.price/)
})

test('the same object twice is no circle', () => {
  const shared = { a: 1 }
  expect(serialise('value', { one: shared, two: [shared, shared] })).toBe(
    '{"one":{"a":1},"two":[{"a":1},{"a":1}]}',
  )
})

test('the limit is of bytes of UTF-8, to the byte', () => {
  const euros = '€'.repeat(10)
  expect(serialise('value', euros, 32)).toHaveLength(12)
  expect(() => serialise('value', euros, 31)).toThrow(/The value is 32 bytes as JSON, the limit is 31/)
})

test('a path is written as code would write it', () => {
  const paths: [unknown, string][] = [
    [undefined, '$'],
    [[[undefined]], '$[0][0]'],
    [{ a: { 'b c': { 9: Number.NaN } } }, '$.a["b c"]["9"]'],
    [{ 'say "hi"': () => {} }, '$["say \\"hi\\""]'],
  ]
  for (const [value, path] of paths) {
    try {
      serialise('value', value)
    } catch (error) {
      expect((error as { facts?: { path: string } }).facts?.path).toBe(path)
      continue
    }
    throw new Error(`${path} was not refused`)
  }
})

test('a large list of small things is checked within a blink', () => {
  const rows = Array.from({ length: 20_000 }, (_, index) => ({ index, tags: ['a', 'b'] }))
  expect(serialise('value', rows)).toBe(JSON.stringify(rows))
})

/** What JSON keeps of a value that it can hold: an optional property that is undefined is one that is not there. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  // JSON has one zero.
  if (typeof value !== 'object' || value === null) return Object.is(value, -0) ? 0 : value
  const kept = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutUndefined(inner)]))
}
