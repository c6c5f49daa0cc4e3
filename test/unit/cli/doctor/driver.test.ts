import { expect, test, vi } from 'vitest'
import { examinePostgres } from '../../../../src/cli/doctor/postgres/examine.ts'
import { loadConfig } from '../../../../src/config/index.ts'
import { storeError } from '../../../../src/store/errors.ts'

vi.mock('../../../../src/store/postgres/connection/driver.ts', () => ({
  loadDriver: () => Promise.reject(storeError('driver_missing', { package: 'pg' })),
}))

test('where the client of PostgreSQL is missing, to install it is all that mends it', async () => {
  const { config } = await loadConfig({ file: false, env: { MILLHAND_STORE: 'postgres://localhost/db' } })
  expect(await examinePostgres(config)).toEqual([
    { check: 'opens', level: 'fail', text: expect.stringContaining("'pg'"), mend: 'npm install pg' },
  ])
})
