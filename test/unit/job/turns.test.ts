import { expect, test } from 'vitest'
import { draw } from '../../../src/job/turns.ts'
import { seededRandom } from '../../../src/kit/random.ts'

const jobs = (priority: number, count: number) =>
  Array.from({ length: count }, (_, nth) => ({ priority, nth }))

test('each start draws a priority by its weight, and takes the first job of it', () => {
  const numbers = [0.1, 0.2, 0.9, 0.1]
  const random = () => numbers.shift() ?? 0
  const weights = { 0: 1, 10: 4 }
  expect(draw([...jobs(0, 2), ...jobs(10, 2)], { weights, random, count: 4 })).toEqual([
    { priority: 0, nth: 0 },
    { priority: 10, nth: 0 },
    { priority: 10, nth: 1 },
    { priority: 0, nth: 1 },
  ])
})

test('a priority of which no job is left is not drawn', () => {
  const given = [...jobs(0, 1), ...jobs(5, 3)]
  expect(draw(given, { weights: { 0: 1_000_000 }, random: seededRandom(1), count: 10 })).toHaveLength(4)
})

test('one that is not named has the weight 1', () => {
  const random = seededRandom(7)
  const drawn = Array.from(
    { length: 9_000 },
    () => draw([...jobs(1, 1), ...jobs(2, 1)], { weights: { 2: 2 }, random, count: 1 })[0],
  )
  const share = drawn.filter((job) => job?.priority === 2).length / drawn.length
  expect(share).toBeGreaterThan(0.64)
  expect(share).toBeLessThan(0.69)
})
