import pg from 'pg'
import { expect, test } from 'vitest'
import { addressOf } from '../../../../src/store/postgres/connection/address.ts'

test('a connection beside a pool gets the secrets that the pool hides', async () => {
  const pool = new pg.Pool({ host: 'db', user: 'u', password: 'secret', ssl: { key: 'k', ca: 'c' } })
  const { config, location } = await addressOf(pool)
  expect({ ...config }).toMatchObject({
    host: 'db',
    user: 'u',
    password: 'secret',
    ssl: { key: 'k', ca: 'c' },
  })
  expect({ ...(config.ssl as object) }).toEqual({ key: 'k', ca: 'c' })
  expect(location).not.toContain('secret')
})

test('what is only the business of a pool does not keep a connection from another thread', async () => {
  const pool = new pg.Pool({ host: 'db', log: () => {}, onConnect: () => {}, max: 3 })
  const { config } = await addressOf(pool)
  expect(() => structuredClone(config)).not.toThrow()
})
