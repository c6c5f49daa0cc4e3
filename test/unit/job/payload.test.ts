import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { serialise } from '../../../src/job/payload.ts'
import type { MillhandError } from '../../../src/kit/error.ts'

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
    fc.property(fc.oneof(anything, fc.jsonValue(), fc.jsonValue().map(withOddities)), (value) => {
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
      expect(JSON.parse(serialise('value', value))).toEqual(value)
    }),
  )
})

/** What JSON would drop or bend without a word, and the path and the words with which it is refused. */
const REFUSED: Record<string, readonly [make: () => unknown, path: string, problem: RegExp]> = {
  'a symbol as a key': [() => ({ a: { [Symbol('s')]: 1 } }), '$.a["[Symbol(s)]"]', /key is a symbol/],
  'a symbol as a key of a list': [
    () => Object.assign([1], { [Symbol.iterator]: 1 }),
    '$["[Symbol(Symbol.iterator)]"]',
    /symbol/,
  ],
  'a hidden property': [
    () => ({ a: Object.defineProperty({ shown: 1 }, 'hidden', { value: 2 }) }),
    ...(['$.a.hidden', /not enumerable/] as const),
  ],
  'a hidden toJSON': [
    () => Object.defineProperty({}, 'toJSON', { value: () => 7 }),
    '$.toJSON',
    /not enumerable/,
  ],
  'a property on a list': [
    () => ({ match: /b/.exec('abc') }),
    '$.match.groups',
    /undefined|property on a list/,
  ],
  'a toJSON on a list': [() => Object.assign([1], { toJSON: () => 7 }), '$.toJSON', /property on a list/],
  'a hole in a list': [() => Object.assign([], { 0: 1, 2: 3 }), '$[1]', /a hole/],
  'a list of the largest size with nothing in it': [() => new Array(2 ** 32 - 1), '$[0]', /a hole/],
  'undefined in a list': [() => [1, undefined], '$[1]', /undefined/],
  'a list of a class': [() => [new (class Rows extends Array {})()], '$[0]', /a Rows/],
  'a class': [() => ({ price: new (class Money {})() }), '$.price', /a Money/],
  'a class without a name': [() => new (class {})(), '$', /an object with a prototype/],
  'an object with inherited properties': [() => Object.create({ a: 1 }), '$', /an object with a prototype/],
  'a number in a box': [() => [new Number(1)], '$[0]', /a Number/],
  'a text in a box': [() => [new String('a')], '$[0]', /a String/],
  'a date': [() => ({ at: new Date(0) }), '$.at', /a Date.*toISOString/],
  'a date that is none': [() => ({ at: new Date(Number.NaN) }), '$.at', /a Date/],
  bytes: [() => ({ bytes: Buffer.from('a') }), '$.bytes', /a Buffer/],
  'a map': [() => new Map(), '$', /a Map/],
  'an error': [() => new Error('x'), '$', /an? Error/],
  arguments: [
    () =>
      (function () {
        // biome-ignore lint/complexity/noArguments: they are what is tried
        return arguments
      })(),
    ...(['$["[Symbol(Symbol.iterator)]"]', /symbol/] as const),
  ],
  'not a number': [() => ({ a: Number.NaN }), '$.a', /NaN/],
  infinity: [() => [-Infinity], '$[0]', /-Infinity/],
  'a BigInt': [() => ({ a: 1n }), '$.a', /a BigInt/],
  'a function': [() => ({ a() {} }), '$.a', /a function/],
  'a symbol': [() => [Symbol('s')], '$[0]', /a symbol/],
  'a getter that throws': [
    () => ({
      a: {
        get b() {
          throw new Error('no')
        },
      },
    }),
    ...(['$.a.b', /throws when it is read/] as const),
  ],
  'a proxy that was revoked': [
    () => {
      const { proxy, revoke } = Proxy.revocable({}, {})
      revoke()
      return { a: proxy }
    },
    '$.a',
    /throws when it is read/,
  ],
}

test.each(Object.entries(REFUSED))('refused with its path: %s', (_, [make, path, problem]) => {
  const error = refusalOf(make())
  expect(error).toMatchObject({ code: 'not_serialisable', facts: { path } })
  expect(error.facts.problem).toMatch(problem)
})

test('what JSON has words for is kept exactly, however odd', () => {
  const odd = [
    -0,
    [0, -0, 1e21, 5e-324, Number.MAX_VALUE],
    JSON.parse('{"__proto__":{"polluted":true},"constructor":null,"toString":1}'),
    { 'half \ud83d of a pair': '\udc00', nul: 'a\0b', 'line\u2028': '"\\"' },
    Object.assign(Object.create(null), { a: 1 }),
    { b: 1, 2: 'numbers first', 1: 'in order' },
  ]
  for (const value of odd) {
    const kept = JSON.parse(serialise('value', value))
    expect(kept).toEqual(value)
    expect(Object.keys(kept)).toEqual(Object.keys(value))
  }
})

test('what another realm made is as plain as what this one did', () => {
  const foreign = runInNewContext('({ list: [1, { a: 2 }] })')
  expect(serialise('value', foreign)).toBe('{"list":[1,{"a":2}]}')
})

test('a getter is read once, and what it gave is stored', () => {
  let reads = 0
  const value = {
    get a() {
      reads += 1
      return reads === 1 ? 1 : Number.NaN
    },
  }
  expect(serialise('value', value)).toBe('{"a":1}')
  expect(reads).toBe(1)
})

test('a few objects that share their parts 2^40 times over are refused without being written out', () => {
  let value: unknown = 'leaf'
  for (let level = 0; level < 40; level += 1) value = { left: value, right: value }
  const error = refusalOf({ small: 1, large: value })
  expect(error).toMatchObject({ code: 'payload_too_large', facts: { more: true, path: '$.large.left' } })
  expect(error.message).toMatch(/is more than 2097152 bytes as JSON, the limit is 1048576/)
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

function refusalOf(value: unknown): MillhandError<string, Record<string, unknown>> {
  try {
    serialise('value', value)
  } catch (error) {
    return error as MillhandError<string, Record<string, unknown>>
  }
  throw new Error('it was not refused')
}

/** The value with something on it that JSON would leave out. */
function withOddities(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const odd: Record<number, () => object> = {
    1: () => Object.assign(value, { [Symbol('s')]: 1 }),
    2: () => Object.defineProperty(value, 'toJSON', { value: () => 7, enumerable: true }),
    3: () => Object.defineProperty(value, 'extra', { get: () => value, enumerable: true }),
  }
  return odd[Object.keys(value).length]?.() ?? value
}

/** What JSON keeps of a value that it can hold: an optional property that is undefined is one that is not there. */
function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([, inner]) => inner !== undefined)
  return Object.fromEntries(kept.map(([key, inner]) => [key, withoutUndefined(inner)]))
}
