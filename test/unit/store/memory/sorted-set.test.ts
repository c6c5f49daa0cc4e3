import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SortedSet } from '../../../../src/store/memory/data/sorted-set.ts'

const inOrder = (left: number, right: number) => left - right

test('a sorted set holds what was added and not deleted, in order', () => {
  const steps = fc.array(fc.record({ adds: fc.boolean(), value: fc.nat(200) }), {
    maxLength: 400,
    size: 'max',
  })
  const property = fc.property(steps, (given) => {
    const set = new SortedSet<number>(inOrder)
    const expected = new Set<number>()
    for (const { adds, value } of given) {
      if (!adds) set.delete(value)
      else if (!expected.has(value)) set.add(value)
      if (adds) expected.add(value)
      else expected.delete(value)
    }
    expect([...set]).toEqual([...expected].sort(inOrder))
    expect(set.first).toBe([...expected].sort(inOrder)[0])
  })
  fc.assert(property)
})

test('a sorted set of many chunks stays in order, whichever way it is filled and emptied', () => {
  const set = new SortedSet<number>(inOrder)
  const values = Array.from({ length: 5_000 }, (_, index) => (index * 7_919) % 5_000)
  for (const value of values) set.add(value)
  expect([...set]).toEqual(values.toSorted(inOrder))

  const [gone, left] = [values.slice(0, 4_000), values.slice(4_000)]
  for (const value of gone) set.delete(value)
  expect([...set]).toEqual(left.toSorted(inOrder))
  for (const value of left) set.delete(value)
  expect([...set]).toEqual([])
})
