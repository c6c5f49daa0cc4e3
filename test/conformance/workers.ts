import { expect } from 'vitest'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import { COMPLETE, enqueue, find, idsOf, LEASE_MS, newJob, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** Workers and their leases: who is there, how long it counts as alive, and what becomes of what it holds. */
export function workerPromises(test: StoreTest): void {
  test('a worker is listed with what it said of itself', async ({ store, clock }) => {
    const said = {
      ...{ id: "o'w", name: 'w "1"', host: 'a', pid: 7, version: '1.2.3' },
      ...{ names: ['test.work', "it's"], queues: [], concurrency: 4, leaseMs: 5_000 },
    }

    await store.workers.register(said)

    const nowMs = clock.now()
    const times = { startedAt: nowMs, beatAt: nowMs, leaseUntil: nowMs + 5_000 }
    expect(await store.workers.list()).toEqual([{ ...said, ...times, order: 'run', running: 0, held: 0 }])
  })

  test('a worker that serves everything says so with null', async ({ store, worker }) => {
    expect(await store.workers.list()).toMatchObject([{ id: worker.id, names: null, queues: null }])
  })

  test('a list tells how many jobs each worker holds', async ({ store, worker }) => {
    const other = await startWorker(store, 'other')
    await enqueue(store, newJob('cancelled'), newJob('b'), newJob('c'), newJob('done'))
    await worker.claim({ limit: 3 })
    await store.catalog.cancel(['cancelled'], 'no')
    await other.run(COMPLETE)

    const workers = await store.workers.list()
    expect(workers.find(({ id }) => id === 'first')).toMatchObject({ running: 2 })
    expect(workers.find(({ id }) => id === 'other')).toMatchObject({ running: 0 })
  })

  test('to register again is to start again', async ({ store, clock }) => {
    const first = await startWorker(store, 'w', { version: '1' })
    await clock.advance(LEASE_MS)
    const nowMs = clock.now()

    await startWorker(store, 'w', { version: '2' })

    expect(await store.workers.list()).toMatchObject([
      { id: 'w', version: '2', startedAt: nowMs, beatAt: nowMs, leaseUntil: nowMs + LEASE_MS },
    ])
    expect(await first.beat()).toEqual({ lost: false, order: 'run', cancelled: [] })
  })

  test('a beat extends the lease of all that the worker holds', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    await clock.advance(LEASE_MS - 1)
    const beatAt = clock.now()

    expect(await worker.beat(3_000)).toEqual({ lost: false, order: 'run', cancelled: [] })

    const leases = { beatAt, leaseUntil: beatAt + 3_000, leaseMs: LEASE_MS }
    expect(await store.workers.list()).toMatchObject([leases])
    await clock.advance(2_999)
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toMatchObject({ workers: [], rescued: [] })
  })

  test('a lapsed lease can be saved, until somebody has ended it', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    await clock.advance(LEASE_MS * 5)

    expect(await worker.beat()).toMatchObject({ lost: false })
    expect(await store.upkeep.rescue(CRASH_LIMIT)).toMatchObject({ workers: [] })
    expect(await find(store, 'a')).toMatchObject({ state: 'running', worker: 'first' })
  })

  test('the beat of a worker that nobody knows is lost, and registers nobody', async ({ store }) => {
    expect(await store.workers.extend('nobody', LEASE_MS)).toEqual({
      lost: true,
      order: 'run',
      cancelled: [],
    })
    expect(await store.workers.list()).toEqual([])
  })

  test('each beat names the cancelled jobs that its worker still holds', async ({ store, worker }) => {
    const other = await startWorker(store, 'other')
    await enqueue(store, newJob('a'), newJob('b'), newJob('of the other'), newJob('of nobody'))
    const [a] = [await worker.claimOne(), await worker.claimOne()]
    await other.claimOne()

    await store.catalog.cancel(['a', 'b', 'of the other', 'of nobody'], 'stop')

    expect(idsOf((await worker.beat()).cancelled).toSorted()).toEqual(['a', 'b'])
    expect(idsOf((await other.beat()).cancelled)).toEqual(['of the other'])
    await worker.settle(a, COMPLETE)
    expect(idsOf((await worker.beat()).cancelled)).toEqual(['b'])
  })

  test('what a worker is told comes with each of its beats, and is listed, until it is told otherwise', async ({
    store,
    worker,
  }) => {
    const other = await startWorker(store, 'other')

    expect(await store.workers.order(['first', 'nobody'], 'quiet')).toEqual(['first'])

    expect(await worker.beat()).toMatchObject({ lost: false, order: 'quiet' })
    expect(await worker.beat()).toMatchObject({ order: 'quiet' })
    expect(await other.beat()).toMatchObject({ order: 'run' })
    const orders = async () => (await store.workers.list()).map(({ id, order }) => `${id} ${order}`)
    expect((await orders()).toSorted()).toEqual(['first quiet', 'other run'])

    expect((await store.workers.order(null, 'stop')).toSorted()).toEqual(['first', 'other'])
    expect((await orders()).toSorted()).toEqual(['first stop', 'other stop'])
    await store.workers.order(['first'], 'run')
    expect(await worker.beat()).toMatchObject({ order: 'run' })
    expect(await other.beat()).toMatchObject({ order: 'stop' })
    expect(await store.workers.order([], 'stop')).toEqual([])
  })

  test('a worker that comes back after its lease was lost brings along what it was told', async ({
    store,
  }) => {
    await startWorker(store, 'again', { order: 'quiet' })

    expect(await store.workers.list()).toMatchObject([{ id: 'again', order: 'quiet' }])
    const again = await startWorker(store, 'again')
    expect(await again.beat()).toMatchObject({ order: 'run' })
  })

  test('what is told to a worker moves neither its lease nor its jobs', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    const [before] = await store.workers.list()
    await clock.advance(1_000)

    await store.workers.order(null, 'stop')

    expect(await store.workers.list()).toEqual([{ ...before, order: 'stop' }])
    expect(await find(store, 'a')).toMatchObject({ state: 'running', worker: 'first' })
  })

  test('a worker that signs off is gone, and can come back', async ({ store, worker }) => {
    await worker.stop()
    await worker.stop()
    expect(await store.workers.list()).toEqual([])
    expect(await worker.beat()).toEqual({ lost: true, order: 'run', cancelled: [] })

    await enqueue(store, newJob('a'))
    const again = await startWorker(store, 'first')
    expect(await again.claim()).toHaveLength(1)
  })

  test('what a worker still holds when it signs off is released', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await clock.advance(100)

    await worker.stop()

    expect(await find(store, 'a')).toMatchObject({ state: 'pending', worker: null, dueAt: job.dueAt })
    expect(await find(store, 'a')).toMatchObject({ attempt: 0, crashes: 0 })
    expect(await worker.settle(job, COMPLETE)).toBe('refused')
    const second = await startWorker(store, 'second')
    expect(await second.claimOne()).toMatchObject({ id: 'a', attempt: 1, epoch: 2 })
  })

  test('a cancelled job belongs to nobody once its worker has signed off', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.claimOne()
    await store.catalog.cancel(['a'], 'stop')

    await worker.stop()

    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: null })
    const again = await startWorker(store, 'first')
    expect((await again.beat()).cancelled).toEqual([])
  })
}
