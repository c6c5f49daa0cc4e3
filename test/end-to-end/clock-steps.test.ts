import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineJob, Worker, type WorkerOptions } from 'millhand'
import { afterAll, test as base, expect } from 'vitest'
import { seededRandom } from '../../src/kit/random.ts'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { openSqliteStore } from '../../src/store/sqlite/index.ts'
import type { Store } from '../../src/store/store.ts'
import { heldJob } from '../support/held-job.ts'
import { enqueue, idsOf, newJob, newJobs, RELEASE, startWorker } from '../support/jobs.ts'
import { queueOn } from '../support/queue.ts'
import { ScriptedMachine } from '../support/scripted-machine.ts'

const HOUR_MS = 3_600_000

const folder = mkdtempSync(join(tmpdir(), 'millhand-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** A file on a machine whose clocks the test has in its hands, and processes on it. */
const test = base
  .extend('clock', () => new VirtualClock())
  .extend('machine', ({ clock }) => new ScriptedMachine(clock))
  .extend('file', ({ clock: _ }) => join(mkdtempSync(join(folder, 'clock-')), 'jobs.db'))
  .extend('open', ({ machine, file }, { onCleanup }) => {
    const stores: Store[] = []
    onCleanup(async () => void (await Promise.all(stores.map((store) => store.close()))))
    return async (given: { tellsBoot?: boolean } = {}): Promise<Store> => {
      const store = await openSqliteStore({ file, clock: machine.clock(given) })
      stores.push(store)
      return store
    }
  })
  .extend('process', ({ open, machine, clock }, { onCleanup }) => {
    const workers: Worker[] = []
    onCleanup(async () => {
      const stopped = workers.map((worker) => worker.stop({ timeout: 0 }))
      await clock.advance('1m')
      await Promise.all(stopped)
    })
    return async (options: WorkerOptions): Promise<Queue> => {
      const queue = queueOn(await open(), machine.clock(), { random: seededRandom(workers.length) })
      const worker = new Worker(queue, options)
      workers.push(worker)
      await worker.start()
      await clock.settle()
      return queue
    }
  })

for (const [what, byMs] of [
  ['an hour forward', HOUR_MS],
  ['an hour back', -HOUR_MS],
] as const) {
  test(`a wall clock that is set ${what} costs nobody a lease`, async ({ clock, machine, open, process }) => {
    const { job } = heldJob()
    const options = { jobs: [job], concurrency: 1 }
    const queues = [await process(options), await process(options)]
    const [queue] = queues as [Queue, Queue]
    const rescued: string[] = []
    for (const each of queues) each.on('rescue', (event) => rescued.push(...event.workers))
    const jobs = await queue.enqueueMany(job, [1, 2])
    await startWorker(await open(), 'quiet', { leaseMs: 60_000 })
    await clock.advance('5s')

    machine.step(byMs)
    await clock.advance('40s')
    expect(rescued).toEqual([])
    const running = { state: 'running', epoch: 1, crashes: 0 }
    expect(await Promise.all(jobs.map((each) => each.get()))).toMatchObject([running, running])
  })

  test(`a lost worker is rescued as soon as elsewhere, though the wall clock is set ${what}`, async ({
    clock,
    machine,
    open,
    process,
  }) => {
    const { job, runs } = heldJob()
    const store = await open()
    const victim = await startWorker(store, 'victim', { leaseMs: 10_000 })
    await enqueue(store, newJob('a', { name: job.name }))
    await victim.claimOne()
    await process({ jobs: [job] })
    await clock.advance('5s')
    machine.step(byMs)
    await clock.advance('4900ms')
    expect(runs).toHaveLength(0)
    await clock.advance('1200ms')
    expect(runs).toHaveLength(1)
  })

  test(`a retry after a second comes after a second, though the wall clock is set ${what} meanwhile`, async ({
    clock,
    machine,
    process,
  }) => {
    const starts: number[] = []
    const fails = defineJob({
      name: 'test.fails',
      retries: 1,
      backoff: { kind: 'fixed', base: '1s', jitter: 0 },
      run() {
        starts.push(clock.now())
        if (starts.length === 1) throw new Error('no')
      },
    })
    const queue = await process({ jobs: [fails] })
    await queue.enqueue(fails)
    await clock.advance('300ms')
    machine.step(byMs)
    await clock.advance('700ms')
    expect(starts).toHaveLength(2)
  })

  test(`a rate lets the next one start when its window is over, though the wall clock is set ${what} meanwhile`, async ({
    clock,
    machine,
    open,
  }) => {
    const store = await open()
    const worker = await startWorker(store, 'worker', { leaseMs: 10 * 60_000 })
    await store.limits.declare([{ name: 'api', concurrency: null, rateCount: 2, ratePerMs: 60_000 }])
    await enqueue(store, ...newJobs(4, { limits: '[["api",1]]' }))
    expect(await worker.claim({ limit: 1 })).toHaveLength(1)
    await clock.advance('20s')
    expect(await worker.claim()).toHaveLength(1)
    machine.step(byMs)
    await clock.advance('39s')
    expect(await worker.claim()).toEqual([])
    await clock.advance('1s')
    expect(idsOf(await worker.claim())).toEqual(['job-2'])
    await clock.advance('20s')
    expect(idsOf(await worker.claim())).toEqual(['job-3'])
  })

  test(`a key that a handler has closed opens as it said, though the wall clock is set ${what} meanwhile`, async ({
    clock,
    machine,
    open,
  }) => {
    const store = await open()
    const worker = await startWorker(store, 'worker', { leaseMs: 10 * 60_000 })
    await store.limits.declare([{ name: 'api', concurrency: 5, rateCount: null, ratePerMs: null }])
    await enqueue(store, newJob('a', { limits: '[["api",1]]' }))
    const closed = { kind: 'snooze', delayMs: 120_000, limited: { limit: 'api' } } as const
    await worker.settle(await worker.claimOne(), closed)
    await enqueue(store, newJob('b', { limits: '[["api",1]]' }))
    machine.step(byMs)
    await clock.advance('119s')
    expect(await worker.claim()).toEqual([])
    await clock.advance('1s')
    expect(idsOf(await worker.claim())).toEqual(['a', 'b'])
  })

  test(`a job that expires in half a minute does so, though the wall clock is set ${what} meanwhile`, async ({
    clock,
    machine,
    process,
  }) => {
    const queue = await process({ jobs: [heldJob().job] })
    const job = await queue.enqueue(defineJob({ name: 'test.nobodys', run() {} }), null, { expiresIn: '30s' })
    machine.step(byMs)
    await clock.advance('29s')
    expect(await job.get()).toMatchObject({ state: 'pending' })
    await clock.advance('15s')
    expect(await job.get()).toMatchObject({ state: 'failed', failure: { kind: 'expired' } })
  })
}

test('what was ready before the wall clock was set back runs before what comes later, and again when it is given back', async ({
  clock,
  machine,
  open,
}) => {
  const store = await open()
  const worker = await startWorker(store, 'worker', { leaseMs: 60_000 })
  await enqueue(store, newJob('old'))
  await clock.advance('1s')
  machine.step(-HOUR_MS)
  await enqueue(store, newJob('new'))
  const old = await worker.claimOne()
  expect(old.id).toBe('old')
  await worker.settle(old, RELEASE)
  expect((await worker.claimOne()).id).toBe('old')
})

test('what waits by aging keeps its place among the others when the wall clock is set back', async ({
  clock,
  machine,
  open,
}) => {
  const store = await open()
  await store.queues.configure('default', { aging: 60_000 })
  await enqueue(store, newJob('poor', { priority: -40 }))
  await clock.advance('20m')
  await enqueue(store, newJob('fair', { priority: -2 }))
  await clock.advance('65m')
  machine.step(-HOUR_MS)
  const worker = await startWorker(store, 'worker')
  expect(idsOf(await worker.claim())).toEqual(['fair', 'poor'])
})

test('what is to run at an hour of the day goes by the wall clock', async ({ clock, machine, process }) => {
  const { job, runs } = heldJob()
  const queue = await process({ jobs: [job] })
  await queue.enqueue(job, null, { runAt: new Date(clock.now() + HOUR_MS / 2) })
  await clock.advance('5m')
  expect(runs).toHaveLength(0)
  machine.step(HOUR_MS)
  await clock.advance('10s')
  expect(runs).toHaveLength(1)
})

test('all processes see at once that the time was moved, whoever noticed', async ({
  clock,
  machine,
  open,
}) => {
  const [first, second] = [await open(), await open()]
  await startWorker(first, 'first')
  await startWorker(second, 'second')
  machine.step(HOUR_MS)
  await first.workers.extend('first', 10_000)
  const nowMs = clock.now() + HOUR_MS
  expect(await second.now()).toBe(nowMs)
  expect(await second.workers.list()).toMatchObject([
    { id: 'first', leaseUntil: nowMs + 10_000 },
    { id: 'second', leaseUntil: nowMs + 10_000 },
  ])
})

test('who goes by the time that it read last does not, where it was moved forth and back meanwhile', async ({
  clock,
  machine,
  open,
}) => {
  const [first, second] = [await open(), await open()]
  await startWorker(first, 'first')
  await startWorker(second, 'second')
  machine.step(HOUR_MS)
  await first.workers.extend('first', 10_000)
  machine.step(-HOUR_MS)
  // To the second one, the wall clock is where it was. In the file, it is an hour later.
  await second.workers.extend('second', 10_000)
  expect(await second.upkeep.elect('second', 10_000)).toMatchObject({ leads: true })
  expect(await second.now()).toBe(clock.now())
  const leased = { leaseUntil: clock.now() + 10_000 }
  expect(await first.workers.list()).toMatchObject([leased, leased])
  expect(await first.upkeep.elect('first', 10_000)).toEqual({ leads: false, forMs: 10_000 })
})

test('the time does not follow a small step: it goes on evenly', async ({ clock, machine, open }) => {
  const store = await open()
  await startWorker(store, 'first')
  const nowMs = await store.now()
  machine.step(1_500)
  await clock.advance('1s')
  expect(await store.now()).toBe(nowMs + 1_000)
  await store.workers.extend('first', 10_000)
  expect(await store.now()).toBe(nowMs + 1_000)
})

test('a process that is held up between two looks at the clocks sees no step', async ({
  clock,
  machine,
  open,
}) => {
  const store = await open()
  await startWorker(store, 'first')
  const [before] = await store.workers.list()
  let heldUp = false
  machine.onLook = () => {
    if (!heldUp) clock.jump(30_000)
    heldUp = true
  }
  expect(await store.now()).toBe(clock.now())
  heldUp = false
  await store.queues.pause('any')
  expect(await store.workers.list()).toEqual([before])
})

for (const tellsBoot of [true, false]) {
  const where = tellsBoot ? '' : ', where the machine does not tell one boot from the next'
  test(`after a boot without a battery, an hour behind, whoever ran before is lost within a lease${where}`, async ({
    clock,
    machine,
    open,
  }) => {
    const store = await open({ tellsBoot })
    await clock.advance('10s')
    const victim = await startWorker(store, 'victim', { leaseMs: 10_000 })
    await enqueue(store, newJob('a'))
    await victim.claimOne()
    await store.upkeep.elect('victim', 10_000)

    machine.boot()
    machine.step(-HOUR_MS)
    const booted = await open({ tellsBoot })
    await startWorker(booted, 'fresh', { leaseMs: 60_000 })
    expect(await booted.now()).toBe(clock.now() - HOUR_MS)
    await clock.advance('10s')
    expect(await booted.upkeep.elect('fresh', 10_000)).toMatchObject({ leads: true })
    expect(await booted.upkeep.rescue(3)).toMatchObject({ workers: ['victim'], rescued: ['a'] })
  })
}
