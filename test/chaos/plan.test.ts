import { describe, expect, test } from 'vitest'
import { readOptions } from '../../chaos/options.ts'
import { type Fault, planOf, STORE_KINDS } from '../../chaos/plan.ts'

const SECONDS = 60

describe.each(STORE_KINDS)('the plan of what goes wrong on %s', (store) => {
  const plan = planOf({ store, seed: 7, seconds: SECONDS })

  test('is decided by the seed alone', () => {
    expect(planOf({ store, seed: 7, seconds: SECONDS })).toEqual(plan)
    expect(planOf({ store, seed: 8, seconds: SECONDS })).not.toEqual(plan)
  })

  test('has every fault that there is, and all of them end before the run does', () => {
    const kinds = new Set(plan.map(({ kind }) => kind))
    expect(kinds.size).toBe(store === 'sqlite' ? 9 : 16)
    expect(plan.filter((fault) => endOf(fault) > SECONDS * 1_000)).toEqual([])
  })

  test('lets what happens to all happen one after the other', () => {
    const toAll = plan.filter(({ target }) => target === 'all')
    expect(toAll.slice(1).filter(({ atMs }, index) => atMs < endOf(toAll[index] as Fault))).toEqual([])
  })
})

test('options that are none are refused with what was expected', () => {
  const defaults = {
    store: 'sqlite',
    seed: 1,
    seconds: 30,
    recovery: false,
    kills: 100,
    keep: false,
    json: false,
  }
  expect(readOptions([])).toEqual(defaults)
  expect(() => readOptions(['--store', 'memory'])).toThrow('--store memory: expected sqlite or postgres')
  expect(() => readOptions(['--seconds', '0'])).toThrow('--seconds 0: expected a whole number from 1')
})

function endOf({ atMs, forMs }: Fault): number {
  return atMs + forMs
}
