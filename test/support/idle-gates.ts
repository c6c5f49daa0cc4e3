import { expect } from 'vitest'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, newJob, startWorker } from './jobs.ts'

const MINUTE_MS = 60_000
const KEPT = { complete: 0, failed: 0, cancelled: 0 }

/** Keys are used, each for a while; `gates` gives the rows that a store keeps of them. */
export async function expectIdleGatesForgotten(
  store: Store,
  { clock, gates }: { readonly clock: VirtualClock; readonly gates: () => Promise<string[]> },
): Promise<void> {
  const worker = await startWorker(store, 'lasting', { leaseMs: 1_000 * MINUTE_MS })
  const prune = () => store.upkeep.prune(KEPT, 1_000)
  await store.limits.declare([{ name: 'user', concurrency: 1, rateCount: 1, ratePerMs: MINUTE_MS }])
  const jobs = ['a', 'b', 'waits'].map((id) =>
    newJob(id, { limits: JSON.stringify([[`user=${id === 'waits' ? 'b' : id}`, 1]]) }),
  )
  await enqueue(store, ...jobs)
  await worker.settleAll(await worker.claim(), COMPLETE)
  expect(await worker.claim()).toEqual([])

  await prune()
  expect(await gates()).toEqual(['user=a', 'user=b'])
  await clock.advance(MINUTE_MS)
  await prune()
  expect(await gates()).toEqual(['user=b'])

  const waits = await worker.claimOne()
  const closed = { kind: 'snooze', delayMs: 2 * MINUTE_MS, limited: { limit: 'user' } } as const
  await worker.settle(waits, closed)
  await store.catalog.cancel(['waits'], 'not needed')
  await clock.advance(MINUTE_MS)
  await prune()
  expect(await gates()).toEqual(['user=b'])
  await clock.advance(MINUTE_MS)
  await prune()
  expect(await gates()).toEqual([])
}
