import { expect } from 'vitest'
import { minuteOf } from '../../src/job/ledger.ts'
import { PENDING_MAX } from '../../src/job/limits.ts'
import { bucketOf } from '../../src/kit/histogram.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  loseWorkers,
  newJob,
  newJobs,
  RELEASE,
  settlement,
  snooze,
  startWorker,
} from '../support/jobs.ts'
import { ledgerOf } from '../support/ledger.ts'
import { atMost, limited } from './limits.ts'
import type { StoreTest } from './store-test.ts'

const OUTPUT = { kind: 'complete', output: '1' } as const

/** What has ended, minute by minute, and what has not. */
export function ledgerPromises(test: StoreTest): void {
  test('what completes or fails is counted in its minute, with how long it waited and ran', async ({
    store,
    clock,
    worker,
  }) => {
    const minute = minuteOf(clock.now())
    await enqueue(
      store,
      newJob('a'),
      newJob('b', { retries: 0 }),
      newJob('c', { queue: 'mail', name: 'mail.send' }),
    )
    await clock.advance(2_000)
    const [a, b, c] = await worker.claim()
    await clock.advance(500)
    if (a) await worker.settle(a, COMPLETE)
    if (b) await worker.settle(b, failure('broken'))
    await clock.advance(60_000)
    if (c) await worker.settle(c, OUTPUT)

    const [wait, run] = [bucketOf(2_000), bucketOf(500)]
    expect(await ledgerOf(store)).toEqual([
      {
        ...{ minute, queue: 'default', name: 'test.work', completed: 1, failed: 1, cancelled: 0 },
        ...{ waits: { [wait]: 2 }, runs: { [run]: 2 } },
      },
      {
        ...{
          minute: minute + 60_000,
          queue: 'mail',
          name: 'mail.send',
          completed: 1,
          failed: 0,
          cancelled: 0,
        },
        ...{ waits: { [wait]: 1 }, runs: { [bucketOf(60_500)]: 1 } },
      },
    ])
    expect(await ledgerOf(store, minute + 1)).toHaveLength(1)
  })

  test('what goes back to wait counts for nothing, and for its last attempt when it ends', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, newJob('a'))
    await worker.run(failure('not yet'))
    await clock.advance(1_000)
    await worker.run(snooze(1_000))
    await clock.advance(1_000)
    await worker.run(RELEASE)
    expect(await ledgerOf(store)).toEqual([])
    await worker.run(COMPLETE)
    expect(await ledgerOf(store)).toMatchObject([
      { completed: 1, failed: 0, waits: { 0: 1 }, runs: { 0: 1 } },
    ])
  })

  test('however many end by one call, all are counted, and none that was refused', async ({
    store,
    worker,
  }) => {
    await enqueue(store, ...newJobs(8), newJob('other', { queue: 'mail' }))
    const jobs = await worker.claim()
    await store.catalog.cancel(['job-3'], 'enough')
    await worker.settleAll(jobs, COMPLETE, OUTPUT, failure('broken', 'invalid_input'))
    await worker.settleAll(jobs, COMPLETE)

    expect(await ledgerOf(store)).toMatchObject([
      { queue: 'default', completed: 6, failed: 1, cancelled: 1 },
      { queue: 'mail', completed: 1 },
    ])
  })

  test('a settlement that is made again after its answer was lost counts once', async ({ store, worker }) => {
    await enqueue(store, ...newJobs(3))
    const jobs = await worker.claim()
    const nowMs = await store.now()
    const written = jobs.map((job) => settlement(job, worker.id, { outcome: COMPLETE, nowMs }))
    await store.jobs.settle(written.slice(0, 2))
    await store.jobs.settle(written, true)
    expect(await ledgerOf(store)).toMatchObject([{ completed: 3 }])
  })

  test('what is cancelled, dropped, purged, expired or quarantined is counted as that', async ({
    store,
    clock,
    worker,
  }) => {
    await enqueue(store, newJob('cancelled'), newJob('runs', { priority: 9 }))
    await worker.claimOne()
    await store.catalog.cancel(['cancelled', 'runs', 'nobody'], 'enough', 'call')
    await store.catalog.cancel(['cancelled', 'runs', 'nobody'], 'enough', 'call')
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await enqueue(store, newJob('dropped', { queue: 'mail' }), newJob('purged', { queue: 'mail' }))
    await store.queues.purge('mail', { reason: 'enough', limit: 9 })
    await enqueue(store, newJob('expires', { queue: 'late', expiresInMs: 10 }))
    await clock.advance(10)
    await store.upkeep.expire(9)
    expect(await ledgerOf(store)).toMatchObject([
      { queue: 'default', cancelled: 2, failed: 0, completed: 0, waits: {}, runs: {} },
      { queue: 'late', cancelled: 0, failed: 1 },
      { queue: 'mail', cancelled: 2, failed: 0 },
    ])

    await clock.advance(60_000)
    await enqueue(store, newJob('poison', { queue: 'crash' }))
    for (const id of ['one', 'two', 'three']) {
      await (await startWorker(store, id)).claim()
      await loseWorkers(store, clock)
    }
    expect(await ledgerOf(store, minuteOf(clock.now()))).toMatchObject([{ queue: 'crash', failed: 1 }])
  })

  test('in a transaction that is undone, nothing was counted', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    const written = settlement(job, worker.id, { outcome: COMPLETE, nowMs: await store.now() })
    const undone = store.transaction(async (tx) => {
      await tx.settle([written])
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await ledgerOf(store)).toEqual([])
    await store.transaction(async (tx) => void (await tx.settle([written])))
    expect(await ledgerOf(store)).toMatchObject([{ completed: 1 }])
  })

  test('a minute that is over has one row of a queue and name, and one that is too old has none', async ({
    store,
    clock,
    worker,
  }) => {
    const minute = minuteOf(clock.now())
    for (let round = 0; round < 3; round += 1) {
      await enqueue(store, ...newJobs(2).map((job) => ({ ...job, id: `${job.id} ${round}` })))
      for (const job of await worker.claim()) await worker.settle(job, COMPLETE)
    }
    await clock.advance(60_000)
    const before = await ledgerOf(store)
    await store.ledger.tidy(3_600_000)
    expect(await store.ledger.read(0)).toEqual(before)
    expect(before).toMatchObject([{ minute, completed: 6 }])

    await clock.advance(3_600_000)
    await store.ledger.tidy(3_600_000)
    expect(await store.ledger.read(0)).toEqual([])
  })

  test('the depths say what is unfinished, and nothing of what has ended', async ({
    store,
    clock,
    worker,
  }) => {
    expect(await store.ledger.depths()).toEqual([])
    await enqueue(store, newJob('runs', { priority: 9 }), newJob('held', { priority: 8 }), newJob('due'))
    await clock.advance(1_000)
    await enqueue(store, newJob('late'), newJob('later', { delayMs: 60_000 }))
    await enqueue(store, newJob('other', { queue: 'mail', name: 'mail.send', delayMs: 5 }))
    await enqueue(store, newJob('ended', { queue: 'gone' }))
    await store.catalog.cancel(['ended'], 'enough')
    await worker.claim({ limit: 2, begins: 1 })
    const nowMs = clock.now()
    await clock.advance(10)

    const depths = (await store.ledger.depths()).filter(({ pending, running }) => pending + running > 0)
    expect(depths.sort((left, right) => (left.queue < right.queue ? -1 : 1))).toEqual([
      {
        ...{ queue: 'default', name: 'test.work', pending: 4, scheduled: 1, running: 1 },
        oldestDueAt: nowMs - 1_000,
      },
      { queue: 'mail', name: 'mail.send', pending: 1, scheduled: 0, running: 0, oldestDueAt: nowMs + 5 },
    ])
  })

  test('what is inserted in a transaction and dropped there is counted with its commit', async ({
    store,
  }) => {
    await store.queues.configure('mail', { maxSize: 1, overflow: 'dropOldest' })
    await store.transaction(async (tx) => {
      await tx.insert([newJob('a', { queue: 'mail' }), newJob('b', { queue: 'mail' })], PENDING_MAX)
    })
    expect(await ledgerOf(store)).toMatchObject([{ queue: 'mail', cancelled: 1 }])
  })

  test('jobs with limits are counted like any other, wherever they wait', async ({
    store,
    clock,
    worker,
  }) => {
    await store.limits.declare([atMost(1), atMost(9, 'wide')])
    await enqueue(store, limited('runs', ['api'], { priority: 9 }), limited('parked', ['api']))
    const job = await worker.claimOne()
    await worker.claim()
    expect(await find(store, 'parked')).toMatchObject({ gate: 'api' })
    await enqueue(store, limited('ready', ['wide']))
    const oldestDueAt = clock.now()
    await clock.advance(10)
    expect(await store.ledger.depths()).toMatchObject([{ pending: 2, scheduled: 0, running: 1, oldestDueAt }])

    await worker.settle(job, COMPLETE)
    await store.queues.purge('default', { reason: 'enough', limit: 9 })
    expect(await ledgerOf(store)).toMatchObject([{ completed: 1, failed: 0, cancelled: 2 }])
  })
}
