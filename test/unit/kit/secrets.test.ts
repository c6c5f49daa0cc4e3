import fc from 'fast-check'
import { expect, test } from 'vitest'
import { errorFactory, preview } from '../../../src/kit/error.ts'
import { withoutPassword } from '../../../src/kit/secrets.ts'
import { suggest } from '../../../src/kit/suggest.ts'

test.each([
  ['postgres://user:secret@host/db', 'postgres://…@host/db'],
  ['cannot use postgres://user:se cret@host/db today', 'cannot use postgres://…@host/db today'],
  ['redis://:secret@host:6379', 'redis://…@host:6379'],
  ['postgres://u:0/secret @host/db', 'postgres://…@host/db'],
  ['https://user:secret@registry.npmjs.org/@scope/name', 'https://…@registry.npmjs.org/@scope/name'],
  ['user:secret@host', 'user:…@host'],
  ['//user:secret@host/db', '//user:…@host/db'],
  ["is 'postgres//user:secret@host/db'", "is 'postgres//user:…@host/db'"],
  ["'mysql://u:secret@h/db', expected 'postgres://u:p@h'", "'mysql://…@h/db', expected 'postgres://…@h'"],
  ["'postgres://u:s'ecret@h' for a@b", "'postgres://…@h' for a@b"],
  ['host=h password=secret dbname=d', 'host=h password=… dbname=d'],
  ["host=h password = 'with space' dbname=d", 'host=h password = … dbname=d'],
  ["password='it\\'s secret' dbname=d", 'password=… dbname=d'],
  ['password=with\\ secret dbname=d', 'password=… dbname=d'],
  ['PGPASSWORD=secret millhand work', 'PGPASSWORD=… millhand work'],
  ['postgres://host/db?user=u&password=se@cret&ssl=1', 'postgres://host/db?user=u&password=…&ssl=1'],
  ["'postgres://host/db?password=with secret' is none", "'postgres://host/db?password=…' is none"],
  ['{"user":"u","password":"se\\"cret"}', '{"user":"u","password":…}'],
  ['{"data":"{\\"password\\":\\"secret\\",\\"n\\":1}"}', '{"data":"{\\"password\\":…,\\"n\\":1}"}'],
  ['{"password":12345,"n":1}', '{"password":…,"n":1}'],
])('a password is masked, however it is written: %s', (text, shown) => {
  expect(withoutPassword(text)).toBe(shown)
})

test.each([
  'postgres://host:5432/db cannot be used: role "a@b" does not exist',
  '    at run (file:///srv/node_modules/@scope/name/index.js:10:5)',
  'password authentication failed for user "u"',
  'write to a@example.com at 10:30',
  'https://example.com/@scope',
  "expected 'postgres://USER:PASSWORD@HOST/DATABASE' or 'memory:'",
])('what holds no password stays as it is: %s', (text) => expect(withoutPassword(text)).toBe(text))

test('a password is masked before anything is cut', () => {
  const url = `postgres://user:${'s3cret'.repeat(100)}@host/db`
  expect(preview(url)).toBe("'postgres://…@host/db'")
  expect(preview({ url })).toBe('{"url":"postgres://…@host/db"}')
  const raise = errorFactory({ away: ({ problem }: { problem: string }) => `It is away: ${problem}.` })
  expect(raise('away', { problem: `connect ${url}` }).message).toBe(
    'It is away: connect postgres://…@host/db.',
  )
})

/** A quadratic expression would take hours of these. */
test.each([
  [':'],
  ['@'],
  ['a:'],
  ['a://'],
  ['postgres://'],
  ['postgres://a:b '],
  ['a://b:c@d '],
  ["'a://b'"],
  ["'postgres://a'b"],
  [' a://h/x'],
  ["'a://"],
  ['?password='],
  ['password='],
  ["password='"],
  ["password='\\"],
  ['password '],
  ['a.b-c+'],
  ['a:b@'],
])('megabytes of %s are passed over once', (piece) => {
  const text = piece.repeat(Math.ceil(2_000_000 / piece.length))
  expect(withoutPassword(`${text}@`).length).toBeLessThanOrEqual(text.length + 2_000_000)
})

test('megabytes of quotes behind a URL are passed over once', () => {
  const text = `'a://${"' ".repeat(1_000_000)}`
  expect(withoutPassword(`${text}@`)).toBe("'a://…@")
})

test('no part of a password that is a word shows, wherever the URL stands', () => {
  const around = fc.constantFrom('', ' ', 'see ', '"', "('", ': ')
  fc.assert(
    fc.property(around, fc.string({ maxLength: 9 }), fc.string({ maxLength: 9 }), (before, left, right) => {
      // In quotes, one that has them as well cannot be told from what stands behind it.
      const quotes = /["']$/.test(before) ? /["'\n]/g : /\n/g
      const password = `${left}s3cret${right}`.replaceAll(quotes, '')
      expect(withoutPassword(`${before}postgres://u:${password}@host/db`)).not.toContain('s3cret')
    }),
  )
})

test('a word as long as a document is compared with nothing', () => {
  const long = 'retries'.repeat(1_000_000)
  expect(suggest(long, ['retries'])).toBeUndefined()
  expect(suggest('retrys', [long, 'retries'])).toBe('retries')
})
