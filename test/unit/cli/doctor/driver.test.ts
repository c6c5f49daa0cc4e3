import { expect, test } from 'vitest'
import { checkConfiguration } from '../../../../src/cli/doctor/installation.ts'
import { examinePostgres, mendOf } from '../../../../src/cli/doctor/postgres/examine.ts'
import { checkConfig } from '../../../../src/config/index.ts'
import { storeError } from '../../../../src/store/errors.ts'

test('where the client of PostgreSQL is missing, to install it is all that mends it', () => {
  expect(mendOf(storeError('driver_missing', { package: 'pg' }))).toBe('npm install pg')
  expect(mendOf(new Error('connect ECONNREFUSED'))).toContain('start the server')
})

test('a role that is not let in is mended where it is named, and not by starting the server', () => {
  for (const code of ['28P01', '28000']) {
    const cause = Object.assign(new Error('password authentication failed'), { code })
    const refused = storeError('store_unavailable', { location: 'here', problem: cause.message }, { cause })
    expect(mendOf(refused)).toBe('Mend the role and the password in the address of the store.')
  }
})

test('the doctor does not send to the doctor', async () => {
  const { config } = await checkConfig({
    file: false,
    env: { MILLHAND_STORE: 'postgres://ann@127.0.0.1:1/none' },
  })
  const [{ text = '' } = {}] = await examinePostgres(config)
  expect(text).toContain('cannot be used')
  expect(text).not.toContain('doctor')
})

test('a configuration that is passed over is not called none', async () => {
  const checked = await checkConfig({ file: false, jobs: false, env: { MILLHAND_STORE: 'sqlite:jobs.db' } })
  expect(checkConfiguration(checked, false)).toMatchObject([
    { level: 'ok', text: expect.stringMatching(/^not read, since --store/) },
  ])
  expect(checkConfiguration(checked)).toMatchObject([{ text: 'none; everything has its default' }])
})
