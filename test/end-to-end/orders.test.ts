import { defineJob, type MillhandEvents, Worker } from 'millhand'
import { openTestQueue, runUntilIdle } from 'millhand/testing'
import { expect, test } from 'vitest'
import { internalsOf } from '../../src/queue/internals.ts'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const quick = defineJob({ name: 'test.quick', run: () => 'done' })

describeStores('orders to workers', (test) => {
  test('one that is told to be quiet claims no more; what runs goes on, until it is told to run', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob()
    const long = await queue.enqueue(job)
    const worker = await start({ jobs: [job, quick] })
    await expect.poll(() => worker.running).toBe(1)

    expect(await queue.orderWorkers(worker.id, 'quiet')).toEqual([worker.id])
    await clock.advance('3s')
    expect(await queue.workers()).toMatchObject([{ id: worker.id, order: 'quiet', running: 1 }])
    const short = await queue.enqueue(quick)
    await clock.advance('20s')
    expect(await short.get()).toMatchObject({ state: 'pending' })
    expect(await queue.explain(short.id)).toMatchObject({ reasons: [{ code: 'workers_quiet' }] })
    run().end('done')
    expect(await long.result()).toBe('done')
    expect(await short.get()).toMatchObject({ state: 'pending' })

    await queue.orderWorkers('all', 'run')
    const result = short.result()
    await clock.advance('3s')
    expect(await result).toBe('done')
  })

  test('one that is told to stop lets handlers finish, and is gone', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    await expect.poll(() => worker.running).toBe(1)
    const told: string[] = []
    queue.on('worker_order', ({ order }) => told.push(order))
    queue.on('worker_stop', () => told.push('stopped'))

    expect(await queue.orderWorkers([worker.id, 'nobody'], 'stop')).toEqual([worker.id])
    await clock.advance('3s')
    await expect.poll(() => told).toEqual(['stop'])
    run().end('done')
    await expect.poll(() => told).toEqual(['stop', 'stopped'])
    expect(await queue.workers()).toEqual([])
    expect(await handle.result()).toBe('done')
    await expect(worker.start()).rejects.toMatchObject({ code: 'worker_stopped' })
  })

  test('a worker of that id has to be there; of a list, those that are', async ({ queue }) => {
    await expect(queue.orderWorkers('nobody', 'quiet')).rejects.toMatchObject({
      code: 'worker_not_found',
      facts: { id: 'nobody', known: [] },
    })
    expect(await queue.orderWorkers(['nobody'], 'quiet')).toEqual([])
    expect(await queue.orderWorkers('all', 'stop')).toEqual([])
    for (const order of ['stopp', undefined])
      await expect(queue.orderWorkers('all', order as 'stop')).rejects.toMatchObject({
        code: 'invalid_option',
        message: expect.stringContaining(
          `orderWorkers: option 'order' is ${order ? `'${order}'` : order}, expected one of 'run', 'quiet', 'stop'.`,
        ),
      })
    await expect(queue.orderWorkers('all', 'stopp' as 'stop')).rejects.toThrow("Did you mean 'stop'?")
  })
})

test('a handler that goes on after the stopTimeout is aborted, as by stop()', async () => {
  const { queue, clock } = await openTestQueue()
  const { job } = heldJob()
  const handle = await queue.enqueue(job)
  const worker = new Worker(queue, { jobs: [job], stopTimeout: '10s', abortGrace: '1s' })
  await worker.start()
  await clock.settle()
  await queue.orderWorkers('all', 'stop')
  await clock.advance('15s')
  expect(await queue.workers()).toEqual([])
  expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
  await queue.close()
})

test('a worker that lost its lease is still quiet under the next one', async () => {
  const { queue, clock } = await openTestQueue()
  const worker = new Worker(queue, { jobs: [quick], maintenance: false })
  await worker.start()
  const { id } = worker
  await queue.orderWorkers('all', 'quiet')
  await clock.advance('3s')
  await internalsOf(queue, 'test').store.workers.deregister(id)
  await clock.advance('5s')
  expect(worker.id).not.toBe(id)
  expect(await queue.workers()).toMatchObject([{ id: worker.id, order: 'quiet' }])
  const job = await queue.enqueue(quick)
  await clock.advance('10s')
  expect((await job.get()).state).toBe('pending')
  await worker.stop()
  await queue.close()
})

test('a run until nothing is due ends when it is told to be quiet, and the next one begins anew', async () => {
  const { queue, clock } = await openTestQueue()
  const told: MillhandEvents['worker_order'][] = []
  queue.on('worker_order', (event) => told.push(event))
  const endless = defineJob({
    name: 'test.endless',
    async run(_: unknown, ctx) {
      if (ctx.job.input === 1) await queue.orderWorkers('all', 'quiet')
      await ctx.enqueue(endless, 2)
      await clock.advance('1s')
    },
  })
  await queue.enqueue(endless, 1)
  const worker = new Worker(queue, { jobs: [endless], concurrency: 1 })
  expect(await worker.runUntilIdle()).toBeGreaterThan(0)
  expect(told).toMatchObject([{ order: 'quiet' }])
  expect(await queue.workers()).toEqual([])
  await queue.enqueue(quick)
  expect(await runUntilIdle(queue, { jobs: [quick] })).toBe(1)
  await queue.close()
})
