import { expect } from 'vitest'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { deferred } from '../../src/kit/deferred.ts'
import { COMPLETE, enqueue, find, idsOf, newJob, RELEASE, settlement, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** All or nothing, and what becomes of a store in the end. */
export function transactionPromises(test: StoreTest): void {
  test('a transaction writes all that it says, and gives its result', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()

    const result = await store.transaction(async (tx) => {
      const written = settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() })
      return [await tx.insert([newJob('b')], PENDING_MAX), await tx.settle([written])]
    })

    expect(result).toEqual([[{ id: 'b', existed: false }], ['settled']])
    expect(await find(store, 'a')).toMatchObject({ state: 'complete' })
    expect(await find(store, 'b')).toMatchObject({ state: 'pending' })
  })

  test('a transaction that throws leaves nothing behind', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { key: 'k' }))
    const job = await worker.claimOne()
    const before = await find(store, 'a')

    const failed = store.transaction(async (tx) => {
      await tx.settle([settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() })])
      await tx.insert([newJob('b', { key: 'k' }), newJob('c')], PENDING_MAX)
      throw new Error('changed my mind')
    })

    await expect(failed).rejects.toThrow('changed my mind')
    expect(await store.catalog.list({}, { limit: 9 })).toEqual([before])
    expect(await enqueue(store, newJob('d', { key: 'k' }))).toEqual([{ id: 'a', existed: true }])
    expect(await worker.claim()).toEqual([])
    expect(await worker.settle(job, COMPLETE)).toBe('settled')
  })

  test('what a transaction gives back is claimed at once when it has committed, before what came later', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a'))
    const [job] = await worker.claim({ limit: 3 })
    if (!job) throw new Error('a job was expected')
    const written = settlement(job, 'first', { outcome: RELEASE, nowMs: clock.now() })
    await store.transaction(async (tx) => {
      await tx.insert([newJob('b', { name: 'test.other' })], PENDING_MAX)
      await tx.settle([written])
    })

    expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
  })

  test('a store works on after a transaction that threw', async ({ store, worker }) => {
    const failed = store.transaction(async () => {
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')

    await store.transaction((tx) => tx.insert([newJob('a')], PENDING_MAX))
    expect(await worker.claim()).toHaveLength(1)
  })

  test('within a transaction the fence holds: what was lost is refused', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const written = settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() })
    await store.catalog.cancel(['a'], 'stop')

    expect(await store.transaction((tx) => tx.settle([written]))).toEqual(['cancelled'])
    expect(await store.transaction((tx) => tx.settle([written]))).toEqual(['refused'])
  })

  test('within a transaction keys and limits hold, for what it has inserted too', async ({ store }) => {
    await store.transaction(async (tx) => {
      await tx.insert([newJob('a', { key: 'k' })], 2)
      expect(await tx.insert([newJob('b', { key: 'k' })], 9)).toEqual([{ id: 'a', existed: true }])
      const tooMany = tx.insert([newJob('c'), newJob('d')], 2)
      await expect(tooMany).rejects.toMatchObject({ code: 'queue_full' })
      await tx.insert([newJob('e')], 2)
    })

    expect((await store.catalog.list({}, { limit: 9 })).map(({ id }) => id)).toEqual(['e', 'a'])
  })

  test('no worker starts what is not committed', async ({ store, worker }) => {
    const { promise: inserted, resolve: tellInserted } = deferred<void>()
    const { promise: end, reject: throwNow } = deferred<void>()
    const transaction = store.transaction(async (tx) => {
      await tx.insert([newJob('never')], PENDING_MAX)
      tellInserted()
      await end
    })
    await inserted

    const claiming = worker.claim()
    throwNow(new Error('not after all'))

    await expect(transaction).rejects.toThrow('not after all')
    expect(await claiming).toEqual([])
  })

  test('transactions that are started side by side run one after the other', async ({ store }) => {
    const ids = ['a', 'b', 'c', 'd']
    const inserted = await Promise.all(
      ids.map((id) => store.transaction((tx) => tx.insert([newJob(id, { key: 'k' })], PENDING_MAX))),
    )

    expect(inserted.flat().filter(({ existed }) => !existed)).toHaveLength(1)
    expect(await store.catalog.count({})).toBe(1)
  })

  test("transactions that tell of jobs that were claimed together, and settle them, do not stand in each other's way", async ({
    store,
    worker,
    clock,
  }) => {
    const told = { logs: [{ at: 0, level: 'info', message: 'here', data: null }] } as const
    for (let round = 0; round < 10; round += 1) {
      await enqueue(store, ...[0, 1, 2, 3].map((index) => newJob(`${round}-${index}`)))
      const jobs = await worker.claim()
      const settled = jobs.map((job) =>
        store.transaction(async (tx) => {
          const { seq, id, epoch } = job
          const written = settlement(job, 'first', { outcome: COMPLETE, nowMs: clock.now() })
          return [await tx.report([{ seq, id, epoch, worker: 'first', ...told }]), await tx.settle([written])]
        }),
      )
      expect(await Promise.all(settled)).toEqual(jobs.map(() => [['settled'], ['settled']]))
    }
    expect(await store.catalog.count({ states: ['complete'] })).toBe(40)
  })

  test('changes are told when they are committed, and only then', async ({ store }) => {
    const cursor = await store.feed.subscribe('me', 60_000)
    const failed = store.transaction(async (tx) => {
      await tx.insert([newJob('never')], PENDING_MAX)
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    await store.transaction((tx) => tx.insert([newJob('a')], PENDING_MAX))

    expect(await store.feed.changesAfter(cursor, 9)).toMatchObject([{ id: 'a', verb: 'enqueue' }])
  })

  test('who holds the handle of an open transaction can insert in it', async ({ store }) => {
    const failed = store.transaction(async ({ handle }) => {
      expect(await store.insertIn(handle, [newJob('a')], PENDING_MAX)).toEqual([{ id: 'a', existed: false }])
      throw new Error('no')
    })
    await expect(failed).rejects.toThrow('no')
    expect(await store.catalog.count({})).toBe(0)

    await store.transaction(({ handle }) => store.insertIn(handle, [newJob('b')], PENDING_MAX))
    expect(await find(store, 'b')).toMatchObject({ state: 'pending' })
  })

  test('a handle of something else, or of what has ended, is refused', async ({ store }) => {
    const ended = await store.transaction(async ({ handle }) => handle)

    for (const handle of [{}, ended]) {
      const refused = store.insertIn(handle, [newJob('a')], PENDING_MAX)
      await expect(refused).rejects.toMatchObject({ code: 'foreign_transaction' })
    }
    expect(await store.catalog.count({})).toBe(0)
  })

  test('code can tell whether it is inside a transaction', async ({ store }) => {
    expect(store.insideTransaction()).toBe(false)
    const inside = await store.transaction(async () => store.insideTransaction())

    expect(inside).toBe(true)
    expect(store.insideTransaction()).toBe(false)
  })

  test('the time of the store is that of its clock', async ({ store, clock }) => {
    await clock.advance(1_234)

    expect(await store.now()).toBe(clock.now())
  })

  test('a store says what it is and what it can do', async ({ store }) => {
    expect(['memory', 'sqlite', 'postgres']).toContain(store.kind)
    expect(store.location).not.toBe('')
    expect(store.capabilities).toEqual({
      remote: expect.any(Boolean),
      multiProcess: expect.any(Boolean),
      transactions: expect.any(Boolean),
      // The clock is the test's own, and no thread can ask it for the time.
      beatThread: null,
    })
  })

  test('who listens can stop, at any time and twice', async ({ store }) => {
    for (const kind of ['ready', 'changed'] as const) {
      const stop = store.listen(kind, () => {})
      stop()
      stop()
    }
  })

  test('a closed store refuses everything, and says so', async ({ store }) => {
    await startWorker(store, 'w')
    await store.close()
    await store.close()

    const calls = [
      () => enqueue(store, newJob('a')),
      () => store.jobs.nextDueAt(),
      () => store.catalog.list({}, { limit: 1 }),
      () => store.workers.extend('w', 1),
      () => store.queues.paused(),
      () => store.upkeep.rescue(3),
      () => store.feed.changesAfter(0, 1),
      () => store.transaction(async () => {}),
      () => store.now(),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'store_closed' })
  })
}
