import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { TransientError } from '../../../src/store/errors.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import type { Store } from '../../../src/store/store.ts'
import type { WorkerOptions } from '../../../src/worker/options.ts'
import { Worker } from '../../../src/worker/worker.ts'
import { heldJob } from '../../support/held-job.ts'
import { queueOn } from '../../support/queue.ts'
import { toolbox } from '../../support/resources.ts'

const idle = defineJob({ name: 'test.idle', limits: [{ key: 'one', concurrency: 1 }], run() {} })

/** A worker on a store of which one call fails; and what it told and left. */
function sceneOf(broken: (store: Store) => Partial<Store>, options: Partial<WorkerOptions> = {}) {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const queue = queueOn({ ...store, ...broken(store) }, clock)
  const { told, setup, teardown } = toolbox()
  for (const name of ['worker_start', 'worker_stop'] as const) queue.on(name, () => told.push(name))
  const worker = new Worker(queue, { jobs: [idle], setup, teardown, ...options })
  return { clock, queue, worker, told }
}

/** Ends a run until idle, once whatever `settled` lets go on has done so: it has begun nothing, and left no worker. */
async function endRun({ queue, worker }: ReturnType<typeof sceneOf>, settled: () => unknown): Promise<void> {
  const enough = new AbortController()
  const ran = worker.runUntilIdle({ signal: enough.signal })
  await settled()
  enough.abort()
  expect(await ran).toBe(0)
  expect(await queue.workers()).toEqual([])
}

/** No time passes in these tests: what waits for a retry waits for good. */
const away = async () => Promise.reject(new TransientError('nobody is there', { away: true }))

const never = () => new Promise<never>(() => {})
const schedules = { nightly: { job: idle, every: '1d' } } as const
const unready = defineJob({ name: 'test.unready', input: z.any().refine(never), run() {} })

const hanging: readonly [string, (store: Store) => Partial<Store>, Partial<WorkerOptions>][] = [
  ['its limits are declared', ({ limits }) => ({ limits: { ...limits, declare: away } }), {}],
  ['its schedules are set', ({ schedules: s }) => ({ schedules: { ...s, set: away } }), { schedules }],
  [
    'the schema of a schedule is waited for',
    () => ({}),
    { jobs: [unready], schedules: { nightly: { job: unready, every: '1d' } } },
  ],
  ['it is registered', ({ workers }) => ({ workers: { ...workers, register: away } }), {}],
]

test.each(
  hanging,
)('a worker that is stopped while %s stops at once and leaves nothing', async (_, broken, options) => {
  const { clock, queue, worker, told } = sceneOf(broken, options)
  const started = expect(worker.start()).rejects.toMatchObject({ code: 'worker_stopped' })
  await clock.settle()
  await worker.stop()
  await started
  expect(await queue.workers()).toEqual([])
  expect(await queue.schedules.list()).toEqual([])
  expect(told).toEqual(['setup 1', 'teardown 1'])
})

test.each(
  hanging,
)('a run that is ended while %s ends at once and leaves nothing', async (_, broken, options) => {
  const scene = sceneOf(broken, options)
  await endRun(scene, () => scene.clock.settle())
  expect(scene.told).toEqual(['setup 1', 'teardown 1'])
})

test('a run does not wait for its setup when it is to end', async () => {
  await endRun(
    sceneOf(() => ({}), { setup: never }),
    () => {},
  )
})

test('a run whose maintenance fails leaves neither a lease nor resources', async () => {
  const elect = async () => Promise.reject(new Error('no disk'))
  const { queue, worker, told } = sceneOf(({ upkeep }) => ({ upkeep: { ...upkeep, elect } }))
  await expect(worker.runUntilIdle()).rejects.toThrow('no disk')
  await expect(worker.runOnce()).rejects.toThrow('no disk')
  expect(await queue.workers()).toEqual([])
  expect(told).toEqual(['setup 1', 'teardown 1', 'setup 2', 'teardown 2'])
})

test('a run does not wait for its maintenance when it is to end', async () => {
  const scene = sceneOf(({ upkeep }) => ({ upkeep: { ...upkeep, elect: away } }))
  await endRun(scene, () => scene.clock.settle())
  expect(scene.told).toEqual(['setup 1', 'teardown 1'])
})

test('a worker that is stopped while it runs until idle lets what runs finish, and ends', async () => {
  const { job, run, runs } = heldJob()
  const { clock, queue, worker, told } = sceneOf(() => ({}), { jobs: [job], concurrency: 1 })
  await queue.enqueueMany(job, [1, 2])
  const ran = worker.runUntilIdle()
  await clock.settle()
  const stopped = worker.stop().then(() => told.push('stopped'))
  await clock.settle()
  expect(told).toEqual(['setup 1'])
  run().end()
  expect(await ran).toBe(1)
  await stopped
  expect(runs).toHaveLength(1)
  expect(told).toEqual(['setup 1', 'teardown 1', 'stopped'])
  await expect(worker.runOnce()).rejects.toMatchObject({ code: 'worker_stopped' })
  expect(await queue.count({ state: 'pending' })).toBe(1)
})
