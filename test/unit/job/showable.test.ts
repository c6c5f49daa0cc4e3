import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PROGRESS_BYTES_MAX } from '../../../src/job/limits.ts'
import { showable, showableProgress, showableText } from '../../../src/job/showable.ts'

/** Whatever a handler may pass, and things that throw when they are looked at. */
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

test('whatever is passed is shown, within its limit, and never thrown', () => {
  fc.assert(
    fc.property(anything, fc.integer({ min: 100, max: 400 }), (value, bytesMax) => {
      expect(Buffer.byteLength(JSON.stringify(showable(value, bytesMax)))).toBeLessThanOrEqual(bytesMax)
      expect(typeof showableText(value)).toBe('string')
      const { fraction = 0, message = '' } = showableProgress(value)
      expect(fraction).toBeGreaterThanOrEqual(0)
      expect(fraction).toBeLessThanOrEqual(1)
      expect(typeof message).toBe('string')
    }),
    { numRuns: 500 },
  )
})

test('what JSON can hold and is small is shown as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const json = JSON.stringify(value)
      fc.pre(json.length < 2_000)
      expect(JSON.parse(JSON.stringify(showable(value)))).toEqual(JSON.parse(json))
    }),
  )
})

test('one property that throws leaves the others as they are', () => {
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const value = {
    before: 1,
    get broken() {
      throw new Error('no')
    },
    list: [proxy, 2],
    after: { deep: Number.NaN },
  }
  expect(showable(value)).toEqual({
    ...{ before: 1, broken: '[cannot be read]', list: ['[cannot be read]', 2], after: { deep: 'NaN' } },
  })
})

test('objects of a class are shown by what they make of themselves, or by their data', () => {
  const error = Object.assign(new Error('away'), { code: 'ECONNREFUSED' })
  expect(showable({ error, tags: new Set(['a']), counts: new Map([['b', 2]]), url: new URL('a:b') })).toEqual(
    {
      error: { name: 'Error', message: 'away', code: 'ECONNREFUSED' },
      ...{ tags: ['a'], counts: { b: 2 }, url: 'a:b' },
    },
  )
})

test('what is too large is cut, and says so', () => {
  const rows = showable(Array.from({ length: 100_000 }, (_, index) => ({ index }))) as unknown[]
  expect(rows.slice(0, 2)).toEqual([{ index: 0 }, { index: 1 }])
  expect(rows.at(-1)).toMatch(/^… \d+ more$/)
  const euros = showable('€'.repeat(100_000)) as string
  expect(euros).toMatch(/^€+…$/)
  expect(Buffer.byteLength(euros)).toBeLessThan(PROGRESS_BYTES_MAX)
  let shared: unknown = 'leaf'
  for (let level = 0; level < 40; level += 1) shared = [shared, shared]
  expect(JSON.stringify(showable(shared)).length).toBeLessThan(PROGRESS_BYTES_MAX)
})

test('a fraction is held between 0 and 1; one that is none is told in words', () => {
  expect([-1, 0.25, 7, Number.POSITIVE_INFINITY].map(showableProgress)).toEqual([
    ...[{ fraction: 0 }, { fraction: 0.25 }, { fraction: 1 }],
    { fraction: 1 },
  ])
  expect(showableProgress(Number.NaN)).toEqual({ message: '[fraction: NaN]' })
  expect(showableProgress({ fraction: Number.NaN, message: 'reading' })).toEqual({ message: 'reading' })
  expect(showableProgress('reading')).toEqual({ message: 'reading' })
  expect(showableProgress(undefined)).toEqual({ message: 'undefined' })
})

test('bytes are told by their number, and of millions of entries no more are looked at than are shown', () => {
  expect(showable(new Uint8Array(50_000_000))).toBe('[Uint8Array, 50000000 bytes]')
  expect(showable(Buffer.alloc(5))).toBe('[Buffer, 5 bytes]')
  const looked: number[] = []
  const many = new Set([1])
  many.values = function* (this: Set<number>) {
    for (let index = 0; ; index += 1) {
      looked.push(index)
      yield index
    }
  } as never
  expect(Array.isArray(showable(many, 1_000))).toBe(true)
  expect(looked.length).toBeLessThan(10_000)
  expect(showable(new Map([[2n ** 100_000n, 1]]))).toEqual({ '[bigint]': 1 })
})
