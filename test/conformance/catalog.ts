import { expect } from 'vitest'
import type { JobFilter } from '../../src/store/catalog.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, failure, find, idsOf, newJob, newJobs, startWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** Looking at jobs, and what an operator does to them. */
export function catalogPromises(test: StoreTest): void {
  test('jobs are found by values within their input', async ({ store }) => {
    const inputs = [
      { user: { id: 42 }, items: ['a', 'b'], on: true },
      { user: { id: '42' }, items: { 0: 'a' }, on: null, note: 'NUL \0 and \ud800' },
      { user: 42, 'user.id': 42, 'items.0': 'a', on: 1 },
      'user',
      null,
      { user: [{ id: 42 }], text: 'quote " and \\ and é \u{1f600}' },
    ]
    await enqueue(
      store,
      ...inputs.map((input, index) => newJob(`job-${index}`, { input: JSON.stringify(input) })),
    )
    const found = async (path: string, value: unknown) => {
      const input = [{ path: path.split('.'), value: JSON.stringify(value) }]
      expect(await store.catalog.count({ input })).toBe(
        (await store.catalog.list({ input }, { limit: 9 })).length,
      )
      return idsOf(await store.catalog.find({ input }, { limit: 9 })).sort()
    }

    expect(await found('user.id', 42)).toEqual(['job-0'])
    expect(await found('user.id', '42')).toEqual(['job-1'])
    expect(await found('user', 42)).toEqual(['job-2'])
    expect(await found('user.0.id', 42)).toEqual(['job-5'])
    expect(await found('items.0', 'a')).toEqual(['job-0', 'job-1'])
    expect(await found('items.1', 'b')).toEqual(['job-0'])
    expect(await found('on', true)).toEqual(['job-0'])
    expect(await found('on', 1)).toEqual(['job-2'])
    expect(await found('on', null)).toEqual(['job-1'])
    expect(await found('text', 'quote " and \\ and é \u{1f600}')).toEqual(['job-5'])
    expect(await found('user.id.deeper', 42)).toEqual([])
  })

  test('jobs are got by their ids; what does not exist is left out', async ({ store }) => {
    await enqueue(store, newJob('a'), newJob("o'b"), newJob('c'))

    const found = await store.catalog.get(["o'b", 'nobody', 'a', 'a'])
    expect(idsOf(found).toSorted()).toEqual(['a', "o'b"])
    expect(await store.catalog.get([])).toEqual([])
  })

  test('ids are found by how they begin, in their order, no more than asked for', async ({ store }) => {
    await enqueue(
      store,
      newJob('ab-2'),
      newJob('ab-1'),
      newJob('ab'),
      newJob('b'),
      newJob('a%b'),
      newJob('AB'),
    )

    expect(await store.catalog.idsFrom('ab', 10)).toEqual(['ab', 'ab-1', 'ab-2'])
    expect(await store.catalog.idsFrom('ab', 2)).toEqual(['ab', 'ab-1'])
    expect(await store.catalog.idsFrom('a%', 10)).toEqual(['a%b'])
    expect(await store.catalog.idsFrom('ab-1', 10)).toEqual(['ab-1'])
    expect(await store.catalog.idsFrom('c', 10)).toEqual([])
  })

  test('a list is newest first, page by page', async ({ store }) => {
    await enqueue(store, ...newJobs(5))
    const page = await store.catalog.list({}, { limit: 2 })
    expect(idsOf(page)).toEqual(['job-4', 'job-3'])

    const beforeSeq = page.at(-1)?.seq
    if (beforeSeq === undefined) throw new Error('two jobs were expected')
    expect(idsOf(await store.catalog.list({}, { limit: 2, beforeSeq }))).toEqual(['job-2', 'job-1'])
    expect(await store.catalog.list({}, { limit: 0 })).toEqual([])
  })

  test('a list and a count find by state, name and queue', async ({ store, worker }) => {
    await enqueue(store, newJob('a', { name: 'test.a' }), newJob('b', { queue: 'mail' }), newJob('c'))
    await worker.claim({ names: ['test.a'] })

    await expectFound(store, { states: ['running'] }, ['a'])
    await expectFound(store, { states: ['pending', 'running'] }, ['a', 'b', 'c'])
    await expectFound(store, { names: ['test.work'] }, ['b', 'c'])
    await expectFound(store, { queues: ['mail', 'none'] }, ['b'])
    await expectFound(store, { names: ['test.work'], queues: ['default'], states: ['pending'] }, ['c'])
    await expectFound(store, {}, ['a', 'b', 'c'])
  })

  test('an empty list of states, names or queues finds nothing', async ({ store }) => {
    await enqueue(store, newJob('a'))

    for (const filter of [{ states: [] }, { names: [] }, { queues: [] }]) await expectFound(store, filter, [])
  })

  test('a list finds by key and by tag, whatever stands in them', async ({ store }) => {
    const odd = `o'Hara "x" %_\\ 👍`
    await enqueue(store, newJob('a', { key: odd, tags: JSON.stringify([odd, 'both']) }))
    await enqueue(store, newJob('b', { key: 'k', tags: '["both","x"]' }), newJob('c'))

    await expectFound(store, { key: odd }, ['a'])
    await expectFound(store, { tag: odd }, ['a'])
    await expectFound(store, { tag: 'both' }, ['a', 'b'])
    await expectFound(store, { tag: 'bot' }, [])
    await expectFound(store, { tag: '%' }, [])
    await expectFound(store, { key: 'K' }, [])
  })

  test('a list finds what is scheduled, and what is due', async ({ store, clock }) => {
    await enqueue(store, newJob('due'), newJob('next', { delayMs: 10 }), newJob('later', { delayMs: 20 }))
    await clock.advance(10)

    await expectFound(store, { scheduled: true }, ['later'])
    await expectFound(store, { scheduled: false }, ['due', 'next'])
  })

  test('a list finds what was created from one time to before another', async ({ store, clock }) => {
    const startMs = clock.now()
    for (const id of ['a', 'b', 'c']) {
      await enqueue(store, newJob(id))
      await clock.advance(100)
    }

    await expectFound(store, { createdAfterMs: startMs + 100 }, ['b', 'c'])
    await expectFound(store, { createdBeforeMs: startMs + 100 }, ['a'])
    await expectFound(store, { createdAfterMs: startMs + 1, createdBeforeMs: startMs + 200 }, ['b'])
  })

  test('a list finds by a text in the message of an error', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'), newJob('c'))
    await worker.run(failure('connect ECONNREFUSED "db"'))
    await worker.run(failure('100% of the disk is full'))

    await expectFound(store, { errorText: 'ECONNREFUSED' }, ['a'])
    await expectFound(store, { errorText: '"db"' }, ['a'])
    await expectFound(store, { errorText: '100%' }, ['b'])
    await expectFound(store, { errorText: 'attempt' }, [])
  })

  test('a tally counts by queue, name and state', async ({ store, worker }) => {
    expect(await store.catalog.tally()).toEqual([])
    await enqueue(
      store,
      newJob('a'),
      newJob('b'),
      newJob('c', { queue: 'mail' }),
      newJob('d', { name: 'test.other' }),
    )
    await worker.run(COMPLETE)

    const tally = await store.catalog.tally()
    const lines = tally.map(({ queue, name, state, count }) => `${queue} ${name} ${state} ${count}`)
    expect(lines.toSorted()).toEqual([
      'default test.other pending 1',
      'default test.work complete 1',
      'default test.work pending 1',
      'mail test.work pending 1',
    ])
  })

  test('a tally tells what is scheduled, and since when work is due', async ({ store, worker, clock }) => {
    const startMs = clock.now()
    await enqueue(store, newJob('a'), newJob('b', { delayMs: 50 }), newJob('c', { delayMs: 60 }), newJob('d'))
    expect(await store.catalog.tally()).toMatchObject([{ count: 4, oldestDueAt: startMs, scheduled: 2 }])
    await worker.claim()

    const byState = async () => new Map((await store.catalog.tally()).map((each) => [each.state, each]))
    expect((await byState()).get('pending')).toMatchObject({ count: 2, oldestDueAt: null, scheduled: 2 })
    expect((await byState()).get('running')).toMatchObject({ count: 2, oldestDueAt: null, scheduled: 0 })
    await clock.advance(55)
    expect((await byState()).get('pending')).toMatchObject({
      count: 2,
      oldestDueAt: startMs + 50,
      scheduled: 1,
    })
  })

  test('a cancel names what it has cancelled, and nothing else', async ({ store, worker, clock }) => {
    await enqueue(
      store,
      newJob('settled'),
      newJob('running'),
      newJob('pending'),
      newJob('scheduled', { delayMs: 9 }),
    )
    await worker.run(COMPLETE)
    await worker.claimOne()
    await clock.advance(5)

    const ids = ['settled', 'running', 'pending', 'scheduled', 'nobody', 'running']
    const cancelled = await store.catalog.cancel(ids, `it's "over"`)

    expect(cancelled.toSorted()).toEqual(['pending', 'running', 'scheduled'])
    const end = { state: 'cancelled', reason: `it's "over"`, finishedAt: clock.now() }
    for (const id of cancelled) expect(await find(store, id)).toMatchObject(end)
    expect(await find(store, 'settled')).toMatchObject({ state: 'complete', reason: null })
    expect(await store.catalog.cancel(ids, 'again')).toEqual([])
    expect(await store.catalog.cancel([], 'nothing')).toEqual([])
  })

  test('a cancelled job is not claimed', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'), newJob('b', { delayMs: 5 }))
    await store.catalog.cancel(['a', 'b'], 'no')
    await clock.advance(5)

    expect(await worker.claim()).toEqual([])
  })

  test('a retried job is as new, but for its errors and its checkpoint', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { retries: 0, expiresInMs: 1_000 }))
    const job = await worker.claimOne()
    await worker.report(job, { checkpoint: '7' })
    await worker.settle(job, failure('broken'))
    const { errors } = await find(store, 'a')
    await clock.advance(5_000)

    expect(await store.catalog.retry(['a'])).toEqual(['a'])

    const kept = { epoch: 1, errors, checkpoint: '7', createdAt: job.createdAt }
    const ends = {
      finishedAt: null,
      startedAt: null,
      failureKind: null,
      reason: null,
      output: null,
      outcome: null,
    }
    const anew = {
      state: 'pending',
      attempt: 0,
      crashes: 0,
      dueAt: clock.now(),
      worker: null,
      expiresAt: null,
    }
    expect(await find(store, 'a')).toMatchObject({ ...anew, ...ends, ...kept })
    expect(await worker.claimOne()).toMatchObject({ id: 'a', attempt: 1, epoch: 2 })
  })

  test('what has not failed is not retried', async ({ store, worker }) => {
    await enqueue(store, newJob('complete'), newJob('running'), newJob('pending'), newJob('cancelled'))
    await worker.run(COMPLETE)
    await worker.claimOne()
    await store.catalog.cancel(['cancelled'], 'by mistake')

    const ids = ['complete', 'running', 'pending', 'cancelled', 'nobody', 'cancelled']
    expect(await store.catalog.retry(ids)).toEqual(['cancelled'])
    expect(await store.catalog.retry([])).toEqual([])
    expect(await store.catalog.count({ states: ['pending'] })).toBe(2)
  })

  test('a job whose key another one holds by now is not retried', async ({ store }) => {
    await enqueue(store, newJob('a', { key: 'k' }))
    await store.catalog.cancel(['a'], 'no')
    await enqueue(store, newJob('b', { key: 'k' }))

    expect(await store.catalog.retry(['a'])).toEqual([])
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', reason: 'no' })

    await store.catalog.cancel(['b'], 'no')
    expect(await store.catalog.retry(['a', 'b'])).toEqual(['a'])
    expect(await enqueue(store, newJob('c', { key: 'k' }))).toEqual([{ id: 'a', existed: true }])
  })

  test('a handler whose job was cancelled and retried meanwhile is refused', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const job = await worker.claimOne()
    await store.catalog.cancel(['a'], 'no')
    await store.catalog.retry(['a'])

    expect(await worker.settle(job, COMPLETE)).toBe('refused')
    const second = await startWorker(store, 'second')
    expect(await second.claimOne()).toMatchObject({ id: 'a', epoch: 2 })
  })
}

async function expectFound(store: Store, filter: JobFilter, ids: readonly string[]): Promise<void> {
  const found = await store.catalog.list(filter, { limit: 100 })
  expect(idsOf(found).toSorted(), JSON.stringify(filter)).toEqual(ids)
  expect(await store.catalog.count(filter), JSON.stringify(filter)).toBe(ids.length)
}
