import { expect } from 'vitest'
import { Worker } from '../../src/index.ts'
import { seededRandom } from '../../src/kit/random.ts'
import type { Queue } from '../../src/queue/queue.ts'
import type { Store } from '../../src/store/store.ts'
import { heldJob } from '../support/held-job.ts'
import { enqueue, newJob, startWorker } from '../support/jobs.ts'
import { Link } from '../support/link.ts'
import { queueOn } from '../support/queue.ts'
import { LEASE, NOBODY, startAll, stopAll, views } from './fleet.ts'
import type { StoreTest } from './store-test.ts'

/** Somebody who holds the write lock stops every beat at once: reads are answered, and nobody was lost. */
export function lockPromises(test: StoreTest): void {
  for (const [what, afterMs, forMs] of [
    ['of three leases', 0, 30_000],
    ['that ends just before the leader looks', 500, 8_400],
    ['that ends just before the others lapse', 2_900, 9_900],
  ] as const) {
    test(`after a lock ${what} nobody alive is taken for lost, and whoever died in it is`, async ({
      store,
      clock,
    }) => {
      const link = new Link(store)
      const { job, run } = heldJob()
      const queues = [1, 2].map((seed) =>
        queueOn(link.store, clock, { random: seededRandom(seed), busyTimeout: '1m' }),
      )
      const [queue] = queues as [Queue, ...Queue[]]
      const handles = await queue.enqueueMany(job, [1, 2])
      const workers = await startAll(queues, clock, { ...LEASE, jobs: [job] })
      await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 10_000 })
      const rescued: string[] = []
      for (const each of queues) each.on('rescue', (event) => rescued.push(...event.workers))

      await clock.advance(afterMs)
      link.locked = true
      await clock.advance(forMs)
      expect(await queue.count({ state: 'running' })).toBe(2)
      link.locked = false
      await clock.advance('20s')

      expect(rescued).toEqual(['dead'])
      const unharmed = { state: 'running', epoch: 1, crashes: 0 }
      expect(await views(handles)).toMatchObject([unharmed, unharmed])
      run(0).end()
      run(1).end()
      await clock.settle()
      await stopAll(workers, clock)
      expect(await queue.count({ state: 'complete' })).toBe(2)
    })
  }

  test('a rescue that meets a lock is given up: those who lapse meanwhile were not lost', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    const { rescue } = link.store.upkeep
    const upkeep: Store['upkeep'] = {
      ...link.store.upkeep,
      rescue: (...given) => {
        // Just after the leader was elected, when the first of the two has lapsed.
        if (clock.now() >= lapseAt && clock.now() < lapseAt + 2_000) link.locked = true
        return rescue(...given)
      },
    }
    const lapseAt = clock.now() + 10_000
    await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 10_000 })
    await store.workers.register({ ...NOBODY, id: 'alive', leaseMs: 15_000 })
    const queue = queueOn({ ...link.store, upkeep }, clock, { busyTimeout: '30s' })
    const rescued: string[] = []
    queue.on('rescue', (event) => rescued.push(...event.workers))
    const workers = await startAll([queue], clock, { ...LEASE, jobs: [heldJob().job] })

    await clock.advance('20s')
    expect(link.locked).toBe(true)
    expect(rescued).toEqual([])
    link.locked = false
    await clock.advance('1s')
    await store.workers.extend('alive', 60_000)
    await clock.advance('10s')
    expect(rescued).toEqual(['dead'])
    await stopAll(workers, clock)
  })

  test('a process that met a lock when it started lets the others beat before it judges', async ({
    store,
    clock,
  }) => {
    for (const id of ['alive', 'dead']) await store.workers.register({ ...NOBODY, id, leaseMs: 10_000 })
    const link = new Link(store)
    link.locked = true
    await clock.advance('15s')
    const queue = queueOn(link.store, clock)
    const rescued: string[] = []
    queue.on('rescue', (event) => rescued.push(...event.workers))
    const worker = new Worker(queue, { ...LEASE, jobs: [heldJob().job] })
    const started = worker.start()
    await clock.advance(10)
    link.locked = false
    await clock.advance('1s')
    await started
    expect(rescued).toEqual([])
    await store.workers.extend('alive', 60_000)
    await clock.advance('10s')
    expect(rescued).toEqual(['dead'])
    await stopAll([worker], clock)
  })

  test('a store that is locked again and again does not keep the dead from being found', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    const queue = queueOn(link.store, clock, { busyTimeout: '30s' })
    const rescued: string[] = []
    queue.on('rescue', (event) => rescued.push(...event.workers))
    const workers = await startAll([queue], clock, { ...LEASE, beat: '1s', jobs: [heldJob().job] })
    await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 10_000 })
    for (let round = 0; round < 12; round += 1) {
      link.locked = true
      await clock.advance('4900ms')
      link.locked = false
      await clock.advance('200ms')
    }
    expect(rescued).toEqual(['dead'])
    await stopAll(workers, clock)
  })

  test('a worker that cannot beat, though it can write, leaves the maintenance to the others', async ({
    store,
    clock,
  }) => {
    const link = new Link(store)
    link.cannotBeat = true
    const queues = [link.store, store].map((each, seed) =>
      queueOn(each, clock, { random: seededRandom(seed) }),
    )
    const rescued: string[][] = [[], []]
    for (const [index, each] of queues.entries())
      each.on('rescue', (event) => rescued[index]?.push(...event.workers))
    const workers = await startAll(queues, clock, { ...LEASE, jobs: [heldJob().job] })
    const [mute] = workers
    const id = mute?.id
    await store.workers.register({ ...NOBODY, id: 'dead', leaseMs: 10_000 })
    await clock.advance('25s')
    expect(rescued).toEqual([[], expect.arrayContaining(['dead', id])])
    link.cannotBeat = false
    await stopAll(workers, clock)
  })

  test('the jobs of a worker that was killed run again as soon as its lease has lapsed, though it led', async ({
    store,
    clock,
  }) => {
    const { job, runs } = heldJob()
    const queue = queueOn(store, clock)
    const victim = await startWorker(store, 'victim', { leaseMs: 10_000 })
    await enqueue(store, newJob('a', { name: job.name }))
    await victim.claimOne()
    await store.upkeep.elect('victim', 10_000)
    await clock.advance(700)
    const workers = await startAll([queue], clock, { ...LEASE, jobs: [job] })
    await clock.advance('2500ms')
    // Its last word: it beats, and is elected once more.
    await store.upkeep.elect('victim', 10_000)
    await store.workers.extend('victim', 10_000)
    await clock.advance(9_999)
    expect(runs).toHaveLength(0)
    await clock.advance(100)
    expect(runs).toHaveLength(1)
    await stopAll(workers, clock)
  })
}
