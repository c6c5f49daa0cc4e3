import { expect, test } from 'vitest'
import type { ClaimedJob } from '../../../src/store/jobs.ts'
import { Twins } from '../../../src/worker/twins.ts'

const claim = { worker: 'w', claimedMs: 0 }
const claimed = (seq: number, epoch: number) => ({ seq, epoch }) as unknown as ClaimedJob

test('a job that is here in the same epoch waits; in another epoch, or once it has left, it does not', () => {
  const twins = new Twins(true)
  const [one, other, again] = [claimed(1, 1), claimed(2, 1), claimed(2, 2)]
  expect(twins.admit(claim, [one, other])).toEqual([one, other])
  expect(twins.admit(claim, [one, again])).toEqual([again])
  twins.leave(one, 'settled')
  expect(twins.admit(claim, [one])).toEqual([one])
})

test('an outcome that was written, or cancelled, counts for both; for one that was refused the second claim is given back', () => {
  for (const settled of ['settled', 'cancelled', 'refused'] as const) {
    const twins = new Twins(true)
    const job = claimed(1, 1)
    twins.admit(claim, [job])
    twins.admit(claim, [job])
    expect(twins.leave(job, settled)).toEqual(settled === 'refused' ? { job, claim } : undefined)
    expect(twins.leave(job, settled)).toBeUndefined()
  }
})

test('of a store that forgets nothing, every job is taken as it comes', () => {
  const twins = new Twins(false)
  const job = claimed(1, 1)
  expect(twins.admit(claim, [job])).toEqual([job])
  expect(twins.admit(claim, [job])).toEqual([job])
})
