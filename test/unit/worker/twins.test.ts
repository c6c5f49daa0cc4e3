import { expect, test } from 'vitest'
import type { Buffered } from '../../../src/worker/buffer.ts'
import { Twins } from '../../../src/worker/twins.ts'

const claimOf = (seq: number, epoch: number) => ({ job: { seq, epoch } }) as unknown as Buffered

test('a claim of a job that is here in the same epoch waits; in another epoch, or once it has left, it does not', () => {
  const twins = new Twins()
  expect(twins.meets(claimOf(1, 1))).toBe(false)
  expect(twins.meets(claimOf(2, 1))).toBe(false)
  expect(twins.meets(claimOf(1, 1))).toBe(true)
  expect(twins.meets(claimOf(2, 2))).toBe(false)
  twins.leave({ seq: 1, epoch: 1 }, 'settled')
  expect(twins.meets(claimOf(1, 1))).toBe(false)
})

test('an outcome that was written, or cancelled, counts for both; for one that was refused the second claim is given back', () => {
  for (const settled of ['settled', 'cancelled', 'refused'] as const) {
    const twins = new Twins()
    const second = claimOf(1, 1)
    twins.meets(claimOf(1, 1))
    twins.meets(second)
    expect(twins.leave({ seq: 1, epoch: 1 }, settled)).toBe(settled === 'refused' ? second : undefined)
    expect(twins.leave({ seq: 1, epoch: 1 }, settled)).toBeUndefined()
  }
})
