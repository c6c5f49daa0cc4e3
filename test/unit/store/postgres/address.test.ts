import pg from 'pg'
import { expect, test } from 'vitest'
import { addressOf, parseAddress, portable } from '../../../../src/store/postgres/address.ts'

function poolWith(options: pg.PoolConfig) {
  return addressOf(new pg.Pool({ host: 'db', database: 'app', user: 'ann', ...options }))
}

test('what a pool hides reaches the connections beside it, and another thread', () => {
  const ca = Buffer.from('authority')
  const address = poolWith({ password: 'secret', ssl: { key: 'private', ca } })
  expect(address.location).toBe('postgres://db/app')
  expect({ ...address.config }).toMatchObject({ password: 'secret', ssl: { key: 'private', ca } })
  expect(structuredClone(portable(address))).toEqual({
    host: 'db',
    database: 'app',
    user: 'ann',
    password: 'secret',
    ssl: { key: 'private', ca: new Uint8Array(ca) },
  })
})

test('code cannot go to another thread', () => {
  expect(portable(poolWith({ password: () => 'secret' }))).toBeNull()
  expect(portable(poolWith({ ssl: { checkServerIdentity: () => undefined } }))).toBeNull()
})

test('the schema is that of the option, else of the URL, else millhand; it has to be a name', () => {
  expect(parseAddress('postgres://db/app?schema=a', 'b').schema).toBe('b')
  expect(parseAddress('postgres://db/app?schema=a').schema).toBe('a')
  expect(parseAddress('postgres://db/app').schema).toBe('millhand')
  expect(() => parseAddress('postgres://db/app', 'no-name')).toThrow(/'no-name' is not valid/)
})
