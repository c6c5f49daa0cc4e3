import { expect } from 'vitest'
import { withGroup, withRequirements } from '../../src/job/job-gates.ts'
import type { QueueSettings } from '../../src/job/queue-settings.ts'
import type { Store } from '../../src/store/store.ts'
import { enqueue, find, idsOf, newJob, type TestWorker } from './jobs.ts'

/**
 * A version that knows nothing of requirements puts a job back by its name and its gates (`stray`): then nobody is given it who lacks
 * what it requires, and it comes back to its own lane, and to its place in the order of its queue.
 */
export async function expectStraysMended(
  store: Store,
  worker: TestWorker,
  { stray, settings }: { readonly stray: (id: string) => unknown; readonly settings: QueueSettings },
): Promise<void> {
  await store.queues.configure('default', settings)
  const ability = { capabilities: ['gpu'], version: null }
  await enqueue(
    store,
    newJob('a', { limits: withRequirements(null, 'gpu'), priority: 5 }),
    newJob('b', { name: 'test.other' }),
  )
  await stray('a')

  expect(idsOf(await worker.claim())).toEqual(['b'])
  expect(await worker.claim({ ability })).toEqual([])
  expect(await store.limits.tend(10)).toBe(1)
  expect(await find(store, 'a')).toMatchObject({ priority: 5, rank: settings.order === 'fifo' ? 0 : null })
  expect(await worker.claim()).toEqual([])
  expect(idsOf(await worker.claim({ ability }))).toEqual(['a'])
}

/** Jobs of groups that somebody has put among those with limits, who knows of no groups, take turns again as soon as the leader has looked. */
export async function expectGroupsMended(
  store: Store,
  worker: TestWorker,
  stray: () => void | Promise<void>,
): Promise<void> {
  const grouped = (id: string) => newJob(id, { limits: withGroup(null, id.slice(0, 1)) })
  await enqueue(store, ...['a-0', 'a-1', 'b-0'].map(grouped))
  await stray()
  expect(await worker.claim()).toEqual([])
  expect(await store.limits.tend(10)).toBe(3)
  expect(idsOf(await worker.claim())).toEqual(['a-0', 'b-0', 'a-1'])
}
