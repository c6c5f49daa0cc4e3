import { expect, onTestFinished, test } from 'vitest'
import { VirtualClock } from '../../../../src/kit/virtual-clock.ts'
import { openPostgresStore } from '../../../../src/store/postgres/index.ts'
import { enqueue, idsOf, newJob, newJobs, startWorker } from '../../../support/jobs.ts'
import { emptySchema } from '../../../support/postgres.ts'

async function scene() {
  const { url, release } = await emptySchema()
  const clock = new VirtualClock()
  const store = await openPostgresStore({ to: url, clock })
  onTestFinished(async () => {
    await store.close()
    release()
  })
  return { clock, store, worker: await startWorker(store, 'worker', { leaseMs: 3_600_000 }) }
}

test('a claim takes what is ready though more has come due than it makes ready', async () => {
  const { clock, store, worker } = await scene()
  await enqueue(store, ...newJobs(5_000, { delayMs: 1_000, priority: 1 }))
  await enqueue(store, newJob('ready'))
  await clock.advance(1_000)
  // A piece of what is due has become ready with it: the better ones go first.
  expect(await worker.claim({ limit: 4_000 })).toHaveLength(3_001)
  const rest = new Set<string>()
  for (let some = await worker.claim(); some.length > 0; some = await worker.claim({ limit: 700 }))
    for (const { id } of some) rest.add(id)
  expect(rest.size).toBe(2_000)
  expect(await store.jobs.nextDueAt()).toBeNull()
})

test('jobs that keep coming due while claims go on stop none of them', async () => {
  const { clock, store, worker } = await scene()
  const jobs = Array.from({ length: 1_000 }, (_, index) => newJob(`due-${index}`, { delayMs: index * 2 }))
  await enqueue(store, ...jobs)
  const claimed: string[] = []
  for (let round = 0; round < 20; round += 1) {
    await clock.advance(100)
    claimed.push(...idsOf(await worker.claim({ limit: 1_000 })))
    expect(claimed).toHaveLength(Math.min(1_000, (round + 1) * 50 + 1))
  }
})

test('a job that becomes ready and is better than those among which the last claim ended is next', async () => {
  const { clock, store, worker } = await scene()
  await enqueue(store, newJob('soon', { delayMs: 10, priority: 5 }), ...newJobs(6))
  await worker.claim({ limit: 2 })
  await clock.advance(10)
  expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['soon', 'job-2'])
  expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['job-3', 'job-4'])
})

test('a claim of a worker whose lease has lapsed hides nothing from the others of its process', async () => {
  const { clock, store, worker } = await scene()
  const lapsed = await startWorker(store, 'lapsed', { leaseMs: 1_000 })
  await clock.advance(500)
  await enqueue(store, newJob('there'))
  await clock.advance(1_500)
  expect(await lapsed.claim({ limit: 1 })).toEqual([])
  await enqueue(store, newJob('later'))
  expect(idsOf(await worker.claim({ limit: 4 }))).toEqual(['there', 'later'])
})
