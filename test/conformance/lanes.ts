import { expect } from 'vitest'
import { enqueue, idsOf, newJob, newJobs, RELEASE, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const KEEP_NOTHING = { complete: 0, failed: 0, cancelled: 0 }

/** A queue for each of many users: jobs of a queue and a name are a lane, and a claim merges them. */
export function lanePromises(test: StoreTest): void {
  test('jobs in many lanes come in the order in which they would in one', async ({ store, worker }) => {
    const jobs = newJobs(600).map((job, index) => ({
      ...job,
      queue: `user-${(index * 7) % 150}`,
      name: `test.${index % 3}`,
      priority: (index * 13) % 4,
    }))
    await enqueue(store, ...jobs)

    const claimed: string[] = []
    for (const limit of [1, 5, 40, 150, 404]) claimed.push(...idsOf(await worker.claim({ limit })))
    expect(claimed).toEqual(idsOf(jobs.toSorted((left, right) => right.priority - left.priority)))
  })

  test('a lane that has all the best jobs is claimed from alone', async ({ store, worker }) => {
    const others = newJobs(60).map((job, index) => ({ ...job, queue: `user-${index % 30}` }))
    const urgent = newJobs(100).map((job) => ({
      ...job,
      id: `urgent ${job.id}`,
      queue: 'urgent',
      priority: 1,
    }))
    await enqueue(store, ...others, ...urgent)

    expect(idsOf(await worker.claim({ limit: 90 }))).toEqual(idsOf(urgent.slice(0, 90)))
    const rest = [...urgent.slice(90), ...others]
    expect(idsOf(await worker.claim({ limit: 100 }))).toEqual(idsOf(rest))
  })

  test('a better job in any lane is next, whoever stores it, however often was claimed before', async ({
    store,
    worker,
    clock,
  }) => {
    const jobs = newJobs(300).map((job, index) => ({ ...job, queue: `user-${index % 100}` }))
    await enqueue(store, ...jobs)
    await clock.advance(10)
    await worker.claim({ limit: 30 })
    await enqueue(store, newJob('in an old lane', { queue: 'user-77', priority: 2 }))
    await enqueue(store, newJob('in a new lane', { queue: 'new', priority: 1 }))
    await enqueue(store, newJob('delayed', { queue: 'user-88', priority: 3, delayMs: 10 }))

    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['in an old lane', 'in a new lane'])
    await clock.advance(10)
    const [delayed, next] = await worker.claim({ limit: 2 })
    expect([delayed?.id, next?.id]).toEqual(['delayed', 'job-30'])
    if (!next) throw new Error('a job was expected')
    await worker.settle(next, RELEASE)
    expect(idsOf(await worker.claim({ limit: 2 }))).toEqual(['job-30', 'job-31'])
  })

  test('what another process does with the lanes is seen', async ({ store, worker, clock, reopen }) => {
    const elsewhere = await reopen()
    const jobs = newJobs(300).map((job, index) => ({ ...job, queue: `user-${index % 100}` }))
    await enqueue(store, ...jobs)
    expect(idsOf(await worker.claim({ limit: 20 }))).toEqual(idsOf(jobs.slice(0, 20)))

    const other = await startWorker(elsewhere, 'other')
    const [first] = await other.claim({ limit: 100 })
    if (!first) throw new Error('a job was expected')
    await other.settle(first, RELEASE)
    await enqueue(elsewhere, newJob('better', { queue: 'user-5', priority: 1 }))
    await elsewhere.upkeep.prune(KEEP_NOTHING, 10)
    await clock.advance(1)
    // A store may have remembered where it left off: it sees at its second claim what others have put before that.
    const claimed = [...(await worker.claim({ limit: 3 })), ...(await worker.claim({ limit: 3 }))]
    expect(idsOf(claimed)).toEqual(expect.arrayContaining(['better', first.id, 'job-120']))
  })

  test('a claim serves its queues and names among many lanes, and leaves what is paused', async ({
    store,
    worker,
  }) => {
    const jobs = newJobs(400).map((job, index) => ({
      ...job,
      queue: `user-${index % 100}`,
      name: index % 2 === 0 ? 'test.even' : 'test.odd',
    }))
    await enqueue(store, ...jobs)
    await store.queues.pause('user-1')

    const own = (index: number) => [1, 2, 3].includes(index % 100)
    const served = { queues: ['user-1', 'user-2', 'user-3'] }
    const open = jobs.filter((_, index) => own(index) && index % 100 !== 1)
    expect(idsOf(await worker.claim({ ...served, limit: 20 }))).toEqual(idsOf(open))
    expect(await worker.claim({ ...served, limit: 20 })).toEqual([])
    await store.queues.resume('user-1')
    expect(idsOf(await worker.claim({ ...served, names: ['test.even'] }))).toEqual([])
    const resumed = jobs.filter((_, index) => index % 100 === 1)
    expect(idsOf(await worker.claim({ ...served, names: ['test.odd'] }))).toEqual(idsOf(resumed))
    const even = jobs.filter((_, index) => index % 2 === 0 && !own(index))
    expect(idsOf(await worker.claim({ names: ['test.even'], limit: 400 }))).toEqual(idsOf(even))
  })

  test('lanes come and go: what was empty and tidied away is there again with its next job', async ({
    store,
    worker,
    clock,
  }) => {
    for (let round = 0; round < 3; round += 1) {
      const jobs = newJobs(120).map((job, index) => ({
        ...job,
        id: `${job.id} of ${round}`,
        queue: `user-${index}`,
      }))
      await enqueue(store, ...jobs)
      const [first, ...rest] = await worker.claim({ limit: 120 })
      expect(idsOf([...(first ? [first] : []), ...rest])).toEqual(idsOf(jobs))
      await store.upkeep.prune(KEEP_NOTHING, 10)
      if (!first) throw new Error('a job was expected')
      // Its lane was tidied away meanwhile.
      await worker.settle(first, RELEASE)
      await store.upkeep.prune(KEEP_NOTHING, 10)
      expect(idsOf(await worker.claim())).toEqual([first.id])
      await clock.advance(1)
    }
  })

  test('a queue that is full is counted over all of its lanes', async ({ store }) => {
    const jobs = newJobs(9).map((job, index) => ({
      ...job,
      name: `test.${index % 3}`,
      delayMs: index % 2 === 0 ? 0 : 1_000,
    }))
    await store.jobs.insert(jobs, 9)
    const refused = expect.objectContaining({ code: 'queue_full' })
    await expect(store.jobs.insert([newJob('more', { name: 'test.9' })], 9)).rejects.toEqual(refused)
    await store.jobs.insert([newJob('more', { queue: 'other' })], 9)
  })
}
