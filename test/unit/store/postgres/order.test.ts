import { expect } from 'vitest'
import { orderRule, standingOf } from '../../../../src/job/order.ts'
import type { QueueSettings } from '../../../../src/job/queue-settings.ts'
import type { Store } from '../../../../src/store/store.ts'
import { arrange } from '../../../conformance/order.ts'
import { enqueue, find, idsOf, newJob, startWorker } from '../../../support/jobs.ts'
import { schemaOf, withClient } from '../../../support/postgres.ts'
import { test } from '../../../support/postgres-store.ts'
import { callingIn, enqueue as enqueueInSql } from '../../../support/sql-functions.ts'

/** Stores a job for a lane that is there, and one for another, in a transaction that sees nothing of what `meanwhile` does. */
function storedBefore(url: string, meanwhile: () => Promise<void>): Promise<string[]> {
  return withClient(async (client) => {
    const sql = callingIn(client, schemaOf(url))
    const options = { queue: 'mail', priority: 5 }
    const ids = [
      await enqueueInSql(sql, { name: 'test.work', options }),
      await enqueueInSql(sql, { name: 'test.other', options }),
    ]
    await meanwhile()
    await client.query('commit')
    return ids
  })
}

const ORDERS: readonly QueueSettings[] = [
  { order: 'lifo' },
  { order: 'fifo' },
  { aging: 1_000 },
  { order: 'weighted' },
]

async function placedIn(store: Store, id: string, settings: QueueSettings) {
  const { priority, dueAt, rank, place } = await find(store, id)
  expect({ rank, place }).toEqual(standingOf({ priority, dueAt }, orderRule(settings)))
}

test.for(
  ORDERS,
)('a job that was being stored while its queue got the order %j is given its place by whoever leads', async (settings, {
  store,
  url,
}) => {
  await enqueue(store, newJob('before', { queue: 'mail' }))
  const ids = await storedBefore(url, () => arrange(store, 'mail', settings))
  await store.upkeep.errands(10)
  expect(await store.queues.unplaced()).toEqual(['mail'])
  expect(await store.queues.place('mail')).toBe(0)
  for (const id of ids) await placedIn(store, id, settings)
  expect(await store.queues.unplaced()).toEqual([])
  const worker = await startWorker(store, 'w')
  expect(idsOf(await worker.claim()).sort()).toEqual([...ids, 'before'].sort())
})

test('what was to be drawn while its queue got another order is claimed by that', async ({ store, url }) => {
  await arrange(store, 'mail', { order: 'weighted' })
  await enqueue(store, newJob('first', { queue: 'mail' }))
  const sql = `update "${schemaOf(url)}".queues set weights = null, rank_by = 0`
  await withClient(async (client) => void (await client.query(`${sql}; commit`)))
  expect(await store.queues.unplaced()).toEqual(['mail'])
  await store.queues.place('mail')
  expect(await store.queues.unplaced()).toEqual([])
})
