import { expect, test } from 'vitest'
import type { JobRecord } from '../../../../src/job/job.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../../src/store/memory/index.ts'
import { PendingJobs } from '../../../../src/store/memory/pending.ts'
import { enqueue, find, newJob } from '../../../support/jobs.ts'

test('what fell due since it was last asked for is still the next to be seen to', async () => {
  const [soon, later] = [await pendingJob(100), await pendingJob(200)]
  const pending = new PendingJobs()
  pending.add(soon, 50)
  pending.add(later, 50)
  expect(pending.nextDueAt()).toBe(100)
  expect([...pending.dueAt(150)]).toEqual([soon])
  expect(pending.nextDueAt()).toBe(200)
  expect([...pending.dueAt(200)]).toEqual([soon, later])
  expect(pending.nextDueAt()).toBeNull()
})

test('what was due stays so when the clock is set back', async () => {
  const job = await pendingJob(100)
  const pending = new PendingJobs()
  pending.add(job, 50)
  expect([...pending.dueAt(100)]).toEqual([job])
  expect([...pending.dueAt(50)]).toEqual([job])
  pending.delete(job)
  expect([...pending.dueAt(1_000)]).toEqual([])
})

/** A record as the store makes them, due at this time; its number is that time, too. */
async function pendingJob(dueAtMs: number): Promise<JobRecord> {
  const store = openMemoryStore({ clock: new VirtualClock(0) })
  await enqueue(store, newJob('a', { runAtMs: dueAtMs }))
  return { ...(await find(store, 'a')), seq: dueAtMs }
}
