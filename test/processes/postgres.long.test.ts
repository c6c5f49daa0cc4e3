import { expect } from 'vitest'
import { BOUND_MS, within } from '../support/child.ts'
import { test } from './postgres-scene.ts'
import { type Script, scripted } from './script.ts'
import { results, times, type WorkerProcess } from './stage.ts'

const GRACEFUL = { code: 0, signal: null }
/** Long enough for the first beat of three processes that start at a time. */
const CALM = { lease: '3s', beat: '500ms', rescueInterval: '50ms' } as const
/** A clock that is an hour off would show as half of that at least. */
const HALF_AN_HOUR_MS = 30 * 60_000

test('5,000 jobs on a server that crashes twice among them: none is lost, no transaction is applied twice, and all processes live', async ({
  scene,
  queue,
}) => {
  await scene.prepareEffects()
  const workers = await Promise.all([1, 2, 3].map(() => scene.worker({}, { tells: ['complete', 'fail'] })))
  const jobs = await queue.enqueueMany(scripted, halfAndHalf(5_000))

  for (const share of [1_000, 2_500]) {
    await completed(workers, share)
    await scene.server.crash()
    await scene.server.start()
  }
  await results(jobs, BOUND_MS)

  expect(await queue.count({ state: 'complete' })).toBe(5_000)
  const { effect, transaction } = await scene.effects()
  expect(effect.size).toBe(2_500)
  expect([...transaction.values()]).toEqual(Array.from({ length: 2_500 }, () => 1))
  expectNoneTwice(workers)
  expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual(
    workers.map(() => GRACEFUL),
  )
})

test('connections that are cut one by one cost no job, apply no transaction twice and end no process', async ({
  scene,
  queue,
}) => {
  await scene.prepareEffects()
  const workers = await Promise.all([1, 2, 3].map(() => scene.worker({}, { tells: ['complete', 'fail'] })))
  const jobs = await queue.enqueueMany(scripted, halfAndHalf(600))

  const cuts: number[] = []
  for (let share = 0; share < 500; share += 12) {
    await completed(workers, share)
    cuts.push(...(await scene.cut()))
  }
  await results(jobs, BOUND_MS)

  expect(cuts.length).toBeGreaterThan(30)
  const { effect, transaction } = await scene.effects()
  expect(effect.size).toBe(300)
  expect([...transaction.values()]).toEqual(Array.from({ length: 300 }, () => 1))
  expectNoneTwice(workers)
  expect(await Promise.all(workers.map((worker) => worker.end('SIGTERM')))).toEqual(
    workers.map(() => GRACEFUL),
  )
})

test('after an outage longer than the lease, the living keep their jobs, and only the dead are rescued', async ({
  scene,
  queue,
}) => {
  const options = { ...CALM, concurrency: 1 } as const
  const tells = ['loop_error', 'rescue', 'lease_lost'] as const
  const workers = await Promise.all([1, 2, 3].map(() => scene.worker(options, { tells })))
  const jobs = await queue.enqueueMany(scripted, times(3, { act: 'wait', once: true }))
  const held = await Promise.all(workers.map((worker) => worker.next('running')))
  const [dead, ...living] = workers as [WorkerProcess, ...WorkerProcess[]]

  // A claim is not waited for to be on the disk: one that a crash forgets is made again, while the first one runs.
  await scene.ask('checkpoint')
  await scene.server.crash()
  await dead.end('SIGKILL')
  // A beat that fails is tried again after a tenth of its interval: these are longer than the lease.
  for (const worker of living) await failedBeats(worker, 70)
  await scene.server.start()
  const { event: rescue } = await Promise.any(
    living.map((worker) => worker.next('rescue', undefined, BOUND_MS)),
  )

  expect(rescue).toMatchObject({ workers: [held[0]?.worker], rescued: [held[0]?.id] })
  for (const worker of living) worker.say('go')
  const epochs = (await results(jobs, BOUND_MS)).map(({ epoch }) => epoch)
  expect(epochs.toSorted()).toEqual([1, 1, 2])
  expect(living.flatMap((worker) => worker.all('lease_lost'))).toEqual([])
})

test('a worker that was stopped past its lease is refused, its handlers are aborted, and it works on under a new lease', async ({
  scene,
  queue,
}) => {
  const stopped = await scene.worker(CALM, { tells: ['refuse', 'lease_lost'] })
  const job = await queue.enqueue(scripted, { act: 'ignore' })
  const { worker: lost } = await stopped.next('running')

  stopped.signal('SIGSTOP')
  const other = await scene.worker(CALM)
  const taken = await other.next('running', ({ id }) => id === job.id, BOUND_MS)
  stopped.signal('SIGCONT')
  expect(await stopped.next('aborted')).toMatchObject({ id: job.id, because: 'lease_lapsed' })
  stopped.say('go')
  expect(await stopped.next('refuse')).toMatchObject({ event: { id: job.id, worker: lost, because: 'lost' } })
  other.say('go')

  expect(taken.attempt).toBe(1)
  expect(await job.result({ timeout: BOUND_MS })).toEqual({ pid: other.pid, epoch: 2 })
  await other.end('SIGTERM')
  const next = await queue.enqueue(scripted, { act: 'return' })
  expect(await next.result({ timeout: BOUND_MS })).toEqual({ pid: stopped.pid, epoch: 1 })
})

test('workers whose clocks are an hour off behave like the others', async ({ scene, queue }) => {
  const tells = ['lease_lost', 'rescue', 'expire'] as const
  const offsMs = [0, 3_600_000, -3_600_000]
  // Shorter than their clocks are off, and longer than any machine stands still.
  const options = { ...CALM, lease: '20s' } as const
  const workers = await Promise.all(
    offsMs.map((clockOffMs) =>
      scene.worker({ ...options, queues: [lane(clockOffMs)] }, { tells, clockOffMs }),
    ),
  )
  const soon = new Date(Date.now() + HALF_AN_HOUR_MS)
  for (const [index, worker] of workers.entries()) {
    const lanes = { queue: lane(offsMs[index] ?? 0) }
    const later = await queue.enqueue(
      scripted,
      { act: 'return' },
      { ...lanes, runAt: soon, expiresIn: '50m' },
    )
    const delayed = await queue.enqueue(scripted, { act: 'return' }, { ...lanes, delay: '500ms' })
    const retried = await queue.enqueue(scripted, { act: 'fail', once: true }, lanes)
    expect(await results([delayed, retried], BOUND_MS)).toMatchObject([
      { pid: worker.pid },
      { pid: worker.pid, epoch: 2 },
    ])

    const { createdAt, startedAt } = (await delayed.get()) as { createdAt: Date; startedAt: Date }
    const waitedMs = startedAt.getTime() - createdAt.getTime()
    expect(waitedMs).toBeGreaterThanOrEqual(500)
    expect(waitedMs).toBeLessThan(HALF_AN_HOUR_MS)
    expect(await later.get()).toMatchObject({ state: 'pending' })
  }
  const expired = await queue.enqueue(scripted, { act: 'return' }, { queue: 'nobody', expiresIn: '100ms' })
  await expect(expired.result({ timeout: BOUND_MS })).rejects.toMatchObject({
    code: 'job_failed',
    facts: { kind: 'expired' },
  })
  expect(workers.flatMap((worker) => [...worker.all('lease_lost'), ...worker.all('rescue')])).toEqual([])
  expect(await queue.workers()).toHaveLength(3)
})

test('while the server is away, an enqueue waits or fails at once, as it was told to', async ({
  scene,
  queue,
}) => {
  const hasty = await scene.open({ enqueueTimeout: 0 })
  await hasty.enqueue(scripted, { act: 'return' })
  await scene.server.crash()

  const tries: string[] = []
  hasty.on('store_retry', ({ operation }) => tries.push(operation))
  await expect(hasty.enqueue(scripted, { act: 'return' })).rejects.toMatchObject({ code: 'store_busy' })
  expect(tries).toEqual([])
  const waiting = queue.enqueue(scripted, { act: 'return' })
  await new Promise((resolve) => queue.on('store_retry', resolve))
  await scene.server.start()
  expect(await (await waiting).get()).toMatchObject({ state: 'pending' })
  expect(await hasty.count()).toBe(2)
})

test('while the server is away, a queue closes and a worker stops without waiting for it', async ({
  scene,
  queue,
}) => {
  const worker = await scene.worker({ stopTimeout: '100ms', abortGrace: '200ms' }, { tells: ['loop_error'] })
  const job = await queue.enqueue(scripted, { act: 'wait', once: true })
  await worker.next('running')
  const result = job.result({ timeout: BOUND_MS })
  await scene.server.crash()
  const waiting = queue.enqueue(scripted, { act: 'return' })

  const outcomes = Promise.allSettled([waiting, result])
  await within(queue.close(), BOUND_MS, () => 'the close')
  expect(await within(outcomes, BOUND_MS, () => 'the answers')).toMatchObject(
    ['store_closed', 'store_closed'].map((code) => ({ status: 'rejected', reason: { code } })),
  )
  expect(await worker.end('SIGTERM')).toEqual(GRACEFUL)
})

/** Jobs with effects in the database, in one step with their completion, and in a file, in two. */
function halfAndHalf(count: number): Script[] {
  return Array.from({ length: count }, (_, index) => ({ act: index % 2 === 0 ? 'transaction' : 'effect' }))
}

/** Waits until the workers have completed so many jobs between them. */
async function completed(workers: readonly WorkerProcess[], count: number): Promise<void> {
  const sum = () => workers.reduce((total, worker) => total + worker.all('complete').length, 0)
  if (sum() < count)
    await Promise.any(workers.map((worker) => worker.next('complete', () => sum() >= count, BOUND_MS)))
}

async function failedBeats(worker: WorkerProcess, count: number): Promise<void> {
  const beats = () => worker.all('loop_error').filter(({ event }) => event.loop === 'beat').length
  await worker.next('loop_error', () => beats() >= count, BOUND_MS)
}

function expectNoneTwice(workers: readonly WorkerProcess[]): void {
  const ids = workers.flatMap((worker) => worker.all('complete').map(({ event }) => event.id))
  expect(new Set(ids).size).toBe(ids.length)
  expect(workers.flatMap((worker) => worker.all('fail'))).toEqual([])
}

function lane(clockOffMs: number): string {
  return `off-by${clockOffMs}`
}
