import { expect, test } from 'vitest'
import { drawPriority } from '../../../src/job/turns.ts'
import { seededRandom } from '../../../src/kit/random.ts'

test('a priority is drawn with the chance of its weight', () => {
  const numbers = [0.1, 0.2, 0.9, 0.1]
  const drawn = numbers.map((number) => drawPriority([0, 10], { 0: 1, 10: 4 }, () => number))
  expect(drawn).toEqual([0, 10, 10, 0])
})

test('one that is not named has the weight 1', () => {
  const random = seededRandom(7)
  const drawn = Array.from({ length: 9_000 }, () => drawPriority([1, 2], { 2: 2 }, random))
  const share = drawn.filter((priority) => priority === 2).length / drawn.length
  expect(share).toBeGreaterThan(0.64)
  expect(share).toBeLessThan(0.69)
})
