import { expect, test } from 'vitest'
import { readNameStats } from '../../../src/queue/name-stats.ts'
import type { EndedJobs } from '../../../src/store/catalog.ts'
import type { Store } from '../../../src/store/store.ts'

const NOW_MS = Date.UTC(2026, 4, 1)

/** A store in which these have ended. */
function storeWith(...ended: readonly EndedJobs[]): Store {
  return { now: async () => NOW_MS, catalog: { ended: async () => ended } } as unknown as Store
}

const took = (
  durationMs: number | null,
  count: number,
  state: EndedJobs['state'] = 'complete',
): EndedJobs => ({
  ...{ name: 'test.work', state, durationMs, count },
  firstAt: NOW_MS - 1_000,
})

test('percentiles are those of all jobs, each as often as it came', async () => {
  const store = storeWith(took(1_000, 1), took(10, 90), took(50, 9, 'failed'), took(null, 100, 'failed'))
  expect((await readNameStats(store, { newerThanMs: 86_400_000 })).names).toEqual([
    {
      ...{ name: 'test.work', count: 200, failed: 109, failureRate: 0.545 },
      ...{ meanMs: 24, p50Ms: 10, p95Ms: 50, p99Ms: 50, maxMs: 1_000 },
    },
  ])
})

test('jobs that never began have no duration', async () => {
  const { names } = await readNameStats(storeWith(took(null, 2, 'failed')), { newerThanMs: 86_400_000 })
  expect(names).toMatchObject([{ failureRate: 1, meanMs: null, p50Ms: null, maxMs: null }])
})

test('where there are more than are counted, it says how far back they reach', async () => {
  const few = await readNameStats(storeWith(took(1, 5)), { newerThanMs: 3_600_000 })
  expect(few.since).toEqual(new Date(NOW_MS - 3_600_000))
  const many = await readNameStats(storeWith(took(1, 10_000)), { newerThanMs: 3_600_000 })
  expect(many.since).toEqual(new Date(NOW_MS - 1_000))
})
