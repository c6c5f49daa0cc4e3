import { defineJob, Worker } from 'millhand'
import { crashSweep, openTestQueue, runJob, runUntilIdle } from 'millhand/testing'
import { expect, test } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import { heldJob } from '../support/held-job.ts'
import { queueOn } from '../support/queue.ts'
import { type Tool, toolbox } from '../support/resources.ts'
import { describeStores } from '../support/stores.ts'

const useTool = defineJob({ name: 'test.tool', run: (_: unknown, ctx) => ctx.resources.tool?.number })

describeStores('resources', (test) => {
  test('what setup makes is there in every handler, made once for all of them', async ({ queue, start }) => {
    const { told, setup, teardown } = toolbox()
    const worker = await start({ jobs: [useTool], setup, teardown })
    const jobs = await queue.enqueueMany(useTool, [1, 2, 3])
    expect(await Promise.all(jobs.map((job) => job.result()))).toEqual([1, 1, 1])
    await worker.stop()
    expect(told).toEqual(['setup 1', 'teardown 1'])
  })

  test('teardown comes when all handlers have ended', async ({ queue, start }) => {
    const { told, setup, teardown } = toolbox()
    const job = defineJob({
      name: 'test.long',
      run: (_: unknown, { signal }) =>
        new Promise<void>((resolve) =>
          signal.addEventListener('abort', () => {
            told.push('handler')
            resolve()
          }),
        ),
    })
    await queue.enqueue(job)
    const worker = await start({ jobs: [job], setup, teardown })
    await expect.poll(() => worker.running).toBe(1)
    await worker.stop({ timeout: 0 })
    expect(told).toEqual(['setup 1', 'handler', 'teardown 1'])
  })
})

test('a setup that fails makes the start fail, tears down nothing, and leaves no worker', async () => {
  const { queue } = await openTestQueue()
  const { told, teardown } = toolbox()
  let works = false
  const setup = () => {
    if (!works) throw new Error('no model on this disk')
    return {}
  }
  const worker = new Worker(queue, { jobs: [useTool], setup, teardown })
  await expect(worker.start()).rejects.toMatchObject({
    code: 'setup_failed',
    message: expect.stringContaining('no model on this disk'),
    cause: { message: 'no model on this disk' },
  })
  expect(await queue.workers()).toEqual([])
  expect(told).toEqual([])
  works = true
  await worker.start()
  await worker.stop()
  await queue.close()
})

test('a setup that takes too long makes the start fail; what it gives later is torn down', async () => {
  const { queue, clock } = await openTestQueue()
  const told: unknown[] = []
  const { promise, resolve } = Promise.withResolvers<{ tool: Tool }>()
  const setup = ({ signal }: { signal: AbortSignal }) => {
    signal.addEventListener('abort', () => told.push('aborted'))
    return promise
  }
  const teardown = (resources: object) => void told.push(resources)
  const worker = new Worker(queue, { jobs: [useTool], setup, teardown, setupTimeout: '5s' })
  const started = expect(worker.start()).rejects.toMatchObject({ code: 'setup_timed_out' })
  await clock.advance('5s')
  await started
  expect(told).toEqual(['aborted'])
  resolve({ tool: { number: 7 } })
  await clock.settle()
  expect(told).toEqual(['aborted', { tool: { number: 7 } }])
  await queue.close()
})

test('a worker that is stopped does not wait for its setup', async () => {
  const { queue } = await openTestQueue()
  const worker = new Worker(queue, { jobs: [useTool], setup: () => new Promise(() => {}) })
  const started = expect(worker.start()).rejects.toMatchObject({ code: 'worker_stopped' })
  await worker.stop()
  await started
  await queue.close()
})

test('the signal of a setup does not abort when a worker that has started stops', async () => {
  const { queue } = await openTestQueue()
  const signals: AbortSignal[] = []
  const setup = ({ signal }: { signal: AbortSignal }) => {
    signals.push(signal)
    return {}
  }
  const worker = new Worker(queue, { jobs: [useTool], setup })
  await worker.start()
  await worker.stop()
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
  await queue.close()
})

test('what a start that failed half way has made is torn down', async () => {
  const { clock } = await openTestQueue()
  const store = openMemoryStore({ clock })
  const register = async () => Promise.reject(new Error('away'))
  const queue = queueOn({ ...store, workers: { ...store.workers, register } }, clock)
  const { told, setup, teardown } = toolbox()
  const worker = new Worker(queue, { jobs: [useTool], setup, teardown })
  await expect(worker.start()).rejects.toThrow('away')
  expect(told).toEqual(['setup 1', 'teardown 1'])
  await queue.close()
})

test.each([
  ['throws', () => Promise.reject(new Error('no end')), 'no end'],
  ['does not end', () => new Promise(() => {}), 'teardown'],
])('a teardown that %s does not keep the worker from stopping, and is told', async (_, teardown, words) => {
  const { queue, clock } = await openTestQueue()
  const told: string[] = []
  queue.on('loop_error', ({ loop, error }) => told.push(`${loop}: ${error.message}`))
  const worker = new Worker(queue, { jobs: [useTool], setup: () => ({}), teardown })
  await worker.start()
  const stopped = worker.stop()
  await clock.advance('5s')
  await stopped
  expect(told).toEqual([expect.stringMatching(new RegExp(`^teardown: .*${words}`))])
  await queue.close()
})

test('a handler that was left behind does not keep its worker from the teardown', async () => {
  const { queue, clock } = await openTestQueue()
  const { told, setup, teardown } = toolbox()
  const { job } = heldJob()
  await queue.enqueue(job)
  const worker = new Worker(queue, { jobs: [job], setup, teardown })
  await worker.start()
  await clock.settle()
  const stopped = worker.stop({ timeout: 0 })
  await clock.advance('5s')
  await stopped
  expect(told).toEqual(['setup 1', 'teardown 1'])
  await queue.close()
})

test('a run until nothing is due sets up once, however often time is moved on', async () => {
  const { queue } = await openTestQueue()
  const { told, setup, teardown } = toolbox()
  const jobs = [await queue.enqueue(useTool), await queue.enqueue(useTool, null, { delay: '1h' })]
  await runUntilIdle(queue, { jobs: [useTool], setup, teardown })
  expect(await Promise.all(jobs.map((job) => job.result()))).toEqual([1, 1])
  expect(told).toEqual(['setup 1', 'teardown 1'])
  await queue.close()
})

test('the test kit gives resources of the test', async () => {
  const resources = { tool: { number: 42 } }
  const { outcome } = await runJob(useTool, null, { resources })
  expect(outcome).toEqual({ verb: 'complete', output: 42 })
  expect(await crashSweep(useTool, null, { resources })).toMatchObject({ crashes: 2 })
})
