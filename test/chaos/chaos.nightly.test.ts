import { expect, test } from 'vitest'
import { STORE_KINDS } from '../../chaos/plan.ts'
import { chaos } from './command.ts'

const SECONDS = 1_800
/** It ends what is stuck: with all that has to come to rest, a run takes minutes more. */
const TIMEOUT = { timeout: 2 * SECONDS * 1_000 }

test.each(STORE_KINDS)('on %s no promise is broken in half an hour of faults', TIMEOUT, async (store) => {
  const { code, facts } = await chaos('--store', store, '--seconds', `${SECONDS}`, '--seed', `${process.pid}`)
  expect(facts.problems).toEqual([])
  expect(code).toBe(0)
})

test.each(STORE_KINDS)('on %s all jobs of 100 killed workers run again', TIMEOUT, async (store) => {
  const { facts } = await chaos('--store', store, '--recovery', '--kills', '100')
  expect(facts.problems).toEqual([])
  expect(facts.recoveries).toBeGreaterThan(1_000)
})
