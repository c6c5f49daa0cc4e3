import { expect, test } from 'vitest'
import type { JobRecord } from '../../../../src/job/job.ts'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../../src/store/memory/index.ts'
import { PendingJobs } from '../../../../src/store/memory/pending.ts'
import { enqueue, find, newJob } from '../../../support/jobs.ts'

test('a job that was due is due no longer when the clock is set back', async () => {
  const [soon, later] = [await pendingJob(100), await pendingJob(200)]
  const pending = new PendingJobs()
  pending.add(soon)
  pending.add(later)
  expect([...pending.dueAt(200)]).toEqual([soon, later])

  expect([...pending.dueAt(150)]).toEqual([soon])
  expect(pending.nextDueAt(150)).toBe(200)
  expect([...pending.dueAt(50)]).toEqual([])
  pending.delete(soon)
  expect([...pending.dueAt(1_000)]).toEqual([later])
  expect(pending.nextDueAt(1_000)).toBeNull()
})

/** A record as the store makes them, due at this time; its number is that time, too. */
async function pendingJob(dueAtMs: number): Promise<JobRecord> {
  const store = openMemoryStore({ clock: new VirtualClock(0) })
  await enqueue(store, newJob('a', { runAtMs: dueAtMs }))
  return { ...(await find(store, 'a')), seq: dueAtMs }
}
