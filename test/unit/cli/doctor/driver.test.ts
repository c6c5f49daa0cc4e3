import { expect, test } from 'vitest'
import { mendOf } from '../../../../src/cli/doctor/postgres/examine.ts'
import { storeError } from '../../../../src/store/errors.ts'

test('where the client of PostgreSQL is missing, to install it is all that mends it', () => {
  expect(mendOf(storeError('driver_missing', { package: 'pg' }))).toBe('npm install pg')
  expect(mendOf(new Error('connect ECONNREFUSED'))).toContain('start the server')
})
