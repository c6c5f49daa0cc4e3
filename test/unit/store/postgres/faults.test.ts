import { expect, test } from 'vitest'
import { TransientError } from '../../../../src/store/errors.ts'
import { translate } from '../../../../src/store/postgres/connection/faults.ts'

const coded = (code: string, message = 'the words of the server') =>
  Object.assign(new Error(message), { code })

const AWAY = [
  ['57P01', 'terminating connection due to administrator command'],
  ['57P02', 'terminating connection because of crash of another server process'],
  ['57P03', 'the database system is starting up'],
  ['53300', 'sorry, too many clients already'],
  ['25P03', 'terminating connection due to idle-in-transaction timeout'],
  ['08006', 'connection failure'],
  ['ECONNREFUSED', ''],
  ['ENOENT', 'connect ENOENT /var/run/postgresql/.s.PGSQL.5432'],
  ['', 'Connection terminated unexpectedly'],
  ['', 'timeout exceeded when trying to connect'],
  ['', 'Query read timeout'],
] as const

for (const [code, message] of AWAY) {
  test(`"${message || code}" says that the server is away`, () => {
    const error = translate(coded(code, message), 'here')
    expect(error).toBeInstanceOf(TransientError)
    expect(error).toMatchObject({ away: true, message: message || code })
  })
}

test('a server that may not be written may be so for a moment, or be meant so', () => {
  const error = translate(coded('25006', 'cannot execute INSERT in a read-only transaction'), 'here')
  expect(error).toMatchObject({ name: 'TransientError', away: true, locked: true })
  expect(error).toMatchObject({
    lasting: { code: 'store_read_only', facts: { location: 'here', server: true } },
  })
})

for (const code of ['40001', '40P01', '55P03', '57014', '53200']) {
  test(`${code} passes by itself, and says nothing about the others`, () => {
    expect(translate(coded(code), 'here')).toMatchObject({ name: 'TransientError', away: false })
  })
}

test('a URL that a handler could not read is an error of its own', () => {
  const error = Object.assign(coded('ERR_INVALID_URL'), { input: 'https://' })
  expect(translate(error, 'here')).toBe(error)
})

test('a fault that does not pass is not tried again', () => {
  expect(translate(coded('53100'), 'here')).toMatchObject({ code: 'store_full' })
  expect(translate(coded('42501'), 'here')).toMatchObject({ code: 'store_unavailable' })
  expect(translate(coded('28P01'), 'here')).toMatchObject({ code: 'store_unavailable' })
  expect(translate(coded('23505'), 'here')).not.toBeInstanceOf(TransientError)
})
