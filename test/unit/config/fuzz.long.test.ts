import { expect, test } from 'vitest'
import { OPTIONS } from '../../../src/config/options.ts'
import { readSettings } from '../../../src/config/settings.ts'
import { hostileValues } from '../../support/hostile-values.ts'
import { fuzzConfigurations } from './fuzz.ts'

const CASES = 5_000

test(`the same of ${CASES} of them, of which many are accepted`, async () => {
  const { accepted, refused } = await fuzzConfigurations(CASES)
  expect(Math.min(accepted, refused)).toBeGreaterThan(CASES / 50)
})

test.each(
  Object.entries(hostileValues),
)('what a module gives an option is taken, or refused with its path: %s', (_, make) => {
  for (const { section, name, path } of OPTIONS) {
    const file = section === 'top' ? { [name]: make() } : { [section]: { [name]: make() } }
    const { values, errors } = readSettings(file, { env: {}, flags: [] })
    expect([...values.keys(), ...errors.map((problem) => problem.path)]).toEqual([path])
  }
})
