import { expect } from 'vitest'
import { PENDING_MAX } from '../../../../src/job/limits.ts'
import { systemClock } from '../../../../src/kit/clock.ts'
import { Emitter } from '../../../../src/kit/emitter.ts'
import { instrument } from '../../../../src/store/instrument.ts'
import { Horizon } from '../../../../src/store/postgres/reading/horizon.ts'
import { changesUntil } from '../../../support/feed.ts'
import { COMPLETE, enqueue, newJob, settlement, startWorker } from '../../../support/jobs.ts'
import { test } from '../../../support/postgres-store.ts'

const LONG_MS = 60_000

test('what a transaction does to a job is told after what was committed of it since the transaction began', async ({
  store,
}) => {
  const worker = await startWorker(store, 'w')
  await enqueue(store, newJob('a'))
  const job = await worker.claimOne()
  const cursor = await store.feed.subscribe('me', LONG_MS)

  await store.transaction(async (tx) => {
    await tx.insert([newJob('child')], PENDING_MAX)
    await worker.report(job, { progress: { fraction: 0.5 } })
    const written = settlement(job, 'w', { outcome: COMPLETE, nowMs: systemClock.now() })
    expect(await tx.settle([written])).toEqual(['settled'])
  })

  const changes = await changesUntil(store, cursor, ({ verb }) => verb === 'complete')
  expect(changes.filter(({ id }) => id === 'a').map(({ verb }) => verb)).toEqual(['progress', 'complete'])
})

test('nothing is told that a change of an open transaction may still come before', async ({ store }) => {
  const cursor = await store.feed.subscribe('me', LONG_MS)

  const seen = await store.transaction(async (tx) => {
    await tx.insert([newJob('first')], PENDING_MAX)
    await enqueue(store, newJob('second'))
    return store.feed.changesAfter(cursor, 9)
  })

  expect(seen).toEqual([])
  const changes = await changesUntil(store, cursor, ({ id }) => id === 'second')
  expect(changes.map(({ id }) => id)).toEqual(['first', 'second'])
})

test('who enqueues waits until a subscription is announced, and not for what it waits for itself', async ({
  store,
}) => {
  const instrumented = instrument(store, {
    ...{ events: new Emitter(() => {}), clock: systemClock, random: () => 0 },
    ...{ busyTimeoutMs: LONG_MS, enqueueTimeoutMs: LONG_MS },
  })
  await store.feed.subscribe('other', LONG_MS)
  const open = Promise.withResolvers<void>()
  const inserted = Promise.withResolvers<void>()
  const transaction = store.transaction(async (tx) => {
    await tx.insert([newJob('first')], PENDING_MAX)
    inserted.resolve()
    await open.promise
  })
  await inserted.promise
  // Another one's change makes it wait for the transaction, which may have a place before that.
  await enqueue(store, newJob('second'))
  const ended: string[] = []
  const subscribed = instrumented.feed.subscribe('me', LONG_MS).finally(() => ended.push('subscribe'))
  await enqueue(instrumented, newJob('third')).finally(() => ended.push('enqueue'))
  open.resolve()
  await transaction
  await subscribed
  expect(ended).toEqual(['enqueue', 'subscribe'])
})

test('a feed is whole up to what was seen before all that were at work had ended, however many begin meanwhile', () => {
  const horizon = new Horizon()

  expect(horizon.of({ last: 3, open: 10, next: 10 })).toBe(3)
  expect(horizon.of({ last: 8, open: 10, next: 12 })).toBe(0)
  expect(horizon.of({ last: 9, open: 11, next: 13 })).toBe(0)
  expect(horizon.of({ last: 12, open: 12, next: 15 })).toBe(8)
  expect(horizon.of({ last: 14, open: 14, next: 17 })).toBe(8)
  expect(horizon.of({ last: 15, open: 15, next: 18 })).toBe(12)
})

test('an older look whose answer comes late is not taken to have seen what a newer one has', () => {
  const horizon = new Horizon()
  horizon.of({ last: 8, open: 10, next: 12 })
  horizon.of({ last: 9, open: 12, next: 14 })

  expect(horizon.of({ last: 7, open: 9, next: 11 })).toBe(0)
})
