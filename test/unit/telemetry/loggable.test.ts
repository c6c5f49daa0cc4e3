import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { loggable } from '../../../src/telemetry/loggable.ts'

test('a date is logged as a date, of whatever realm, and one that is none as nothing', () => {
  const dates = { own: new Date(5), foreign: runInNewContext('new Date(5)'), invalid: new Date(Number.NaN) }
  const at = '1970-01-01T00:00:00.005Z'
  expect(JSON.parse(JSON.stringify(loggable(dates)))).toEqual({ own: at, foreign: at, invalid: null })
})
