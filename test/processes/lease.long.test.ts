import { expect } from 'vitest'
import { BOUND, QUICK, test } from './scene.ts'
import { scripted } from './script.ts'

test('a worker that was stopped past its lease is refused, its handlers are aborted, and it works on under a new lease', async ({
  scene,
  queue,
}) => {
  const stopped = await scene.worker(QUICK, { tells: ['refuse', 'lease_lost', 'loop_blocked'] })
  const job = await queue.enqueue(scripted, { act: 'ignore' })
  const { worker: lost } = await stopped.next('running')

  stopped.signal('SIGSTOP')
  const other = await scene.worker(QUICK)
  const taken = await other.next('running', ({ id }) => id === job.id)
  stopped.signal('SIGCONT')
  const abort = await stopped.next('aborted')
  stopped.say('go')
  const { event: refused } = await stopped.next('refuse')
  other.say('go')

  expect(abort).toMatchObject({ id: job.id, because: 'lease_lapsed' })
  expect(refused).toMatchObject({ id: job.id, worker: lost, because: 'lost' })
  expect(stopped.all('lease_lost')).toMatchObject([{ event: { worker: lost, jobs: 1 } }])
  // A process that stood still as a whole was not blocked.
  expect(stopped.all('loop_blocked').filter(({ event }) => event.blockedMs > 1_000)).toEqual([])
  // The other ran it, and no attempt was burned.
  expect(taken.attempt).toBe(1)
  expect(await job.result(BOUND)).toEqual({ pid: other.pid, epoch: 2 })

  await other.end('SIGTERM')
  const next = await queue.enqueue(scripted, { act: 'return' })
  expect(await next.result(BOUND)).toEqual({ pid: stopped.pid, epoch: 1 })
  const [worker] = await queue.workers()
  expect(worker?.id).not.toBe(lost)
})

test('a handler that blocks the event loop for three leases keeps its job', async ({ scene, queue }) => {
  const busy = await scene.worker(QUICK, { tells: ['loop_blocked', 'lease_lost'] })
  const job = await queue.enqueue(scripted, { act: 'block', forMs: 9_000 })
  await busy.next('running')
  const rescuer = await scene.worker(QUICK, { tells: ['rescue'] })

  expect(await job.result(BOUND)).toEqual({ pid: busy.pid, epoch: 1 })
  expect(rescuer.all('rescue')).toEqual([])
  await busy.next('loop_blocked', ({ event }) => !event.lapsing)
  expect(busy.all('lease_lost')).toEqual([])
})

test('a loop that is blocked past its limit is reported and loses its jobs, and its process lives', async ({
  scene,
  queue,
}) => {
  const limited = { ...QUICK, blockedLimit: '500ms' } as const
  const endless = await scene.worker(limited, { tells: ['loop_blocked', 'lease_lost', 'refuse'] })
  const job = await queue.enqueue(scripted, { act: 'block', forMs: 9_000, once: true })
  await endless.next('running')
  const other = await scene.worker(QUICK, { tells: ['rescue'] })

  const { event: rescue } = await other.next('rescue')
  expect(rescue.rescued).toEqual([job.id])
  await endless.next('loop_blocked', ({ event }) => event.lapsing && event.blockedMs > 500)
  await endless.next('lease_lost')
  expect(await endless.next('refuse')).toMatchObject({ event: { id: job.id, because: 'lost' } })

  expect(await job.result(BOUND)).toEqual({ pid: other.pid, epoch: 2 })
  await other.end('SIGTERM')
  const next = await queue.enqueue(scripted, { act: 'return' })
  expect(await next.result(BOUND)).toMatchObject({ pid: endless.pid })
})
