import { expect, test } from 'vitest'
import type { JobRecord } from '../../../src/job/job.ts'
import { outcomeOf } from '../../../src/worker/answered.ts'
import type { Attempt } from '../../../src/worker/attempt.ts'
import type { Context } from '../../../src/worker/context.ts'

type Around = Parameters<typeof outcomeOf>[2]

/** What an attempt comes to that has the result of `equal`, where the store gives this for it. */
function outcomeWith(get: () => Promise<Partial<JobRecord>[]>, given: Partial<Attempt> = {}) {
  const attempt = { job: { answer: 'equal' }, run: (work: () => unknown) => work(), ...given }
  const store = { catalog: { get } } as unknown as Around['store']
  return outcomeOf(attempt as unknown as Attempt, undefined, { context: {} as Context, store })
}

const complete = async () => [{ id: 'equal', state: 'complete', output: '7' } as const]

test('a job that has the result of an equal one comes to that, without a handler', async () => {
  expect(await outcomeWith(complete)).toEqual({ kind: 'cached', output: '7', from: 'equal' })
})

test('it goes back where the result is gone by now, cannot be read, or the attempt was interrupted', async () => {
  const released = { kind: 'release' }
  expect(await outcomeWith(async () => [])).toEqual(released)
  expect(await outcomeWith(() => Promise.reject(new Error('the store is away')))).toEqual(released)
  const interruption = Object.assign(new Error('cancelled'), { code: 'cancelled' })
  expect(await outcomeWith(complete, { interruption } as unknown as Attempt)).toEqual(released)
})
