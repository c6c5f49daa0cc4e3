import { expect } from 'vitest'
import { BOUND, BY_NOTICE, QUICK, test } from './scene.ts'
import { scripted } from './script.ts'

const GRACEFUL = { code: 0, signal: null }

test('SIGTERM lets the running job finish, starts no other, and the process ends by itself', async ({
  scene,
  queue,
}) => {
  const worker = await scene.worker({ ...QUICK, concurrency: 1 }, { tells: ['complete'] })
  const running = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')
  const next = await queue.enqueue(scripted, { act: 'return' })

  worker.signal('SIGTERM')
  await worker.next('stopping')
  worker.say('go')

  expect(await worker.exited).toEqual(GRACEFUL)
  expect(await running.get()).toMatchObject({ state: 'complete', output: { pid: worker.pid }, attempt: 1 })
  expect(await next.get()).toMatchObject({ state: 'pending', attempt: 0 })
  expect(await queue.workers()).toEqual([])
})

test('a job that does not finish before the stop timeout is aborted and goes back without burning an attempt', async ({
  scene,
  queue,
}) => {
  const worker = await scene.worker({ ...QUICK, stopTimeout: '100ms' }, { tells: ['release'] })
  const job = await queue.enqueue(scripted, { act: 'wait' })
  await worker.next('running')

  expect(await worker.end('SIGTERM')).toEqual(GRACEFUL)
  expect(worker.all('aborted')).toMatchObject([{ id: job.id, because: 'worker_stopping' }])
  expect(await job.get()).toMatchObject({ state: 'pending', attempt: 0, crashes: 0, errors: [] })
})

test('a handler that ignores its signal does not keep a stopping worker', async ({ scene, queue }) => {
  const options = { ...QUICK, stopTimeout: '50ms', abortGrace: '100ms' } as const
  const worker = await scene.worker(options, { tells: ['abandon'] })
  const job = await queue.enqueue(scripted, { act: 'ignore' })
  await worker.next('running')

  expect(await worker.end('SIGTERM')).toEqual(GRACEFUL)
  expect(worker.all('abandon')).toMatchObject([{ event: { id: job.id } }])
  expect(await job.get()).toMatchObject({ state: 'pending', attempt: 0 })
})

test('what a stopping worker gives back runs at once in another process', async ({ scene, queue }) => {
  const options = { ...BY_NOTICE, stopTimeout: 0 } as const
  const workers = [await scene.worker(options), await scene.worker(options)]
  const job = await queue.enqueue(scripted, { act: 'wait', once: true })
  const holder = await Promise.any(workers.map((worker) => worker.next('running').then(() => worker)))
  const other = workers.find((worker) => worker !== holder)

  await holder.end('SIGTERM')
  expect(await job.result(BOUND)).toEqual({ pid: other?.pid, epoch: 2 })
})

test('a worker whose database stays locked stops all the same, and its job runs elsewhere', async ({
  scene,
  queue,
}) => {
  const options = { ...QUICK, stopTimeout: '100ms', abortGrace: '100ms' } as const
  const worker = await scene.worker(options, { busyTimeout: '100ms' })
  const job = await queue.enqueue(scripted, { act: 'wait', once: true })
  await worker.next('running')
  const locker = await scene.locker()
  locker.say('lock')
  await locker.next('locked')

  expect(await worker.end('SIGTERM')).toEqual(GRACEFUL)
  locker.say('unlock')
  const other = await scene.worker(QUICK)
  expect(await job.result(BOUND)).toEqual({ pid: other.pid, epoch: 2 })
})
