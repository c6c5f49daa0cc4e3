import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Attempt } from '../../../src/worker/attempt.ts'
import { Roster } from '../../../src/worker/roster.ts'

function standIn(): Attempt {
  const attempt = {
    place: 0,
    moveTo(place: number) {
      attempt.place = place
    },
  }
  return attempt as Attempt
}

test('a roster holds what a set would, however attempts come and go', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (numbers) => {
      const attempts = Array.from({ length: 8 }, () => standIn())
      const roster = new Roster()
      const model = new Set<Attempt>()
      for (const number of numbers) {
        const attempt = attempts[number] as Attempt
        if (model.delete(attempt)) roster.delete(attempt)
        else {
          model.add(attempt)
          roster.add(attempt)
        }
        // Once more: what is not there is not taken for what stands in its old place.
        if (!model.has(attempt)) roster.delete(attempt)
        expect(roster.size).toBe(model.size)
        expect(new Set(roster)).toEqual(model)
      }
    }),
  )
})

test('an attempt that ends during a walk does not disturb it', () => {
  const attempts = [1, 2, 3].map(() => standIn())
  const roster = new Roster()
  for (const attempt of attempts) roster.add(attempt)
  const seen: Attempt[] = []
  for (const attempt of roster) {
    seen.push(attempt)
    roster.delete(attempt)
  }
  expect(seen).toEqual(attempts)
  expect(roster.size).toBe(0)
})
