import { expect } from 'vitest'
import type { JobChange } from '../../src/store/feed.ts'
import type { Store } from '../../src/store/store.ts'
import { changesUntil } from '../support/feed.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  LEASE_MS,
  loseWorkers,
  newJob,
  newJobs,
  RELEASE,
  RETRY_DELAY_MS,
  snooze,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const LONG_MS = 3_600_000

/** The feed of changes. */
export function feedPromises(test: StoreTest): void {
  test('a subscriber sees what happens to a job, in order', async ({ store, worker, clock }) => {
    const cursor = await store.feed.subscribe('me', LONG_MS)
    await enqueue(store, newJob('a', { name: 'test.a', queue: 'mail' }))
    const job = await worker.claimOne()
    await worker.report(job, { progress: { fraction: 0.5 }, checkpoint: '1' })
    await worker.settle(job, COMPLETE)

    const changes = await changesUntil(store, cursor, ({ verb }) => verb === 'complete')
    const place = { id: 'a', name: 'test.a', queue: 'mail', at: clock.now(), cursor: expect.any(Number) }
    const progress = '{"fraction":0.5}'
    expect(changes).toEqual([
      { ...place, verb: 'enqueue', state: 'pending', progress: null },
      { ...place, verb: 'claim', state: 'running', progress: null },
      { ...place, verb: 'progress', state: 'running', progress },
      { ...place, verb: 'checkpoint', state: 'running', progress },
      { ...place, verb: 'complete', state: 'complete', progress },
    ])
  })

  test('every way to leave `running` and every verb of upkeep is told', async ({ store, worker, clock }) => {
    const cursor = await store.feed.subscribe('me', LONG_MS)
    await enqueue(store, newJob('a', { retries: 1 }))
    await worker.run(RELEASE)
    await worker.run(snooze(5))
    await clock.advance(5)
    await worker.run(failure('once'))
    await clock.advance(RETRY_DELAY_MS)
    await worker.run(failure('twice'))
    await store.catalog.retry(['a'])
    await worker.claim()
    await loseWorkers(store, clock)
    await store.catalog.cancel(['a'], 'enough')

    const verbs = await verbsUntil(store, cursor, 'cancel')
    expect(verbs.filter((verb) => verb !== 'claim').join(' ')).toBe(
      'enqueue release snooze retry fail retry rescue cancel',
    )
  })

  test('a quarantine is told as a failure, an expiry as an expiry', async ({ store, worker, clock }) => {
    const cursor = await store.feed.subscribe('me', LONG_MS)
    await enqueue(store, newJob('a'))
    await worker.claim()
    await enqueue(store, newJob('b', { expiresInMs: 1 }))
    await clock.advance(LEASE_MS)
    await store.upkeep.rescue(1)
    await store.upkeep.expire(10)

    expect(await verbsUntil(store, cursor, 'expire')).toEqual([
      'enqueue',
      'claim',
      'enqueue',
      'fail',
      'expire',
    ])
  })

  test('what a worker leaves behind when it signs off is told as released', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    await worker.claim()
    const cursor = await store.feed.subscribe('me', LONG_MS)
    await worker.stop()

    expect(await store.feed.changesAfter(cursor, 9)).toMatchObject([
      { id: 'a', verb: 'release', state: 'pending' },
    ])
  })

  test('what was refused is not told', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { key: 'k' }))
    const job = await worker.run(COMPLETE)
    await enqueue(store, newJob('held', { key: 'k' }))
    const cursor = await store.feed.subscribe('me', LONG_MS)
    await enqueue(store, newJob('b', { key: 'k' }))
    await worker.settle(job, RELEASE)
    await worker.report(job, { checkpoint: '1' })
    await store.catalog.cancel(['a', 'nobody'], 'no')
    await store.catalog.retry(['a'])

    expect(await store.feed.changesAfter(cursor, 100)).toEqual([])
  })

  test('while nobody subscribes nothing is kept', async ({ store }) => {
    await enqueue(store, newJob('a'))
    const cursor = await store.feed.subscribe('me', LONG_MS)
    expect(await store.feed.changesAfter(0, 100)).toEqual([])

    await store.catalog.cancel(['a'], 'no')
    await store.feed.unsubscribe('me')
    await enqueue(store, newJob('b'))
    expect(await store.feed.changesAfter(cursor, 100)).toEqual([])
  })

  test('a subscriber that was not heard of for its lease is gone', async ({ store, clock }) => {
    const cursor = await store.feed.subscribe('me', 1_000)
    await clock.advance(999)
    await enqueue(store, newJob('heard'))
    await clock.advance(1)
    await enqueue(store, newJob('missed'))
    expect(await store.feed.changesAfter(cursor, 100)).toMatchObject([{ id: 'heard' }])

    const next = await store.feed.subscribe('me', 1_000)
    await enqueue(store, newJob('heard again'))
    expect(await store.feed.changesAfter(next, 100)).toMatchObject([{ id: 'heard again' }])
  })

  test('a subscriber that subscribes again stays alive, and misses nothing', async ({ store, clock }) => {
    const cursor = await store.feed.subscribe('me', 1_000)
    for (const id of ['a', 'b', 'c']) {
      await clock.advance(999)
      await store.feed.subscribe('me', 1_000)
      await enqueue(store, newJob(id))
    }

    const changes = await changesUntil(store, cursor, ({ id }) => id === 'c')
    expect(changes.map(({ id }) => id)).toEqual(['a', 'b', 'c'])
  })

  test('who subscribes starts at the newest change', async ({ store }) => {
    await store.feed.subscribe('early', LONG_MS)
    await enqueue(store, newJob('a'), newJob('b'))
    const cursor = await store.feed.subscribe('late', LONG_MS)
    expect(await store.feed.changesAfter(cursor, 100)).toEqual([])

    await enqueue(store, newJob('c'))
    expect(await store.feed.changesAfter(cursor, 100)).toMatchObject([{ id: 'c' }])
  })

  test('one leaves, and the others still hear', async ({ store }) => {
    const cursor = await store.feed.subscribe('one', LONG_MS)
    await store.feed.subscribe('other', LONG_MS)
    await enqueue(store, newJob('a'))
    await store.feed.unsubscribe('other')
    await enqueue(store, newJob('b'))

    expect(await changesUntil(store, cursor, ({ id }) => id === 'b')).toHaveLength(2)
  })

  test('changes are read in pages, each from where the last one ended', async ({ store }) => {
    let cursor = await store.feed.subscribe('me', LONG_MS)
    await enqueue(store, ...newJobs(5))
    const seen: string[] = []
    while (!seen.includes('job-4')) {
      const changes = await store.feed.changesAfter(cursor, 2)
      expect(changes.length).toBeLessThanOrEqual(2)
      seen.push(...changes.map(({ id }) => id))
      cursor = changes.at(-1)?.cursor ?? cursor
    }

    expect(seen).toEqual(['job-0', 'job-1', 'job-2', 'job-3', 'job-4'])
    expect(await store.feed.changesAfter(cursor, 2)).toEqual([])
    expect(await store.feed.changesAfter(0, 0)).toEqual([])
  })

  test('the feed keeps the newest 10,000 changes', async ({ store }) => {
    const cursor = await store.feed.subscribe('slow', LONG_MS)
    for (let round = 0; round < 11; round += 1) {
      await enqueue(store, ...newJobs(1_000).map((job) => ({ ...job, id: `${round} ${job.id}` })))
    }

    const changes = await changesUntil(store, cursor, ({ id }) => id === '10 job-999')
    expect(changes).toHaveLength(10_000)
    expect(changes[0]?.id).toBe('1 job-0')
    expect(changes.at(-1)?.id).toBe('10 job-999')
  })
}

async function verbsUntil(store: Store, cursor: number, last: JobChange['verb']): Promise<string[]> {
  return (await changesUntil(store, cursor, ({ verb }) => verb === last)).map(({ verb }) => verb)
}
