import { expect } from 'vitest'
import { CARE } from '../../src/job/care.ts'
import { CRASH_LIMIT } from '../../src/job/interruption.ts'
import { changesUntil } from '../support/feed.ts'
import {
  COMPLETE,
  enqueue,
  failure,
  find,
  idsOf,
  LEASE_MS,
  loseWorkers,
  newJob,
  newJobs,
  RELEASE,
  RETRY_DELAY_MS,
  startWorker,
} from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

/** To hold a job differs from to have begun it. */
export function heldPromises(test: StoreTest): void {
  test('what is claimed ahead is held: still pending, and nobody else gets it', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'), newJob('c'))
    const claimed = await worker.claim({ begins: 1 })

    expect(claimed.map(({ id, begun }) => [id, begun])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ])
    expect(await find(store, 'a')).toMatchObject({ state: 'running', worker: 'first' })
    const held = { state: 'pending', worker: 'first', epoch: 1, attempt: 1, startedAt: null }
    expect(await find(store, 'b')).toMatchObject(held)
    expect(await store.workers.list()).toMatchObject([{ running: 1, held: 2 }])
    expect(await store.catalog.count({ states: ['running'] })).toBe(1)
    expect(await store.catalog.count({ states: ['pending'] })).toBe(2)
    expect(idsOf(await store.catalog.list({ states: ['pending'] }, { limit: 10 }))).toEqual(['c', 'b'])
    const other = await startWorker(store, 'other')
    expect(await other.claim()).toEqual([])
  })

  test('what is held is counted as pending, and waits for no worker', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a'))
    await worker.hold()
    await clock.advance(100)
    await enqueue(store, newJob('b'))
    await clock.advance(50)

    const tally = { state: 'pending', count: 2, scheduled: 0, oldestDueAt: clock.now() - 50 }
    expect(await store.catalog.tally()).toMatchObject([tally])
  })

  test('a held job begins when its worker says so, at the time that it says', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a', { expiresInMs: 10_000 }))
    const [job] = await worker.hold()
    if (!job) throw new Error('a job was expected')
    const claimedAt = clock.now()
    expect(job.expiresAt).toBe(claimedAt + 10_000)
    await clock.advance(500)

    expect(await worker.begin(job, 400)).toBe('settled')
    const begun = { state: 'running', worker: 'first', startedAt: claimedAt + 400, expiresAt: null }
    expect(await find(store, 'a')).toMatchObject(begun)
    expect(await store.workers.list()).toMatchObject([{ running: 1, held: 0 }])
    // Said again, since the answer was lost: it changes nothing.
    expect(await worker.begin(job, 450)).toBe('settled')
    expect(await find(store, 'a')).toMatchObject(begun)
    expect(await worker.settle(job, COMPLETE)).toBe('settled')
    expect(await find(store, 'a')).toMatchObject({ state: 'complete', startedAt: claimedAt + 400 })
  })

  test('a quick job is settled without a word of its begin', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { expiresInMs: 10_000 }), newJob('b'), newJob('c'))
    const [a, b, c] = await worker.hold()
    if (!a || !b || !c) throw new Error('three jobs were expected')
    const claimedAt = clock.now()
    await clock.advance(30)

    expect(await worker.settle(a, { kind: 'complete', output: '1' }, 20)).toBe('settled')
    const ended = { startedAt: claimedAt + 20, finishedAt: claimedAt + 30, expiresAt: null }
    expect(await find(store, 'a')).toMatchObject({ state: 'complete', output: '1', ...ended })
    expect(await worker.settle(b, failure('broken'), 25)).toBe('settled')
    const again = { state: 'pending', worker: null, attempt: 1, dueAt: clock.now() + RETRY_DELAY_MS }
    expect(await find(store, 'b')).toMatchObject(again)
    expect(await worker.settle(c, COMPLETE, 30)).toBe('settled')
    expect(await find(store, 'c')).toMatchObject({ state: 'complete', startedAt: claimedAt + 30 })
  })

  test('a whole claim of quick jobs is settled together', async ({ store, worker, clock }) => {
    await enqueue(store, ...newJobs(150, { key: null }))
    const jobs = await worker.claim({ limit: 150, begins: 10 })
    const claimedAt = clock.now()
    await clock.advance(5)
    const nowMs = clock.now()
    for (const job of jobs) expect(await worker.settle(job, COMPLETE, job.begun ? null : 3)).toBe('settled')

    const ended = await store.catalog.list({ states: ['complete'] }, { limit: 1_000 })
    expect(ended).toHaveLength(150)
    for (const { startedAt, finishedAt } of ended) {
      expect(startedAt).toBeGreaterThanOrEqual(claimedAt)
      expect(startedAt).toBeLessThanOrEqual(claimedAt + 3)
      expect(finishedAt).toBe(nowMs)
    }
  })

  test('what is given back unbegun is as it was: place, attempt and expiry', async ({
    store,
    worker,
    clock,
  }) => {
    await enqueue(store, newJob('a', { expiresInMs: 2_000 }), newJob('b'))
    const before = await find(store, 'a')
    const [a] = await worker.hold()
    if (!a) throw new Error('a job was expected')
    await clock.advance(500)

    expect(await worker.settle(a, RELEASE)).toBe('settled')
    expect(await find(store, 'a')).toMatchObject({ ...before, epoch: 1 })
    await clock.advance(1_500)
    expect(await store.upkeep.expire(10)).toEqual(['a'])
  })

  test('a job that is held does not expire under its worker', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { expiresInMs: 1_000 }))
    await worker.hold()
    await clock.advance(1_500)
    expect(await store.upkeep.expire(10)).toEqual([])
    await worker.stop()
    expect(await store.upkeep.expire(10)).toEqual(['a'])
  })

  test('a held job can be cancelled, and its worker is told', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const [job] = await worker.hold()
    if (!job) throw new Error('a job was expected')

    expect(await store.catalog.cancel(['a'], 'stop')).toEqual(['a'])
    expect((await worker.beat()).cancelled).toMatchObject([{ id: 'a', epoch: 1, reason: 'stop' }])
    expect(await worker.begin(job)).toBe('cancelled')
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: 'first' })
    expect(await worker.settle(job, RELEASE)).toBe('cancelled')
    expect(await find(store, 'a')).toMatchObject({ state: 'cancelled', worker: null })
  })

  test('only the worker that holds a job can begin it, and only in its epoch', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const [job] = await worker.hold()
    if (!job) throw new Error('a job was expected')
    const other = await startWorker(store, 'other')

    expect(await other.begin(job)).toBe('refused')
    expect(await worker.begin({ ...job, epoch: 0 })).toBe('refused')
    await worker.settle(job, RELEASE)
    expect(await worker.begin(job)).toBe('refused')
    expect(await find(store, 'a')).toMatchObject({ state: 'pending', worker: null })
  })

  test('a handler whose begin is not written yet may tell of itself', async ({ store, worker }) => {
    await enqueue(store, newJob('a'))
    const [job] = await worker.hold()
    if (!job) throw new Error('a job was expected')
    expect(await worker.report(job, { checkpoint: '7', progress: { fraction: 0.5 } })).toBe('settled')
    expect(await worker.begin(job)).toBe('settled')
    const told = { state: 'running', checkpoint: '7', progress: '{"fraction":0.5}' }
    expect(await find(store, 'a')).toMatchObject(told)
  })

  test('a crash blames only what had begun', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('runs'), newJob('begins'), newJob('held'))
    const [, begins] = await worker.claim({ begins: 1 })
    if (!begins) throw new Error('a job was expected')
    await worker.begin(begins)

    expect((await loseWorkers(store, clock)).rescued.toSorted()).toEqual(['begins', 'held', 'runs'])
    const again = { state: 'pending', worker: null, attempt: 0, care: CARE.noted }
    expect(await find(store, 'runs')).toMatchObject({ ...again, crashes: 1 })
    expect(await find(store, 'begins')).toMatchObject({ ...again, crashes: 1 })
    expect(await find(store, 'held')).toMatchObject({ ...again, crashes: 0 })
  })

  test('after a crash all run again at once, side by side', async ({ store, worker, clock }) => {
    await enqueue(store, ...newJobs(30))
    await worker.claim({ limit: 30 })
    await loseWorkers(store, clock)

    const next = await startWorker(store, 'next')
    const claimed = await next.claim({ limit: 30, takesAlone: false })
    expect(claimed).toHaveLength(30)
    expect(claimed.every(({ care }) => care === CARE.noted)).toBe(true)
  })

  test('a job runs alone where the next crash would quarantine it', async ({ store, clock }) => {
    await enqueue(store, newJob('suspect 1', { priority: 9 }), newJob('suspect 2', { priority: 9 }))
    for (const name of ['one', 'two']) {
      const victim = await startWorker(store, name)
      await victim.claim()
      await loseWorkers(store, clock)
    }
    await enqueue(store, newJob('a'), newJob('b'))
    const next = await startWorker(store, 'next')

    expect(await find(store, 'suspect 1')).toMatchObject({ crashes: CRASH_LIMIT - 1, care: CARE.alone })
    expect(idsOf(await next.claim({ takesAlone: false, limit: 1 }))).toEqual(['a'])
    const [first, ...others] = await next.claim({ takesAlone: true, begins: 0 })
    expect(first).toMatchObject({ id: 'suspect 1', begun: true })
    expect(others).toEqual([])
    expect(await find(store, 'suspect 1')).toMatchObject({ state: 'running' })
    expect(idsOf(await next.claim({ takesAlone: true }))).toEqual(['suspect 2'])
    expect(idsOf(await next.claim({ takesAlone: true }))).toEqual(['b'])
  })

  test('of jobs that kill their workers each is quarantined, and no bystander', async ({ store, clock }) => {
    await enqueue(store, ...newJobs(60))
    const isPoison = ({ id }: { id: string }) => Number(id.slice(4)) % 6 === 0
    const crashes: number[] = []
    for (let left = true; left; ) {
      const worker = await startWorker(store, `worker ${crashes.length}`)
      let jobs = await worker.claim({ limit: 30 })
      left = jobs.length > 0
      for (; jobs.length > 0 && !jobs.some(isPoison); jobs = await worker.claim({ limit: 30 })) {
        for (const job of jobs) await worker.settle(job, COMPLETE)
      }
      if (jobs.length > 0) crashes.push((await loseWorkers(store, clock)).workers.length)
      else await worker.stop()
    }
    const failed = await store.catalog.list({ states: ['failed'] }, { limit: 100 })
    expect(failed).toHaveLength(10)
    expect(failed.every(isPoison)).toBe(true)
    expect(await store.catalog.count({ states: ['complete'] })).toBe(50)
  })

  test('what runs alone waits for its queue and its worker like everything else', async ({
    store,
    clock,
  }) => {
    await enqueue(store, newJob('suspect'))
    for (const name of ['one', 'two']) {
      await (await startWorker(store, name)).claim()
      await loseWorkers(store, clock)
    }
    await enqueue(store, newJob('mail', { queue: 'mail' }))
    await store.queues.pause('default')
    const next = await startWorker(store, 'next')
    expect(idsOf(await next.claim({ queues: ['mail'] }))).toEqual(['mail'])
    expect(await next.claim()).toEqual([])
    await store.queues.resume('default')
    expect(await next.claim({ names: ['test.other'] })).toEqual([])
    expect(idsOf(await next.claim())).toEqual(['suspect'])
  })

  test('a rescue is done in bounded pieces, and ends', async ({ store, worker, clock }) => {
    await enqueue(store, ...newJobs(250))
    await worker.claim({ limit: 250, begins: 100 })
    await clock.advance(LEASE_MS)

    const rescued: string[] = []
    let calls = 0
    for (let more = true; more; calls += 1) {
      const piece = await store.upkeep.rescue(CRASH_LIMIT, 100)
      rescued.push(...piece.rescued)
      more = piece.more
      // A beat that comes in between hears that it is over.
      expect((await worker.beat()).lost).toBe(true)
    }
    expect(new Set(rescued).size).toBe(250)
    expect(rescued).toHaveLength(250)
    expect(calls).toBeGreaterThanOrEqual(3)
    const jobs = await store.catalog.list({}, { limit: 1_000 })
    expect(jobs.filter(({ crashes }) => crashes === 1)).toHaveLength(100)
    expect(await store.workers.list()).toEqual([])
  })

  test('a worker that signs off gives back what it holds and what it runs', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    await worker.claim({ begins: 1 })
    await worker.stop()
    for (const id of ['a', 'b']) {
      const again = { state: 'pending', worker: null, attempt: 0, crashes: 0, care: CARE.none }
      expect(await find(store, id)).toMatchObject(again)
    }
  })

  test('a claim is bounded by bytes, and brings one job at least', async ({ store, worker }) => {
    const input = JSON.stringify({ text: 'x'.repeat(100_000) })
    await enqueue(store, ...newJobs(5, { input }))
    const first = await worker.claim({ bytesMax: 250_000 })
    expect(first.length).toBeGreaterThanOrEqual(1)
    expect(first.length).toBeLessThanOrEqual(3)
    expect(await worker.claim({ bytesMax: 10 })).toHaveLength(1)
    const rest = await worker.claim()
    expect(idsOf(rest).at(-1)).toBe('job-4')
  })

  test('subscribers hear that a held job has begun, not that it is held', async ({ store, worker }) => {
    await enqueue(store, newJob('a'), newJob('b'))
    const cursor = await store.feed.subscribe('me', 60_000)
    const [, held] = await worker.claim({ begins: 1 })
    if (!held) throw new Error('a job was expected')
    await worker.begin(held)
    const changes = await changesUntil(store, cursor, ({ verb }) => verb === 'start')
    expect(changes.map(({ id, verb, state }) => [id, verb, state])).toEqual([
      ['a', 'claim', 'running'],
      ['b', 'start', 'running'],
    ])
  })

  test('what falls due between a claim and the look is seen', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('a', { delayMs: 5 }))
    expect(await worker.claim()).toEqual([])
    await clock.advance(7)
    expect(await store.jobs.nextDueAt()).toBe(clock.now() - 2)
    expect(idsOf(await worker.claim())).toEqual(['a'])
    expect(await store.jobs.nextDueAt()).toBe(null)
  })

  test('a claim takes what is ready, however much comes due', async ({ store, worker, clock }) => {
    await enqueue(store, newJob('ready', { priority: 1 }), ...newJobs(2_500, { delayMs: 10 }))
    await clock.advance(10)
    expect(idsOf(await worker.claim({ limit: 1 }))).toEqual(['ready'])
    const taken = new Set<string>()
    for (
      let some = await worker.claim({ limit: 500 });
      some.length > 0;
      some = await worker.claim({ limit: 500 })
    )
      for (const { id } of some) taken.add(id)
    expect(taken.size).toBe(2_500)
  })
}
