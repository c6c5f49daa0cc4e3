import { expect, test } from 'vitest'
import { STORE_KINDS } from '../../chaos/plan.ts'
import { chaos } from './command.ts'

test.each(
  STORE_KINDS,
)('on %s no promise is broken while processes, and what is under them, fail', async (store) => {
  const { code, facts } = await chaos('--store', store, '--seconds', '30', '--seed', '11')
  expect(facts.problems).toEqual([])
  expect(code).toBe(0)
  // How many depends on how busy the machine is.
  expect(facts.enqueued).toBeGreaterThan(0)
  expect(facts.effects).toBeGreaterThan(0)
  expect(facts.faults['kill a worker']).toBeGreaterThan(0)
})
