import { expect } from 'vitest'
import { CARE } from '../../src/job/care.ts'
import { COMPLETE, enqueue, loseWorkers, newJob, newJobs, snooze, startWorker } from '../support/jobs.ts'
import { atMost, limited } from './limits.ts'
import { requiring } from './routing.ts'
import type { StoreTest } from './store-test.ts'

/** The unfinished jobs of a queue, as `explainQueue` counts them. */
export function backlogPromises(test: StoreTest): void {
  const nothing = { ready: 0, alone: 0, parked: 0, delayed: 0, nextDueAt: null, held: 0, running: 0 }

  test('each unfinished job of a queue is counted once, as what it waits for', async ({
    store,
    worker,
    clock,
  }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, newJob('other', { queue: 'other' }), newJob('done', { queue: 'mail', priority: 9 }))
    await worker.settle(await worker.claimOne(), COMPLETE)
    expect(await store.queues.backlog('mail', 100)).toEqual({ names: [], requiring: [], gates: [] })

    const mine = { queue: 'mail' }
    await enqueue(store, limited('runs', ['api'], { ...mine, priority: 9 }), newJob('held', mine))
    await worker.claim({ queues: ['mail'], limit: 1 })
    await worker.hold({ queues: ['mail'], limit: 1 })
    await enqueue(store, limited('parked', ['api'], { ...mine, name: 'test.call' }))
    await worker.claim({ queues: ['mail'] })
    const later = { ...mine, name: 'test.late' }
    await enqueue(store, newJob('ready', mine), newJob('later', { ...later, delayMs: 5_000 }))
    await enqueue(store, newJob('latest', { ...later, delayMs: 9_000 }))

    const nextDueAt = clock.now() + 5_000
    expect(await store.queues.backlog('mail', 100)).toEqual({
      names: [
        { ...nothing, name: 'test.call', parked: 1 },
        { ...nothing, name: 'test.late', delayed: 2, nextDueAt },
        { ...nothing, name: 'test.work', ready: 1, held: 1, running: 1 },
      ],
      requiring: [],
      gates: [{ gate: 'api', waiting: 1 }],
    })
  })

  test('what requires something of its worker counts by its name, and by what it requires', async ({
    store,
  }) => {
    await enqueue(store, newJob('plain'), requiring('a', 'gpu'), requiring('b', 'gpu region:eu'))
    const work = { ...nothing, name: 'test.work' }
    expect(await store.queues.backlog('default', 100)).toEqual({
      names: [{ ...work, ready: 3 }],
      requiring: [
        { ...work, requirements: 'gpu', ready: 1 },
        { ...work, requirements: 'gpu region:eu', ready: 1 },
      ],
      gates: [],
    })
  })

  test('what is due counts as ready, whether or not a claim has seen to it', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a', { delayMs: 1_000 }), newJob('b'))
    await worker.settle(await worker.claimOne(), snooze(1_000))
    await clock.advance(1_000)
    const { names } = await store.queues.backlog('default', 100)
    expect(names).toEqual([{ ...nothing, name: 'test.work', ready: 2 }])
  })

  test('a job that has to run alone is counted apart, also one that has to pass a gate', async ({
    store,
    clock,
  }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(store, newJob('a'), limited('b', ['api']))
    for (const id of ['one', 'two']) {
      const lost = await startWorker(store, id)
      await lost.claim()
      await loseWorkers(store, clock)
    }
    const [job] = await store.catalog.get(['a'])
    expect(job?.care).toBe(CARE.alone)
    const { names } = await store.queues.backlog('default', 100)
    expect(names).toEqual([{ ...nothing, name: 'test.work', alone: 2 }])
  })

  test('it counts no further than it is asked to', async ({ store, worker }) => {
    await store.limits.declare([atMost(1)])
    await enqueue(
      store,
      ...newJobs(5),
      ...newJobs(5, { delayMs: 1_000 }).map((job) => ({ ...job, id: `x${job.id}` })),
    )
    await enqueue(store, ...['a', 'b', 'c', 'd', 'e'].map((id) => limited(id, ['api'], { priority: 9 })))
    await worker.claim({ limit: 1 })
    await worker.claim({ limit: 1 })
    const { names, gates } = await store.queues.backlog('default', 3)
    expect(names).toMatchObject([{ ready: 3, parked: 3, delayed: 3 }])
    expect(gates).toEqual([{ gate: 'api', waiting: 3 }])
    expect(await store.limits.gates({ names: ['api'] }, 1, 3)).toMatchObject([{ running: 1, waiting: 3 }])
  })
}
