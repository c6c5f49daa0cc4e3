import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uuidv7 } from '../../../src/kit/ids.ts'
import { seededRandom } from '../../../src/kit/random.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'

const SHAPE = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

test('ids are of UUID version 7, and begin with the time', () => {
  const ids = uuidv7(new VirtualClock(0x0123_4567_89ab), seededRandom(1))
  const id = ids()
  expect(id).toMatch(SHAPE)
  expect(id.slice(0, 13)).toBe('01234567-89ab')
})

test('ids are unique and sorted, however the clock goes', () => {
  const steps = fc.array(fc.integer({ min: -1_000, max: 1_000 }), { maxLength: 50 })
  fc.assert(
    fc.property(steps, fc.integer(), (jumps, seed) => {
      const clock = new VirtualClock()
      const ids = uuidv7(clock, seededRandom(seed))
      const made = jumps.flatMap((ms) => {
        clock.jump(ms)
        return [ids(), ids(), ids()]
      })
      expect(made).toEqual([...new Set(made)].sort())
      expect(made.every((id) => SHAPE.test(id))).toBe(true)
    }),
  )
})

test('more ids in one millisecond than the counter holds stay in order', () => {
  const ids = uuidv7(new VirtualClock(), seededRandom(3))
  const made = Array.from({ length: 20_000 }, ids)
  expect(new Set(made).size).toBe(20_000)
  expect(made).toEqual([...made].sort())
})

test('the extremes of the random source make proper ids too', () => {
  for (const random of [() => 0, () => 1 - Number.EPSILON]) {
    expect(uuidv7(new VirtualClock(), random)()).toMatch(SHAPE)
  }
})
