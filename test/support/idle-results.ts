import { expect } from 'vitest'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import type { Store } from '../../src/store/store.ts'
import { COMPLETE, enqueue, newJob, settlement, startWorker } from './jobs.ts'

const MINUTE_MS = 60_000
const KEPT = { complete: 10 * MINUTE_MS, failed: 0, cancelled: 0 }

/** Jobs come to results, each for a while; `results` gives the rows that a store keeps of them. */
export async function expectIdleResultsForgotten(
  store: Store,
  { clock, results }: { readonly clock: VirtualClock; readonly results: () => Promise<string[]> },
): Promise<void> {
  const worker = await startWorker(store, 'lasting', { leaseMs: 1_000 * MINUTE_MS })
  const prune = () => store.upkeep.prune(KEPT, 1_000)
  const gateOf = (id: string) => `cache of test.work=${id}`
  await enqueue(store, ...['a', 'b'].map((id) => newJob(id, { limits: JSON.stringify([[gateOf(id), 1]]) })))
  const ended = (await worker.claim()).map((job) => {
    const answers = { gate: gateOf(job.id), forMs: job.id === 'a' ? MINUTE_MS : 1_000 * MINUTE_MS }
    return { ...settlement(job, worker.id, { outcome: COMPLETE, nowMs: job.claimedAt }), answers }
  })
  await store.jobs.settle(ended)
  await prune()
  expect(await results()).toEqual([gateOf('a'), gateOf('b')])

  await clock.advance(MINUTE_MS)
  await prune()
  expect(await results()).toEqual([gateOf('b')])
  await clock.advance(10 * MINUTE_MS)
  await prune()
  expect(await results()).toEqual([])
}
