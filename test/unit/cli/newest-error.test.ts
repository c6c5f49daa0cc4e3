import { expect, test } from 'vitest'
import { NewestError } from '../../../src/cli/dev/newest-error.ts'

test('the newest error is the line that the last stack stands beneath, with all of that', () => {
  const newest = new NewestError()
  const heard = (worker: number, line: string) => newest.hear(worker, line)
  expect(heard(1, 'complete a')).toBe(false)
  expect(heard(1, 'fail b')).toBe(false)
  expect(heard(1, '    at one')).toBe(true)
  expect(heard(2, 'complete c')).toBe(false)
  expect(heard(1, '    caused by: Error: x')).toBe(true)
  expect(heard(1, 'complete d')).toBe(false)
  expect(newest.lines).toEqual(['fail b', '    at one', '    caused by: Error: x'])
  heard(2, 'fail e')
  heard(2, '    at two')
  expect(newest.lines).toEqual(['fail e', '    at two'])
})
