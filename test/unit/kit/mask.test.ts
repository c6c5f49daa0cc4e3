import { expect, test } from 'vitest'
import { CutSecret, cutsIn } from '../../../src/kit/cut-secret.ts'
import { Mask } from '../../../src/kit/mask.ts'

function maskOf(...secrets: readonly string[]): Mask {
  const mask = new Mask()
  for (const secret of secrets) mask.add(secret)
  return mask
}

function thrownBy(call: () => unknown): Error {
  try {
    call()
  } catch (error) {
    return error as Error
  }
  throw new Error('it threw nothing')
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

test.each([
  ['at each of several places', 's3cre… and s3cr… and s3cret…', '… and … and …'],
  ['in quotes', `"s3cr"... is not JSON`, '"…"... is not JSON'],
  ['behind the cut', `..."cret!" is not JSON`, '..."…" is not JSON'],
  ['between two cuts', `..."3cret"... is not JSON`, '..."…"... is not JSON'],
  ['within a character', `x🗝y${'…'}: x🗝y🗝\uFFFD…`, '…: …'],
  ['within a character, in JSON', '"x🗝y🗝\\ud83d…"', '"…"'],
  ['where it has such a sign itself', 'a...b.…, ...b...c', '…, ...…'],
])('of a secret that was cut %s, nothing is left', (_, text, shown) => {
  expect(maskOf('s3cret!', 'x🗝y🗝🗝', 'a...b...c').text(text)).toBe(shown)
})

test('what V8 says of a secret that is no JSON tells nothing of it', () => {
  const secret = 'ghp_16C7e42F292c6912E7710c838347Ae178B4a'
  for (const text of [secret, `{"token":"${secret}`, `[1, ${secret}]`, `${secret} ${secret}`]) {
    const { message } = thrownBy(() => JSON.parse(text))
    const shown = maskOf(secret).text(message)
    for (let place = 0; place + 4 <= secret.length; place += 1)
      expect(shown).not.toContain(secret.slice(place, place + 4))
  }
})

test('each character of a long text is read twice at most, however long the secret is', () => {
  let read = 0
  const text = `${'a'.repeat(1_000)}…`.repeat(200)
  const counting = Object.assign(Object(text), {
    charCodeAt: (place: number) => {
      read += 1
      return text.charCodeAt(place)
    },
  })
  new CutSecret(`${'a'.repeat(100_000)}b`).hiddenIn(counting, cutsIn(text))
  expect(read).toBeGreaterThan(text.length)
  expect(read).toBeLessThanOrEqual(2 * text.length)
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
