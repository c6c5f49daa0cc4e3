import { expect } from 'vitest'
import { BOUND_MS } from '../support/child.ts'
import { BOUND, results, test, times, type WorkerProcess } from './scene.ts'
import { scripted } from './script.ts'

const TELLS = ['store_retry', 'loop_error', 'lease_lost'] as const
const GRACEFUL = { code: 0, signal: null }

test('two enqueuers and two workers on one file: every job runs once, and nobody hears of a busy database', async ({
  scene,
  queue,
}) => {
  const workers = await Promise.all([1, 2].map(() => scene.worker({}, { tells: ['loop_error', 'complete'] })))
  const enqueuers = await Promise.all(
    [20, 30].map((atATime) => scene.enqueuer({ act: 'return' }, { atATime, most: 600 })),
  )
  for (const each of enqueuers) each.say('go')
  expect(await Promise.all(enqueuers.map((each) => each.exited))).toEqual([GRACEFUL, GRACEFUL])

  const ids = enqueuers.flatMap((each) => each.all('acknowledged').flatMap((message) => message.ids))
  expect(ids).toHaveLength(1_200)
  expect(enqueuers.flatMap((each) => each.all('refused'))).toEqual([])
  await results(ids.map((id) => queue.handle(id)))
  for (const worker of workers) await worker.end('SIGTERM')
  const completed = workers.flatMap((worker) => worker.all('complete').map(({ event }) => event.id))
  expect(completed.sort()).toEqual(ids.sort())
  expect(workers.flatMap((worker) => worker.all('loop_error'))).toEqual([])
})

test('a process that holds a write transaction only delays the others', async ({ scene, queue }) => {
  const worker = await scene.worker({}, { tells: TELLS, busyTimeout: BOUND_MS })
  const locker = await scene.locker()
  const running = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  locker.say('lock')
  await locker.next('locked')
  worker.say('go')
  const enqueued = Promise.all(times(20, { act: 'return' }).map((script) => queue.enqueue(scripted, script)))
  await worker.next('store_retry')
  locker.say('unlock')
  const later = await enqueued

  expect(await results([running, ...later])).toEqual(
    times(21, { act: 'return' }).map(() => ({ pid: worker.pid, epoch: 1 })),
  )
  expect(worker.all('loop_error')).toEqual([])
})

test('a worker that cannot write its database says so, lives, and goes on when it can', async ({
  scene,
  queue,
}) => {
  const worker = await scene.worker({ beat: '100ms' }, { tells: TELLS, busyTimeout: '50ms' })
  const locker = await scene.locker()
  const running = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  locker.say('lock')
  await locker.next('locked')
  worker.say('go')
  await worker.next('loop_error', ({ event }) => event.loop === 'settle')
  await worker.next('loop_error', ({ event }) => event.loop === 'beat')
  locker.say('unlock')

  expect(await running.result(BOUND)).toEqual({ pid: worker.pid, epoch: 1 })
  const next = await queue.enqueue(scripted, { act: 'return' })
  expect(await next.result(BOUND)).toEqual({ pid: worker.pid, epoch: 1 })
  expect(worker.all('lease_lost')).toEqual([])
})

test('a write lock that lasts longer than a lease costs no worker its jobs, and the handlers go on', async ({
  scene,
  queue,
}) => {
  const leases = { lease: '2s', beat: '500ms', rescueInterval: '50ms' } as const
  const told = { tells: [...TELLS, 'rescue'] } as const
  const workers = await Promise.all([1, 2].map(() => scene.worker({ ...leases, concurrency: 2 }, told)))
  const locker = await scene.locker()
  const jobs = await queue.enqueueMany(scripted, times(4, { act: 'wait' }))
  const both = (worker: WorkerProcess) => worker.next('running', () => worker.all('running').length === 2)
  await Promise.all(workers.map(both))

  locker.say(6_000)
  await locker.next('unlocked')
  for (const worker of workers) worker.say('go')

  const ends = await results(jobs)
  expect(ends.map(({ epoch }) => epoch)).toEqual([1, 1, 1, 1])
  expect(workers.flatMap((worker) => [...worker.all('rescue'), ...worker.all('lease_lost')])).toEqual([])
})
