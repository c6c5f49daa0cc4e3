import { expect, test } from 'vitest'
import { defineJob } from '../../../src/index.ts'
import { WAITING_PARENTS_MAX } from '../../../src/job/limits.ts'
import type { Duration } from '../../../src/kit/duration.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Worker } from '../../../src/worker/worker.ts'
import { queueOn } from '../../support/queue.ts'

const PAST_THE_LEASE_MS = 11_000

const child = defineJob({ name: 'test.child', run: () => 'done' })

/** A queue, and parents that wait for children which this worker does not run. */
async function waitingParents(count: number, options: { stallTimeout?: Duration; timeout?: Duration } = {}) {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const parent = defineJob({
    name: 'test.parent',
    retries: 0,
    ...options,
    run: (_: unknown, ctx) => ctx.invoke(child),
  })
  await queue.enqueueMany(parent, Array.from({ length: count }))
  const worker = new Worker(queue, { jobs: [parent], concurrency: 100 })
  await worker.start()
  await expect.poll(() => queue.count({ name: 'test.child' })).toBe(count)
  const end = async () => {
    await worker.stop({ timeout: 0 })
    await queue.close()
  }
  return { clock, queue, worker, parent, end }
}

test('a worker keeps so many that wait, and gives the others back for a moment', async () => {
  const { queue, worker, end } = await waitingParents(WAITING_PARENTS_MAX + 1)
  await expect.poll(() => worker.running).toBe(WAITING_PARENTS_MAX)
  await expect.poll(() => queue.count({ name: 'test.parent', scheduled: true })).toBe(1)
  const [given] = await queue.list({ name: 'test.parent', scheduled: true })
  expect(given).toMatchObject({ state: 'pending', attempt: 0 })
  await end()
})

test('one that waits is not stalled, however long its child takes', async () => {
  const { clock, queue, end } = await waitingParents(1, { stallTimeout: '1m' })
  await clock.advance('10m')
  const other = new Worker(queue, { jobs: [child] })
  await other.start()
  await expect.poll(() => queue.count({ name: 'test.parent', state: 'complete' })).toBe(1)
  await other.stop()
  await end()
})

test('its time-out counts, and leaves the child to go on', async () => {
  const { clock, queue, end } = await waitingParents(1, { timeout: '1m' })
  await clock.advance('1m')
  await expect.poll(() => queue.count({ name: 'test.parent', state: 'failed' })).toBe(1)
  const [failed] = await queue.list({ name: 'test.parent', state: 'failed' })
  expect(failed).toMatchObject({ failure: { kind: 'timeout' } })
  expect((await queue.list({ name: 'test.child' })).map(({ state }) => state)).toEqual(['pending'])
  await end()
})

test('a worker that only claims once gives the parent back, and the next one finds its child', async () => {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const parent = defineJob({ name: 'test.parent', run: (_: unknown, ctx) => ctx.invoke(child) })
  const handle = await queue.enqueue(parent)
  const worker = new Worker(queue, { jobs: [parent, child], concurrency: 1 })
  const counts = [await worker.runOnce(), await worker.runOnce(), await worker.runOnce()]
  expect([counts, await handle.result()]).toEqual([[1, 1, 1], 'done'])
  expect(await queue.count({ name: 'test.child' })).toBe(1)
  await queue.close()
})

test('a job that has to run alone, after two crashes, lets its child run and ends', async () => {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const never = Promise.withResolvers<never>()
  let runs = 0
  const parent = defineJob({
    name: 'test.parent',
    run(_: unknown, ctx) {
      runs += 1
      return runs < 3 ? never.promise : ctx.invoke(child)
    },
  })
  const handle = await queue.enqueue(parent)
  const workers: Worker[] = []
  for (let round = 1; round <= 3; round += 1) {
    const worker = new Worker(queue, { jobs: [parent, child], concurrency: 1, abortGrace: 0 })
    workers.push(worker)
    await worker.start()
    await expect.poll(() => runs).toBe(round)
    if (round < 3) clock.jump(PAST_THE_LEASE_MS)
  }
  await expect.poll(() => queue.count({ name: 'test.child', state: 'complete' })).toBe(1)
  expect(await handle.result()).toBe('done')
  expect((await handle.get()).crashes).toBe(2)
  const stopped = workers.map((worker) => worker.stop({ timeout: 0 }))
  // Past the grace of the handlers that never end.
  await clock.advance('1m')
  await Promise.all(stopped)
  await queue.close()
})

test('a prefix is the name of no child: it is refused, and nothing is stored', async () => {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const any = defineJob({ name: 'test.any.*', run: () => {} })
  const parent = defineJob({ name: 'test.parent', retries: 0, run: (_: unknown, ctx) => ctx.invoke(any) })
  await queue.enqueue(parent)
  const worker = new Worker(queue, { jobs: [parent] })
  await worker.start()
  await expect.poll(() => queue.count({ state: 'failed' })).toBe(1)
  const [failed] = await queue.list()
  expect(failed).toMatchObject({ name: 'test.parent', failure: { code: 'name_needed' } })
  await worker.stop()
  await queue.close()
})
