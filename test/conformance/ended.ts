import { expect } from 'vitest'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, failure, newJob, skip, type TestWorker } from '../support/jobs.ts'
import type { StoreTest } from './store-test.ts'

interface Shop {
  readonly store: Store
  readonly worker: TestWorker
  readonly clock: VirtualClock
}

/** Counting the jobs that have ended: how many of which name, how they ended, and how long they took. */
export function endedPromises(test: StoreTest): void {
  test('jobs that have ended are counted by name, end and duration', async ({ store, worker, clock }) => {
    const times = await fiveJobs({ store, worker, clock })

    expect(await ended(store, 0, 100)).toEqual([
      { name: 'test.work', state: 'complete', durationMs: 10, count: 3, firstAt: times[0] },
      { name: 'test.work', state: 'complete', durationMs: 500, count: 1, firstAt: times[3] },
      { name: 'test.mail', state: 'failed', durationMs: 20, count: 1, firstAt: times[4] },
    ])
  })

  test('only those are counted that ended since a time, and the newest of them', async ({
    store,
    worker,
    clock,
  }) => {
    const times = await fiveJobs({ store, worker, clock })

    const counts = async (sinceMs: number, limit: number) =>
      (await ended(store, sinceMs, limit)).map(({ count, firstAt }) => [count, firstAt])
    expect(await counts(times[1] ?? 0, 100)).toEqual([
      [2, times[1]],
      ...[
        [1, times[3]],
        [1, times[4]],
      ],
    ])
    expect(await counts(0, 3)).toEqual([
      [1, times[2]],
      ...[
        [1, times[3]],
        [1, times[4]],
      ],
    ])
    expect(await counts(0, 1)).toEqual([[1, times[4]]])
    expect(await counts(clock.now() + 1, 100)).toEqual([])
  })

  test('a job that never began has ended without a duration, and a cancelled one is not counted', async ({
    store,
    clock,
  }) => {
    await enqueue(store, newJob('expired', { expiresInMs: 5 }), newJob('cancelled'))
    await clock.advance(6)
    await store.upkeep.expire(10)
    await store.catalog.cancel(['cancelled'], 'no')

    const only = { name: 'test.work', state: 'failed', durationMs: null, count: 1, firstAt: clock.now() }
    expect(await ended(store, 0, 100)).toEqual([only])
  })
}

/** Four of one name that end well, one slowly and one skipped, and one of another that fails; gives when they ended. */
async function fiveJobs({ store, worker, clock }: Shop): Promise<number[]> {
  await enqueue(store, ...['a', 'b', 'c', 'd'].map((id) => newJob(id)))
  await enqueue(
    store,
    newJob('mail', { name: 'test.mail', retries: 0 }),
    newJob('pending', { delayMs: 9_999 }),
  )
  const times: number[] = []
  const ends = [COMPLETE, COMPLETE, skip('done already'), COMPLETE, failure('broken')]
  for (const [index, outcome] of ends.entries()) {
    const job = await worker.claimOne()
    await clock.advance([10, 10, 10, 500, 20][index] ?? 0)
    await worker.settle(job, outcome)
    times.push(clock.now())
  }
  return times
}

async function ended(store: Store, sinceMs: number, limit: number) {
  const found = await store.catalog.ended(sinceMs, limit)
  return found.toSorted((left, right) => left.firstAt - right.firstAt)
}
