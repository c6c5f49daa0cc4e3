import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Heap } from '../../../src/kit/heap.ts'

interface Item {
  value: number
}

const heapOf = (values: readonly number[]): Heap<Item> => {
  const heap = new Heap<Item>((left, right) => left.value < right.value)
  for (const value of values) heap.add({ value })
  return heap
}

const drained = (heap: Heap<Item>): number[] =>
  Array.from({ length: heap.size }, () => heap.take()?.value ?? Number.NaN)

test('whatever is added, the least is taken first, until nothing is left', () => {
  const values = fc.array(fc.integer({ min: -20, max: 20 }))
  fc.assert(
    fc.property(values, values, (first, second) => {
      const heap = heapOf(first)
      for (const value of second) heap.add({ value })
      expect(drained(heap)).toEqual([...first, ...second].sort((left, right) => left - right))
      expect([heap.size, heap.least, heap.take()]).toEqual([0, undefined, undefined])
    }),
  )
})

test('the least that has become greater finds its place', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(50), { minLength: 1 }), fc.nat(60), (values, by) => {
      const heap = heapOf(values)
      const least = heap.least as Item
      const [min = 0, ...others] = values.toSorted((left, right) => left - right)
      expect(least.value).toBe(min)
      least.value += by
      heap.sinkLeast()
      expect(drained(heap)).toEqual([min + by, ...others].sort((left, right) => left - right))
    }),
  )
})
