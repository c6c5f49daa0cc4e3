import { expect, test } from 'vitest'
import { Mask } from '../../../src/kit/mask.ts'

function maskOf(...secrets: readonly string[]): Mask {
  const mask = new Mask()
  for (const secret of secrets) mask.add(secret)
  return mask
}

test.each([
  ['as it is', 'key=s3cret!', 'key=…'],
  ['more than once', 's3cret! s3cret!', '… …'],
  ['in JSON', JSON.stringify({ key: 's3cret!\n"2"' }), '{"key":"…"}'],
  ['in a URL', `https://a/?k=${encodeURIComponent('s3cret!\n"2"')}&b=1`, 'https://a/?k=…&b=1'],
  ['cut in a message', "'s3cre…", "'…"],
  ['where it is not', 's3c… is short, and s3cret another one', 's3c… is short, and s3cret another one'],
])('a secret %s', (_, text, shown) => {
  expect(maskOf('s3cret!', 's3cret!\n"2"').text(text)).toBe(shown)
})

test('of two secrets, the one that holds the other is hidden whole', () => {
  expect(maskOf('abc', 'xabcx').text('xabcx abc')).toBe('… …')
})

test('an empty secret hides nothing', () => {
  expect(maskOf('').text('abc')).toBe('abc')
})

test('data keeps its shape, and is JSON as before', () => {
  const data = { a: ['x"', 1, null, true], 'x"': { b: 'x" y' } }
  expect(maskOf('x"', '1').data(data)).toEqual({ a: ['…', 1, null, true], '…': { b: '… y' } })
})

test('an error is copied, with its class, its stack and what hangs on it as data', () => {
  class Refused extends TypeError {
    readonly status = 401
    readonly code = 'x-secret'
    readonly request = { headers: { authorization: 'Bearer x-secret' }, socket: new Map([['x-secret', 1]]) }
    readonly retry = () => 'x-secret'
  }
  const error = new Refused('no x-secret', { cause: new AggregateError([new Error('x-secret')], 'all') })
  const masked = maskOf('x-secret').error(error) as Refused
  expect(masked).toBeInstanceOf(Refused)
  expect(masked).toMatchObject({
    ...{ message: 'no …', status: 401, code: '…', cause: { message: 'all', errors: [{ message: '…' }] } },
    ...{ request: { headers: { authorization: 'Bearer …' }, socket: undefined }, retry: undefined },
  })
  expect(masked.stack).toMatch(/^TypeError: no …\n\s+at /)
  expect(error.message).toBe('no x-secret')
})

test('an error that is its own cause, or cannot be read, ends nothing', () => {
  const circular = Object.assign(new Error('x-secret'), { cause: undefined as unknown })
  circular.cause = circular
  expect(maskOf('x-secret').error(circular)).toMatchObject({ message: '…', cause: { message: '…' } })
  const hostile = Object.defineProperty(new Error('x-secret'), 'bad', {
    get() {
      throw new Error('no')
    },
  })
  expect(maskOf('x-secret').error(hostile).message).toBe('…')
})
