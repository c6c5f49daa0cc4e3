import { expect, test } from 'vitest'
import { type OrderSettings, orderRule, placesAlike, standingOf } from '../../../src/job/order.ts'
import { parseQueueOptions, type QueueOptions } from '../../../src/job/queue-settings.ts'

/** Jobs in the order in which they start, of which each is a priority and a due time. */
function inOrder(settings: OrderSettings, ...jobs: readonly (readonly [priority: number, dueAt: number])[]) {
  const stands = ([priority, dueAt]: readonly [number, number]) =>
    standingOf({ priority, dueAt }, orderRule(settings))
  return jobs.toSorted((one, other) => {
    const [left, right] = [stands(one), stands(other)]
    return right.rank - left.rank || left.place - right.place
  })
}

test('without a word, higher priorities come first, and then what was due first', () => {
  expect(inOrder({}, [0, 1], [5, 3], [5, 2])).toEqual([
    [5, 2],
    [5, 3],
    [0, 1],
  ])
})

test('fifo and lifo heed no priority', () => {
  const jobs = [
    [0, 1],
    [5, 3],
    [-5, 2],
  ] as const
  expect(inOrder({ order: 'fifo' }, ...jobs).map(([, dueAt]) => dueAt)).toEqual([1, 2, 3])
  expect(inOrder({ order: 'lifo' }, ...jobs).map(([, dueAt]) => dueAt)).toEqual([3, 2, 1])
})

test('aging makes so much waiting good for a step of priority, and the place of a job is a constant', () => {
  expect(inOrder({ aging: 10 }, [0, 0], [1, 9], [1, 11])).toEqual([
    [1, 9],
    [0, 0],
    [1, 11],
  ])
})

test('the largest place is an exact number', () => {
  const rule = orderRule({ aging: 30 * 86_400_000 })
  const { place } = standingOf({ priority: -1_000_000, dueAt: Date.UTC(2200) }, rule)
  expect(Number.isSafeInteger(place)).toBe(true)
})

test('only what changes the place of a job makes another order', () => {
  expect(placesAlike({}, { order: 'priority' })).toBe(true)
  expect(placesAlike({ order: 'fifo' }, { order: 'lifo' })).toBe(false)
  expect(placesAlike({ aging: 1 }, { aging: 2 })).toBe(false)
  expect(placesAlike({ order: 'weighted' }, { order: 'weighted', weights: { 1: 2 } })).toBe(true)
  expect(placesAlike({ order: 'weighted' }, {})).toBe(false)
})

test('an option of a queue that is refused without another one is read once', () => {
  const ages = ['1m']
  const options = Object.defineProperty({ order: 'fifo' }, 'aging', {
    enumerable: true,
    get: () => ages.pop() ?? expect.unreachable(),
  })
  expect(() => parseQueueOptions('mail', options as QueueOptions)).toThrow(
    "option 'aging' is '1m', expected left out, or beside the order 'priority'",
  )
})
