import { expect, test } from 'vitest'
import { EXIT, exitCodeOf } from '../../../src/cli/exit.ts'
import { jobError } from '../../../src/job/errors.ts'
import { translateConnecting } from '../../../src/store/postgres/connection/faults.ts'

test('a PostgreSQL database that does not exist is no database, as a file that is not there', () => {
  const thrown = Object.assign(new Error('database "nowhere" does not exist'), { code: '3D000' })
  expect(exitCodeOf(translateConnecting(thrown, 'postgres://localhost/nowhere'))).toBe(EXIT.notFound)
})

test('a schedule or a limit that there is not is not found, as a job is', () => {
  for (const code of ['schedule_not_found', 'limit_not_found'] as const)
    expect(exitCodeOf(jobError(code, { name: 'none', known: [] }))).toBe(EXIT.notFound)
})

test('one that does not let the role in is a failure', () => {
  const thrown = Object.assign(new Error('password authentication failed'), { code: '28P01' })
  expect(exitCodeOf(translateConnecting(thrown, 'postgres://localhost/app'))).toBe(EXIT.failed)
})
