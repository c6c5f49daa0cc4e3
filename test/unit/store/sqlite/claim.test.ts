import { expect } from 'vitest'
import { enqueue, idsOf, newJobs } from '../../../support/jobs.ts'
import { test } from './store.ts'

test('what falls due all at once is made ready in pieces, and claims go on meanwhile', async ({
  store,
  worker,
  clock,
}) => {
  for (let piece = 0; piece < 3; piece += 1) {
    const jobs = newJobs(1_000, { delayMs: 10 }).map((job) => ({ ...job, id: `${job.id} of ${piece}` }))
    await enqueue(store, ...jobs)
  }
  const dueAt = clock.now() + 10
  await clock.advance(10)

  expect(await worker.claim({ limit: 5 })).toHaveLength(5)
  expect(await store.jobs.nextDueAt()).toBe(dueAt)
  expect(await worker.claim({ limit: 5 })).toHaveLength(5)
  expect(await worker.claim({ limit: 2_990 })).toHaveLength(2_990)
  expect(await store.jobs.nextDueAt()).toBeNull()
})

test('large jobs are claimed as far as the bytes allow, in one lane and in many', async ({
  store,
  worker,
}) => {
  const input = JSON.stringify('x'.repeat(99_998))
  const large = (index: number) => index >= 20
  const jobs = newJobs(60).map((job, index) => ({ ...job, ...(large(index) && { input }) }))
  await enqueue(store, ...jobs)
  const spread = newJobs(60, { input }).map((job, index) => ({
    ...job,
    id: `${job.id} elsewhere`,
    queue: `user-${index}`,
  }))
  await enqueue(store, ...spread)

  const request = { limit: 400, bytesMax: 1_000_050 }
  expect(idsOf(await worker.claim(request))).toEqual(idsOf(jobs.slice(0, 30)))
  for (const from of [30, 40, 50]) {
    expect(idsOf(await worker.claim(request))).toEqual(idsOf(jobs.slice(from, from + 10)))
  }
  expect(idsOf(await worker.claim(request))).toEqual(idsOf(spread.slice(0, 10)))
})
