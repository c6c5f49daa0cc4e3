import { expect } from 'vitest'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  newJob,
  newJobs,
  RETRY_DELAY_MS,
  snooze,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** What goes in: what is kept of it, keys, and limits. */
export function enqueuePromises(test: StoreTest): void {
  test('a new job is pending, due at once, and nothing has happened to it', async ({ store, clock }) => {
    const given = newJob('a', { tags: '["x"]', context: '{"user":1}', key: 'k', timeoutMs: 5_000 })
    await enqueue(store, given)

    const { delayMs, runAtMs, expiresInMs, ...kept } = given
    const times = {
      createdAt: clock.now(),
      dueAt: clock.now(),
      startedAt: null,
      finishedAt: null,
      expiresAt: null,
      deadlineAt: null,
      limits: null,
      gate: null,
      rank: null,
      place: null,
    }
    const ends = { output: null, outcome: null, reason: null, failureKind: null, errors: null }
    const counts = { attempt: 0, epoch: 0, crashes: 0, care: 0 }
    expect(await find(store, 'a')).toEqual({
      ...kept,
      ...times,
      ...ends,
      ...counts,
      seq: expect.any(Number),
      state: 'pending',
      worker: null,
      rerunOf: null,
      progress: null,
      checkpoint: null,
    })
  })

  test('a job is due after its delay, or at its time, which wins', async ({ store, clock }) => {
    const runAtMs = clock.now() + 60_000
    await enqueue(store, newJob('delayed', { delayMs: 500 }), newJob('timed', { delayMs: 500, runAtMs }))

    expect((await find(store, 'delayed')).dueAt).toBe(clock.now() + 500)
    expect((await find(store, 'timed')).dueAt).toBe(runAtMs)
  })

  test('a job expires a time after it was enqueued, whenever it is due', async ({ store, clock }) => {
    await enqueue(store, newJob('a', { delayMs: 500, expiresInMs: 2_000 }))

    expect((await find(store, 'a')).expiresAt).toBe(clock.now() + 2_000)
  })

  test('jobs arrive in the order of the call, and so do the answers', async ({ store }) => {
    const inserted = await enqueue(store, newJob('c'), newJob('a'), newJob('b'))

    expect(inserted).toEqual(['c', 'a', 'b'].map((id) => ({ id, existed: false })))
    expect(idsOf(await store.catalog.list({}, { limit: 10 }))).toEqual(['b', 'a', 'c'])
    const seqs = (await store.catalog.list({}, { limit: 10 })).map((job) => job.seq)
    expect(seqs).toEqual(seqs.toSorted((left, right) => right - left))
  })

  test('one call stores 2,500 jobs', async ({ store }) => {
    expect(await enqueue(store, ...newJobs(2_500))).toHaveLength(2_500)

    expect(await store.catalog.count({ states: ['pending'] })).toBe(2_500)
  })

  test('an empty call stores nothing', async ({ store }) => {
    expect(await enqueue(store)).toEqual([])
    expect(await store.catalog.count({})).toBe(0)
  })

  test('any text comes back as it was', async ({ store, worker }) => {
    const text = `it's "quoted", 100% \\ \u0000 \n ; drop table jobs; -- 日本 👩‍👩‍👧 é`
    const label = `o'Hara "the ]} 👍" %_\\`
    const given = { input: JSON.stringify({ text }), context: JSON.stringify({ [text]: text }) }
    await enqueue(store, newJob(label, { ...given, key: label, tags: JSON.stringify([label]) }))

    const job = await worker.claimOne()
    expect(job).toMatchObject({ id: label, ...given, key: label, tags: JSON.stringify([label]) })
    await worker.settle(job, { kind: 'complete', output: given.input })
    expect(await find(store, label)).toMatchObject({ output: given.input })
  })

  test('an input of a megabyte comes back as it was', async ({ store, worker }) => {
    const input = JSON.stringify('ü'.repeat(512 * 1024 - 1))
    await enqueue(store, newJob('large', { input }))

    expect((await worker.claimOne()).input === input).toBe(true)
  })

  test('who changes what he passed or got changes nothing in the store', async ({ store, worker }) => {
    const given = { ...newJob('a', { input: '1' }) }
    await enqueue(store, given)
    Object.assign(given, { input: '2' })
    const read = await find(store, 'a')
    Object.assign(read, { input: '3', state: 'failed' })
    Object.assign((await store.catalog.list({}, { limit: 1 }))[0] ?? {}, { input: '4' })
    Object.assign(await worker.claimOne(), { input: '5', epoch: 7 })

    expect(await find(store, 'a')).toMatchObject({ input: '1', state: 'running', epoch: 1 })
  })

  test('two jobs with one key in one call are one job', async ({ store }) => {
    const inserted = await enqueue(store, newJob('a', { key: 'k' }), newJob('b', { key: 'k' }), newJob('c'))

    expect(inserted.map(({ id }) => id)).toEqual(['a', 'a', 'c'])
    expect(inserted.map(({ existed }) => existed)).toEqual([false, true, false])
    expect(await store.catalog.count({})).toBe(2)
  })

  test('a key belongs to the name: jobs of another name have keys of their own', async ({ store }) => {
    await enqueue(store, newJob('a', { key: 'k' }), newJob('b', { key: 'k', name: 'test.other' }))

    expect(await store.catalog.count({ key: 'k' })).toBe(2)
  })

  test('a key is held across queues', async ({ store }) => {
    await enqueue(store, newJob('a', { key: 'k', queue: 'mail' }))

    expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'a', existed: true }])
  })

  test('a job keeps its key through its retries, until it is settled', async ({ store, clock }) => {
    const worker = await startWorker(store, 'patient', { leaseMs: 60_000 })
    await enqueue(store, newJob('a', { key: 'k', retries: 1 }))
    for (const outcome of [snooze(RETRY_DELAY_MS), failure('once')]) {
      await worker.run(outcome)
      expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'a', existed: true }])
      await clock.advance(RETRY_DELAY_MS)
    }
    await worker.run(failure('for good'))

    expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'b', existed: false }])
  })

  test('a cancelled job lets go of its key, even while its handler still runs', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { key: 'k' }))
    await worker.claimOne()
    await store.catalog.cancel(['a'], 'wrong one')

    expect(await enqueue(store, newJob('b', { key: 'k' }))).toEqual([{ id: 'b', existed: false }])
  })

  test('what is scheduled takes room in a queue, what runs does not', async ({ store, worker }) => {
    await store.jobs.insert([newJob('runs'), newJob('ends')], 2)
    const [, ends] = await worker.claim()
    if (ends) await worker.settle(ends, COMPLETE)
    await store.jobs.insert([newJob('scheduled', { delayMs: 500 })], 2)

    await store.jobs.insert([newJob('fits')], 2)
    await expect(store.jobs.insert([newJob('one too many')], 2)).rejects.toMatchObject({ code: 'queue_full' })
  })

  test('each queue has its own room', async ({ store }) => {
    await store.jobs.insert([newJob('a'), newJob('b', { queue: 'mail' })], 1)

    const refused = store.jobs.insert([newJob('c', { queue: 'other' }), newJob('d', { queue: 'mail' })], 1)

    await expect(refused).rejects.toMatchObject({ code: 'queue_full', facts: { queue: 'mail' } })
    expect(await store.catalog.count({})).toBe(2)
  })

  test('a job whose key is held needs no room', async ({ store }) => {
    await store.jobs.insert([newJob('a', { key: 'k' })], 1)

    expect(await store.jobs.insert([newJob('b', { key: 'k' })], 1)).toEqual([{ id: 'a', existed: true }])
  })
}
