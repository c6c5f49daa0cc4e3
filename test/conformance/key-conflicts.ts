import { expect } from 'vitest'
import type { ConflictPolicy } from '../../src/job/key.ts'
import { PENDING_MAX } from '../../src/job/limits.ts'
import type { NewJob } from '../../src/job/new-job.ts'
import { CALLS_KEPT_MS } from '../../src/store/catalog.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  keyed,
  newJob,
  newJobs,
  RELEASE,
  RETRY_DELAY_MS,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

const FOREVER = Number.POSITIVE_INFINITY
const NOTHING_KEPT = { complete: 0, failed: 0, cancelled: 0 }
const LABEL = { name: 'test.work', key: 'k' }

const meeting = (id: string, onConflict: ConflictPolicy, given: Partial<NewJob> = {}) =>
  keyed(id, { onConflict }, given)

const isNew = (id: string) => ({ id, existed: false })
const isThere = (id: string) => ({ id, existed: true })
const isReplaced = (id: string) => ({ id, existed: true, replaced: true })

/** What happens to a job whose key is held. */
export function keyConflictPromises(test: StoreTest): void {
  test('a job that is rejected says who holds its key, and stores nothing of the call', async ({
    store,
    worker,
  }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }))
    const refused = (state: string, index = 1) => ({
      code: 'key_conflict',
      facts: { ...LABEL, id: 'a', state, index },
    })
    const call = () => enqueue(store, newJob('x'), meeting('b', 'reject'), newJob('y', { key: 'y' }))

    await expect(call()).rejects.toMatchObject(refused('pending'))
    const [held] = await worker.hold()
    await expect(call()).rejects.toMatchObject(refused('begun'))
    if (held) await worker.settle(held, COMPLETE, 0)
    await expect(call()).rejects.toMatchObject(refused('ended'))
    await store.upkeep.prune(NOTHING_KEPT, 100)
    await expect(call()).rejects.toMatchObject(refused('ended'))
    await store.catalog.freeKey(LABEL)
    expect(await call()).toEqual([isNew('x'), isNew('b'), isNew('y')])
    expect(await enqueue(store, meeting('c', 'reject', { key: 'free' }))).toEqual([isNew('c')])
  })

  test('all that are refused in one call are named', async ({ store }) => {
    await enqueue(store, keyed('a'), newJob('b', { key: 'l' }))
    const refused = enqueue(store, meeting('c', 'reject'), newJob('d'), meeting('e', 'reject', { key: 'l' }))
    await expect(refused).rejects.toMatchObject({
      facts: {
        conflicts: [
          { index: 0, id: 'a' },
          { index: 2, id: 'b' },
        ],
      },
    })
  })

  test('a job that waits is replaced: what was asked for last counts, under the id that is known', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, keyed('a', {}, { input: '1', retries: 0, tags: '["old"]', delayMs: 1_000 }))
    const before = await find(store, 'a')
    await clock.advance(10)
    const given = { input: '2', queue: 'mail', priority: 5, retries: 7, timeoutMs: 9, expiresInMs: 5_000 }
    expect(await enqueue(store, meeting('b', 'replace', given))).toEqual([isReplaced('a')])

    const { expiresInMs, ...now } = given
    expect(await find(store, 'a')).toEqual({
      ...before,
      ...now,
      tags: null,
      dueAt: clock.now(),
      expiresAt: clock.now() + expiresInMs,
    })
    expect(await store.catalog.get(['b'])).toEqual([])
    expect(await worker.claim({ queues: ['default'] })).toEqual([])
    expect(await worker.claimOne()).toMatchObject({ id: 'a', input: '2', queue: 'mail', priority: 5 })
  })

  test('a job that is replaced begins anew: nothing is left of its attempts but its epoch', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, keyed('a', {}, { retries: 1 }))
    const job = await worker.claimOne()
    await worker.report(job, { progress: { fraction: 0.5 }, checkpoint: '{"page":1}' })
    await worker.settle(job, failure('broken'))
    expect(await enqueue(store, meeting('b', 'replace', { retries: 1, input: '2' }))).toEqual([
      isReplaced('a'),
    ])

    expect(await find(store, 'a')).toMatchObject({
      ...{ state: 'pending', attempt: 0, epoch: 1, crashes: 0, input: '2', dueAt: clock.now() },
      ...{ errors: null, checkpoint: null, progress: null, startedAt: null },
    })
    expect(await worker.claimOne()).toMatchObject({ epoch: 2, attempt: 1, checkpoint: null, errors: null })
    expect(await worker.settle(job, COMPLETE)).toBe('refused')
  })

  test('a job that a worker has taken is not replaced', async ({ store, worker }) => {
    await enqueue(store, keyed('a', {}, { input: '1' }))
    const begun = { code: 'key_conflict', facts: { id: 'a', state: 'begun' } }
    const [held] = await worker.hold()
    await expect(enqueue(store, meeting('b', 'replace'))).rejects.toMatchObject(begun)
    if (held) await worker.begin(held)
    await expect(enqueue(store, meeting('b', 'replace'))).rejects.toMatchObject(begun)
    expect(await find(store, 'a')).toMatchObject({ input: '1', state: 'running' })
    if (held) await worker.settle(held, RELEASE)
    expect(await enqueue(store, meeting('b', 'replace', { input: '2' }))).toEqual([isReplaced('a')])
  })

  test('work that has ended and keeps its key is not replaced', async ({ store, worker }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }))
    await worker.run(COMPLETE)
    for (const policy of ['replace', 'debounce'] as const) {
      const refused = enqueue(store, meeting('b', policy))
      await expect(refused).rejects.toMatchObject({ facts: { id: 'a', state: 'ended' } })
    }
  })

  test('a debounced job is due its delay after the last call', async ({ store, worker, clock }) => {
    const event = (id: string, input: string) => meeting(id, 'debounce', { input, delayMs: 1_000 })
    expect(await enqueue(store, event('a', '1'))).toEqual([isNew('a')])
    await clock.advance(600)
    expect(await enqueue(store, event('b', '2'))).toEqual([isReplaced('a')])
    await clock.advance(600)
    expect(await worker.claim()).toEqual([])
    expect(await enqueue(store, event('c', '3'))).toEqual([isReplaced('a')])
    await clock.advance(1_000)
    expect(await worker.claim()).toMatchObject([{ id: 'a', input: '3' }])
  })

  test('an event that comes while the job runs is run after it: the next one takes over the key', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, meeting('a', 'debounce', { input: '1', retries: 1 }))
    const first = await worker.claimOne()
    expect(await enqueue(store, meeting('b', 'debounce', { input: '2' }))).toEqual([isNew('b')])
    expect(await enqueue(store, meeting('c', 'debounce', { input: '3' }))).toEqual([isReplaced('b')])
    expect(await find(store, 'a')).toMatchObject({ state: 'running', key: null })

    await worker.settle(first, failure('broken'))
    expect(await enqueue(store, keyed('d'))).toEqual([isThere('b')])
    await clock.advance(RETRY_DELAY_MS)
    expect(idsOf(await worker.claim())).toEqual(['b', 'a'])
  })

  test('one that runs keeps the key no longer when it has given it up, whatever its scope was', async ({
    store,
    worker,
  }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }))
    const first = await worker.claimOne()
    expect(await enqueue(store, meeting('b', 'debounce'))).toEqual([isNew('b')])
    await worker.settle(first, COMPLETE)
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('c'))).toEqual([isNew('c')])
  })

  test('the scope of a job that replaces another counts from then on', async ({ store, worker, clock }) => {
    await enqueue(store, keyed('a', { keptMs: FOREVER }))
    await enqueue(store, keyed('b', { keptMs: 1_000, onConflict: 'replace' }))
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('c'))).toEqual([isThere('a')])
    await clock.advance(1_000)
    expect(await enqueue(store, keyed('d'))).toEqual([isNew('d')])
    expect(await enqueue(store, keyed('e', { keptMs: FOREVER, onConflict: 'replace' }))).toEqual([
      isReplaced('d'),
    ])
    await worker.run(COMPLETE)
    expect(await enqueue(store, keyed('f'))).toEqual([isThere('d')])
  })

  test('jobs of one call meet each other, in their order, each by its own policy', async ({ store }) => {
    const answer = await enqueue(
      store,
      keyed('a', {}, { input: '1' }),
      newJob('plain'),
      keyed('b'),
      meeting('c', 'replace', { input: '2' }),
      meeting('d', 'debounce', { input: '3', key: 'l' }),
      newJob('plain too'),
      meeting('e', 'replace', { input: '4', key: 'l' }),
    )
    expect(answer).toEqual([
      ...[isNew('a'), isNew('plain'), isThere('a'), isReplaced('a')],
      ...[isNew('d'), isNew('plain too'), isReplaced('d')],
    ])
    expect(await find(store, 'a')).toMatchObject({ input: '2' })
    expect(await find(store, 'd')).toMatchObject({ input: '4' })
    expect(idsOf(await store.catalog.list({}, { limit: 10 }))).toEqual(['plain too', 'd', 'plain', 'a'])

    const refused = enqueue(store, newJob('x', { key: 'x' }), meeting('y', 'reject', { key: 'x' }))
    await expect(refused).rejects.toMatchObject({ facts: { id: 'x', index: 1, state: 'pending' } })
    expect(await store.catalog.count({ key: 'x' })).toBe(0)
  })

  test('a thousand keys in one call are taken, and then replaced', async ({ store }) => {
    const jobs = (prefix: string, input: string) =>
      newJobs(1_000).map(({ id }, index) =>
        meeting(`${prefix} ${id}`, 'replace', { key: `k-${index % 500}`, input }),
      )
    const first = await enqueue(store, ...jobs('first', '1'))
    expect(first.filter(({ existed }) => !existed)).toHaveLength(500)
    const second = await enqueue(store, ...jobs('second', '2'))
    expect(second.every(({ replaced }) => replaced)).toBe(true)
    expect(await store.catalog.count({})).toBe(500)
    expect(await find(store, 'first job-7')).toMatchObject({ input: '2' })
  })

  test('calls that replace the same jobs at once all get through', async ({ store }) => {
    await enqueue(store, keyed('a'), keyed('b', {}, { key: 'l' }))
    const calls = Array.from({ length: 10 }, (_, index) => {
      const jobs = ['k', 'l'].map((key) => meeting(`${index} ${key}`, 'replace', { key, input: `${index}` }))
      return store.jobs.insert(index % 2 ? jobs : jobs.toReversed(), 100)
    })
    const answers = (await Promise.all(calls)).flat()
    expect(answers.every(({ id, replaced }) => replaced && (id === 'a' || id === 'b'))).toBe(true)
    expect(await store.catalog.count({ states: ['pending'] })).toBe(2)
    expect((await find(store, 'a')).input).toBe((await find(store, 'b')).input)
  })

  test('in a transaction, what it does to keys is undone with it', async ({ store, worker }) => {
    await enqueue(store, keyed('a', { keptMs: 1_000 }, { input: '1' }), newJob('b', { key: 'run' }))
    await worker.claim({ limit: 1, accepts: ({ id }) => id === 'b' })
    const undo = new Error('undo')
    const written = store.transaction(async (tx) => {
      const jobs = [
        keyed('c', { onConflict: 'replace', keptMs: FOREVER }, { input: '2' }),
        meeting('d', 'debounce', { key: 'run' }),
        keyed('e', { keptMs: FOREVER }, { key: 'new' }),
      ]
      expect(await tx.insert(jobs, 100)).toEqual([isReplaced('a'), isNew('d'), isNew('e')])
      const refused = tx.insert([newJob('x'), meeting('f', 'reject', { key: 'new' })], 100)
      await expect(refused).rejects.toMatchObject({ code: 'key_conflict', facts: { id: 'e' } })
      throw undo
    })
    await expect(written).rejects.toBe(undo)

    expect(await find(store, 'a')).toMatchObject({ input: '1' })
    expect(await enqueue(store, newJob('g', { key: 'run' }), keyed('h', {}, { key: 'new' }))).toEqual([
      isThere('b'),
      isNew('h'),
    ])
    await store.transaction(async (tx) => tx.insert([meeting('i', 'replace', { input: '3' })], 100))
    expect(await find(store, 'a')).toMatchObject({ input: '3' })
  })

  test('a replacement that is made again replaces once', async ({ store, worker, clock }) => {
    await enqueue(store, keyed('a', {}, { input: '1', delayMs: 1_000 }))
    const late = meeting('b', 'debounce', { input: '2' })
    expect(await enqueue(store, late)).toEqual([isReplaced('a')])
    await enqueue(store, meeting('c', 'replace', { input: '3' }))
    expect(await enqueue(store, late, meeting('c', 'replace', { input: '3' }))).toEqual([
      isReplaced('a'),
      isReplaced('a'),
    ])
    expect(await find(store, 'a')).toMatchObject({ input: '3' })
    await worker.run(COMPLETE)
    expect(await enqueue(store, late)).toEqual([isReplaced('a')])
    expect(await store.catalog.count({})).toBe(1)

    await clock.advance(CALLS_KEPT_MS)
    await store.upkeep.prune({ complete: 10 * CALLS_KEPT_MS, failed: 0, cancelled: 0 }, 100)
    expect(await enqueue(store, late)).toEqual([isNew('b')])
  })

  test('a job that takes over a key is stored once, however often it is asked for', async ({
    store,
    worker,
  }) => {
    await enqueue(store, keyed('a'))
    await worker.claimOne()
    const next = meeting('b', 'debounce')
    expect(await enqueue(store, next)).toEqual([isNew('b')])
    expect(await enqueue(store, next)).toEqual([isNew('b')])
    expect(await store.catalog.count({})).toBe(2)
  })

  test('a replacement takes the room of the job that it replaces, and in another queue one of its own', async ({
    store,
  }) => {
    await store.jobs.insert([keyed('a'), newJob('b', { queue: 'mail' })], 1)
    expect(await store.jobs.insert([meeting('c', 'replace')], 1)).toEqual([isReplaced('a')])
    const full = store.jobs.insert([meeting('d', 'replace', { queue: 'mail' })], 1)
    await expect(full).rejects.toMatchObject({ code: 'queue_full', facts: { queue: 'mail' } })
    expect(await find(store, 'a')).toMatchObject({ queue: 'default' })
    await store.jobs.insert([meeting('e', 'replace', { queue: 'other' })], 1)
    expect(await store.jobs.insert([newJob('f')], 1)).toEqual([isNew('f')])
  })

  test('a replacement is counted where it is, and due when it is', async ({ store, clock }) => {
    await enqueue(store, keyed('a', {}, { delayMs: 5_000 }))
    await enqueue(store, meeting('b', 'replace', { queue: 'mail', delayMs: 1_000 }))
    expect(await store.jobs.nextDueAt()).toBe(clock.now() + 1_000)
    expect(await store.catalog.tally()).toMatchObject([{ queue: 'mail', count: 1, scheduled: 1 }])
    await enqueue(store, meeting('c', 'replace', { queue: 'mail' }))
    expect(await store.jobs.nextDueAt()).toBe(null)
    expect(await store.catalog.tally()).toMatchObject([{ queue: 'mail', count: 1, scheduled: 0 }])
  })

  test('subscribers hear of a replacement as of an enqueue', async ({ store }) => {
    await enqueue(store, keyed('a'))
    const cursor = await store.feed.subscribe('me', 10_000)
    await enqueue(store, meeting('b', 'replace', { queue: 'mail' }))
    expect(await store.feed.changesAfter(cursor, 10)).toMatchObject([
      { id: 'a', verb: 'enqueue', state: 'pending', queue: 'mail' },
    ])
  })

  test('a replacement that goes before others is found, however many lanes there are', async ({
    store,
    worker,
  }) => {
    const jobs = newJobs(60).map((job, index) => ({ ...job, name: `test.work-${index}`, key: 'k' }))
    await enqueue(store, ...jobs)
    await worker.claim({ limit: 1 })
    const [, last] = [jobs[1], jobs.at(-1)]
    if (last) await enqueue(store, { ...meeting('now', 'replace', { priority: 9 }), name: last.name })
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual([last?.id])
  })

  test('a replacement that is undone leaves the job as due as it was', async ({ store, clock }) => {
    await enqueue(store, newJob('a', { key: 'k', delayMs: 500 }))
    const dueAt = await store.jobs.nextDueAt()
    await clock.advance(1_000)
    const undone = store.transaction(async (tx) => {
      await tx.insert([newJob('b', { key: 'k', keyRule: { keptMs: 0, onConflict: 'replace' } })], PENDING_MAX)
      throw new Error('undone')
    })
    await expect(undone).rejects.toThrow('undone')
    expect(await store.jobs.nextDueAt()).toBe(dueAt)
  })
}
