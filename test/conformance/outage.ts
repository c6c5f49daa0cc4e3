import { expect } from 'vitest'
import type { Worker } from '../../src/index.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { heldJob } from '../support/held-job.ts'
import { Link } from '../support/link.ts'
import { queueOn } from '../support/queue.ts'
import { LEASE, NOBODY, startAll, stopAll, views } from './fleet.ts'
import type { StoreTest } from './store-test.ts'

/** A store that is away for a while costs that while, and nothing else. */
export function outagePromises(test: StoreTest): void {
  test('after an outage of three leases nobody alive is taken for lost, and whoever died in it is', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    const { job, run } = heldJob()
    const queues = [1, 2].map((seed) => queueOn(link.store, clock, { random: seededRandom(seed) }))
    const [queue] = queues as [Queue, ...Queue[]]
    const handles = await queue.enqueueMany(job, [1, 2])
    const workers = await startAll(queues, clock, { ...LEASE, jobs: [job] })
    // A worker that nobody ever hears of again.
    await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 10_000 })
    const rescued: string[] = []
    for (const each of queues) each.on('rescue', (event) => rescued.push(...event.workers))

    link.away = true
    await clock.advance('30s')
    link.away = false
    await clock.advance('20s')

    expect(rescued).toEqual(['dead'])
    expect(await views(handles)).toMatchObject([1, 2].map(() => ({ state: 'running', epoch: 1, crashes: 0 })))
    run(0).end()
    run(1).end()
    await clock.settle()
    await stopAll(workers, clock)
    expect(await queue.count({ state: 'complete' })).toBe(2)
  })

  test('a leader that stood still for longer than its lease lets the others beat before it judges', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const { job } = heldJob()
    await queue.enqueue(job)
    const rescued: string[] = []
    queue.on('rescue', (event) => rescued.push(...event.workers))
    const [worker] = await startAll([queue], clock, { ...LEASE, jobs: [job] })

    clock.jump(30_000)
    await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 1 })
    await clock.advance('4s')
    expect(rescued).toEqual([])
    await clock.advance('10s')
    expect(rescued).toEqual(['dead'])
    await stopAll([worker as Worker], clock)
  })

  test('a process that has just started does not wait: what a lost worker held runs at once', async ({
    store,
    clock,
    worker,
  }) => {
    const queue = queueOn(store, clock)
    const { job, runs } = heldJob()
    await queue.enqueue(job)
    await worker.claimOne()
    await clock.advance('1h')
    const [fresh] = await startAll([queue], clock, { ...LEASE, jobs: [job] })
    await clock.advance(100)
    expect(runs).toHaveLength(1)
    await stopAll([fresh as Worker], clock)
  })

  test('an enqueue during an outage is stored when the store is back, or refused at once where it may not wait', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    const { job } = heldJob()
    const [patient, hasty] = [
      queueOn(link.store, clock, { busyTimeout: '30s' }),
      queueOn(link.store, clock, { enqueueTimeout: 0 }),
    ]
    const told: string[] = []
    patient.on('store_retry', ({ operation }) => told.push(operation))
    patient.on('store_back', ({ awayMs }) => told.push(`back after ${awayMs >= 20_000}`))

    link.away = true
    await expect(hasty.enqueue(job)).rejects.toMatchObject({ code: 'store_busy', facts: { waitedMs: 0 } })
    const waiting = patient.enqueue(job)
    await clock.advance('20s')
    link.away = false
    await clock.advance('1s')

    expect(await (await waiting).get()).toMatchObject({ state: 'pending' })
    expect(new Set(told)).toEqual(new Set(['jobs.insert', 'back after true']))
    // Everybody tries again, but nobody hammers.
    expect(told.length).toBeLessThan(200)
  })

  test('a queue that is closed during an outage closes at once, and so does whoever waits for it', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    const { job } = heldJob()
    const queue = queueOn(link.store, clock)
    const handle = await queue.enqueue(job)
    link.away = true
    const waiting = [queue.enqueue(job), queue.list(), handle.result()]
    const settled = Promise.allSettled(waiting)
    await queue.close()
    expect(await settled).toMatchObject(
      waiting.map(() => ({ status: 'rejected', reason: { code: 'store_closed' } })),
    )
  })

  test('a worker stops during an outage, as soon as its handlers may', async ({ store, clock }) => {
    const link = new Link(store)
    const { job, run } = heldJob()
    const queue = queueOn(link.store, clock)
    await queue.enqueue(job)
    const [worker] = await startAll([queue], clock, { ...LEASE, jobs: [job], abortGrace: '1s' })
    link.away = true
    await clock.advance('5s')
    run().obeys()
    let stopped = false
    const stopping = worker?.stop({ timeout: '1s' }).then(() => {
      stopped = true
    })
    await clock.advance('8s')
    expect(stopped).toBe(true)
    await stopping
  })
}
