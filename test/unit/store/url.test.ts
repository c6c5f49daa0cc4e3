import { expect, test } from 'vitest'
import { withoutPassword } from '../../../src/kit/secrets.ts'
import { inSchema, kindOf, meantBy, readPostgresUrl, slipIn } from '../../../src/store/url.ts'

test.each([
  ['memory:', 'memory'],
  ['sqlite:a.db', 'sqlite'],
  ['sqlite:', undefined],
  ['postgres://localhost/a', 'postgres'],
  ['postgresql://localhost/a', 'postgres'],
  ['mysql://localhost/a', undefined],
  [undefined, undefined],
])('%s is of the kind %s', (url, kind) => expect(kindOf(url)).toBe(kind))

test.each([
  ['sqlite://library.db', /without the slashes/],
  ['sqlite::memory:', /'memory:'/],
  ['memory', /'memory:'/],
  ['mysql://localhost/a', /no store on MySQL/],
  ['mongodb+srv://localhost/a', /no store on MongoDB/],
  ['sqlite:~/library.db', /not read here/],
  ['sqlite:library.db?mode=ro', /no options/],
])('a form that others take is refused, with what is meant: %s', (url, meant) => {
  expect(kindOf(url)).toBeUndefined()
  expect(meantBy(url)).toMatch(meant)
})

test.each([
  'sqlite:library.db',
  'sqlite:///srv/library.db',
  'sqlite:/srv/a?b.db',
  'memory:',
])('what is meant as it stands is left so: %s', (url) => expect(meantBy(url)).toBeUndefined())

test('a password that is not escaped is found, before a piece of it is taken for the server', () => {
  for (const password of ['p#w', 'p/w', 'p@ss/w', 'p@ss#w', '/'])
    expect(slipIn(`postgres://app:${password}@127.0.0.1:5432/shop`)).toMatch(/encodeURIComponent/)
  for (const url of [
    'postgres://a:p%23@h/d',
    'postgres:///d?host=/tmp',
    'postgres://a:p@w@h/d?options=a/b@c',
  ])
    expect(slipIn(url)).toBeUndefined()
})

test('a slip in an option is found, and what only a library beside pg knows is none', () => {
  expect(slipIn('postgres://h/d?shcema=reports')).toMatch(/'shcema'. Did you mean 'schema'/)
  expect(slipIn('postgres://h/d?sslmod=verify-full')).toMatch(/'sslmod'. Did you mean 'sslmode'/)
  for (const query of [
    '',
    '?schema=a&sslmode=require',
    '?pgbouncer=true&connection_limit=5',
    '?x-my-own-thing=1',
  ])
    expect(slipIn(`postgres://h/d${query}`)).toBeUndefined()
})

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
