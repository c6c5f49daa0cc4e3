import { expect } from 'vitest'
import { nextTurn } from '../../../../src/kit/turn.ts'
import { enqueue, idsOf, newJobs } from '../../../support/jobs.ts'
import { test } from './store.ts'

const JOBS = 3_500
const ALL = 100_000
const KEEP_NOTHING = { complete: 0, failed: 0, cancelled: 0 }

/** How often the event loop turned during a call. */
async function turnsDuring(call: Promise<unknown>): Promise<number> {
  let [turns, isOver] = [0, false]
  const over = call.finally(() => {
    isOver = true
  })
  for (; !isOver; turns += 1) await nextTurn()
  await over
  return turns
}

test('a call of thousands of jobs lets the event loop turn between its pieces', async ({ store, clock }) => {
  const jobs = newJobs(JOBS, { expiresInMs: 5 })
  await enqueue(store, ...jobs)
  const ids = idsOf(jobs)

  expect(await turnsDuring(store.catalog.cancel(ids, 'stop'))).toBeGreaterThanOrEqual(3)
  expect(await store.catalog.count({ states: ['cancelled'] })).toBe(JOBS)
  expect(await turnsDuring(store.catalog.retry(ids))).toBeGreaterThanOrEqual(3)
  await store.catalog.cancel(ids, 'stop')
  await clock.advance(10)
  expect(await turnsDuring(store.upkeep.prune(KEEP_NOTHING, ALL))).toBeGreaterThanOrEqual(3)
  expect(await store.catalog.count({})).toBe(0)
})

test('thousands of jobs that nobody started in time fail in pieces, up to the limit', async ({
  store,
  clock,
}) => {
  await enqueue(store, ...newJobs(JOBS, { expiresInMs: 5 }))
  await clock.advance(5)

  expect(await store.upkeep.expire(1_500)).toHaveLength(1_500)
  expect(await turnsDuring(store.upkeep.expire(ALL))).toBeGreaterThanOrEqual(1)
  expect(await store.catalog.count({ states: ['failed'] })).toBe(JOBS)
})

test('a call in pieces that is made again answers what each of them did', async ({ store }) => {
  const ids = idsOf(newJobs(JOBS))
  await enqueue(store, ...newJobs(JOBS).slice(0, 2_000))
  const did = await store.catalog.cancel(ids, 'stop', 'call')
  expect(did).toHaveLength(2_000)

  await enqueue(store, ...newJobs(JOBS).slice(2_000))
  expect(await store.catalog.cancel(ids, 'stop', 'call')).toEqual(did)
  expect(await store.catalog.cancel(ids, 'stop', 'another')).toHaveLength(1_500)
})
