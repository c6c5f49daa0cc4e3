import { expect, test } from 'vitest'
import { withoutPassword } from '../../../src/kit/secrets.ts'
import { inSchema, kindOf, readPostgresUrl } from '../../../src/store/url.ts'

test.each([
  ['memory:', 'memory'],
  ['sqlite:a.db', 'sqlite'],
  ['sqlite:', undefined],
  ['postgres://localhost/a', 'postgres'],
  ['postgresql://localhost/a', 'postgres'],
  ['mysql://localhost/a', undefined],
  [undefined, undefined],
])('%s is of the kind %s', (url, kind) => expect(kindOf(url)).toBe(kind))

test('a URL is taken apart; what is for pg stays as it was', () => {
  expect(readPostgresUrl('postgres://u:p@host:1/db?sslmode=require')).toEqual({
    connection: 'postgres://u:p@host:1/db?sslmode=require',
    schema: undefined,
    shown: 'postgres://host:1/db',
  })
  expect(readPostgresUrl('postgres:///db?host=/run/postgresql&schema=mill')).toEqual({
    connection: 'postgres:///db?host=%2Frun%2Fpostgresql',
    schema: 'mill',
    shown: 'postgres:///db',
  })
  expect(inSchema('postgres://host/db?schema=a&sslmode=require', 'b')).toBe(
    'postgres://host/db?sslmode=require&schema=b',
  )
})

test.each([
  'postgres://user:secret@host/db',
  'postgres://user:se@cret@host/db',
  'postgres://user:se/cret@host/db',
  'postgres://user:se?cret@host/db',
  'postgres://user:12?secret@host/db',
  'postgres://user:se#cret@host/db',
  'postgres://host/db?user=user&password=secret',
  'postgres://user:secret@[::1]:5432/db?schema=mill',
  'postgres://user:se cret@host/db',
  'postgres://us er:secret@host/db',
  `postgres://user:${'secret'.repeat(1_000)}@host/db`,
  'postgres://host/db password=secret',
  'POSTGRES://user:secret@host/db',
])('no part of a password is shown: %s', (url) => {
  const { shown } = readPostgresUrl(url)
  expect(shown).not.toMatch(/user|secret|cret|se@|:se|12/)
  expect(withoutPassword(`what of ${url}?`)).not.toMatch(/secret|cret/)
})
