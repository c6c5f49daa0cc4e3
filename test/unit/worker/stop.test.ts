import { expect, test } from 'vitest'
import { defineJob } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Worker } from '../../../src/worker/worker.ts'
import { heldJob } from '../../support/held-job.ts'
import { queueOn } from '../../support/queue.ts'

test('a claim that comes back after the abort starts nothing that goes on', async () => {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const slow = {
    ...store,
    jobs: {
      ...store.jobs,
      async claim(request: Parameters<typeof store.jobs.claim>[0]) {
        const jobs = await store.jobs.claim(request)
        await answered
        return jobs
      },
    },
  }
  const queue = queueOn(slow, clock)
  const { job, runs } = heldJob()
  const handle = await queue.enqueue(job)
  const worker = new Worker(queue, { jobs: [job], abortGrace: '1s' })
  await worker.start()
  const stopped = worker.stop({ timeout: 0 })
  await clock.advance(10)
  expect((await handle.get()).state).toBe('running')
  answer()
  await clock.advance('2s')
  await stopped
  expect(runs.every(({ ctx }) => ctx.signal.aborted)).toBe(true)
  expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
  expect(await queue.workers()).toEqual([])
  await queue.close()
})

test('a store that cannot be written does not hold a worker that stops', async () => {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const broken = {
    ...store,
    jobs: {
      ...store.jobs,
      async settle() {
        throw new Error('no space left on device')
      },
    },
  }
  const queue = queueOn(broken, clock)
  const { job, run } = heldJob()
  const handle = await queue.enqueue(job)
  const worker = new Worker(queue, { jobs: [job], stopTimeout: '10s', abortGrace: '5s' })
  await worker.start()
  await clock.settle()
  run().end('done')
  const stopped = worker.stop()
  await clock.advance('20s')
  await stopped
  expect(await queue.workers()).toEqual([])
  expect((await handle.get()).state).toBe('pending')
  await queue.close()
})

test('a worker that could not start may be started again', async () => {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  let away = true
  const flaky = {
    ...store,
    workers: {
      ...store.workers,
      async register(worker: Parameters<typeof store.workers.register>[0]) {
        if (away) throw new Error('away')
        return store.workers.register(worker)
      },
    },
  }
  const queue = queueOn(flaky, clock)
  const worker = new Worker(queue, { jobs: [defineJob({ name: 'test.idle', run() {} })] })
  await expect(worker.start()).rejects.toThrow('away')
  away = false
  await worker.start()
  expect(await queue.workers()).toHaveLength(1)
  await worker.stop()
  await queue.close()
})
