import { AsyncLocalStorage } from 'node:async_hooks'
import { expect, onTestFinished, test } from 'vitest'
import { defineJob, type RunHook, type WorkerOptions } from '../../../src/index.ts'
import { VirtualClock } from '../../../src/kit/virtual-clock.ts'
import { openMemoryStore } from '../../../src/store/memory/index.ts'
import { Batches } from '../../../src/worker/batches.ts'
import { Worker } from '../../../src/worker/worker.ts'
import { heldBatches } from '../../support/held-batch.ts'
import { queueOn } from '../../support/queue.ts'

/** A queue in memory, and a worker for it that is stopped when the test has ended. */
function stage() {
  const clock = new VirtualClock()
  const queue = queueOn(openMemoryStore({ clock }), clock)
  const start = async (options: WorkerOptions): Promise<Worker> => {
    const worker = new Worker(queue, { maintenance: false, ...options })
    await worker.start()
    await clock.settle()
    onTestFinished(async () => {
      const stopped = worker.stop({ timeout: 0 })
      await clock.advance('1m')
      await stopped
      await queue.close()
    })
    return worker
  }
  return { clock, queue, start }
}

test('a batch begins as soon as it is full', async () => {
  const { clock, queue, start } = stage()
  const { job, batches } = heldBatches({ size: 2 })
  await queue.enqueueMany(job, [1, 2, 3, 4, 5])
  await start({ jobs: [job] })
  expect(batches.map(({ inputs }) => inputs)).toEqual([
    [1, 2],
    [3, 4],
  ])
  await clock.advance('50ms')
  expect(batches.map(({ inputs }) => inputs)).toEqual([[1, 2], [3, 4], [5]])
})

test('with fewer jobs it begins a short wait after the first of them', async () => {
  const { clock, queue, start } = stage()
  const { job, batches } = heldBatches({ size: 10, wait: '50ms' })
  const worker = await start({ jobs: [job] })
  await queue.enqueue(job, 1)
  await clock.advance('30ms')
  await queue.enqueue(job, 2)
  await clock.advance('19ms')
  expect(batches).toEqual([])
  expect(worker.running).toBe(2)
  await clock.advance('1ms')
  expect(batches.map(({ inputs }) => inputs)).toEqual([[1, 2]])
})

test('jobs of other names have batches of their own, those of a prefix are together', async () => {
  const { clock, queue, start } = stage()
  const { job, batches } = heldBatches({ size: 10 })
  const others = heldBatches({ size: 10 })
  const prefix = { ...others.job, name: 'other.*' }
  await start({ jobs: [job, prefix] })
  await queue.enqueue(job, 1)
  await queue.enqueue('other.a', 2)
  await queue.enqueue('other.b', 3)
  await clock.advance('50ms')
  expect(batches.map(({ inputs }) => inputs)).toEqual([[1]])
  expect(others.batches.map(({ inputs }) => inputs)).toEqual([[2, 3]])
  expect(others.batch().jobs.map(({ job: { name } }) => name)).toEqual(['other.a', 'other.b'])
})

test('a job that is cancelled before its batch begins is not in it, and frees its slot', async () => {
  const { clock, queue, start } = stage()
  const { job, batch } = heldBatches({ size: 10, wait: '10s' })
  const worker = await start({ jobs: [job] })
  const [first] = await queue.enqueueMany(job, [1, 2])
  await clock.advance('1s')
  await first?.cancel()
  await clock.advance('1s')
  expect(worker.running).toBe(1)
  await clock.advance('8s')
  expect(batch().inputs).toEqual([2])
})

test('where all have left, the next one waits for as long as the first', async () => {
  const { clock, queue, start } = stage()
  const { job, batches } = heldBatches({ size: 10, wait: '10s' })
  await start({ jobs: [job] })
  const first = await queue.enqueue(job, 1)
  await clock.advance('5s')
  await first.cancel()
  await clock.advance('1s')
  await queue.enqueue(job, 2)
  await clock.advance('9s')
  expect(batches).toEqual([])
  await clock.advance('1s')
  expect(batches.map(({ inputs }) => inputs)).toEqual([[2]])
})

test('the wait counts in the time-out of a job, which leaves the batch when it has passed', async () => {
  const { clock, queue, start } = stage()
  const { job, batch } = heldBatches({ size: 10, wait: '10s', retries: 0 })
  await start({ jobs: [job] })
  const hasty = await queue.enqueue(job, 1, { timeout: '2s' })
  await queue.enqueue(job, 2)
  await clock.advance('3s')
  expect(await hasty.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
  await clock.advance('7s')
  expect(batch().inputs).toEqual([2])
})

test('a cancel of one job in a batch aborts that one alone, and the others are complete', async () => {
  const { clock, queue, start } = stage()
  const { job, batch } = heldBatches({ size: 2 })
  const [first, second] = await queue.enqueueMany(job, [1, 2])
  await start({ jobs: [job] })
  await clock.advance('1s')
  await first?.cancel()
  await clock.advance('1s')
  expect(batch().jobs.map(({ signal }) => signal.aborted)).toEqual([true, false])
  expect(batch().ctx.signal.aborted).toBe(false)
  batch().end()
  expect(await second?.result()).toBe(2)
  expect(await first?.get()).toMatchObject({ state: 'cancelled' })
})

test('a batch that ignores the abort of a job leaves that one behind, and the others go on', async () => {
  const { clock, queue, start } = stage()
  const left: string[] = []
  queue.on('abandon', ({ id }) => left.push(id))
  const { job, batch } = heldBatches({ size: 2, retries: 0 })
  const hasty = await queue.enqueue(job, 1, { timeout: '1s' })
  const patient = await queue.enqueue(job, 2)
  const worker = await start({ jobs: [job], abortGrace: '2s' })
  await clock.advance('4s')
  expect(left).toEqual([hasty.id])
  expect(worker.running).toBe(1)
  expect(await hasty.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
  batch().end()
  expect(await patient.result()).toBe(2)
})

test('each job has its own stall time-out: what is told of one is no sign of another', async () => {
  const { clock, queue, start } = stage()
  const { job, batch } = heldBatches({ size: 2, stallTimeout: '2s', retries: 0 })
  const [silent, told] = await queue.enqueueMany(job, [1, 2])
  await start({ jobs: [job], abortGrace: '1s' })
  await clock.advance('1s')
  batch().jobs[1]?.progress(0.5)
  await clock.advance('1500ms')
  batch().jobs[1]?.log.info('goes on')
  await clock.advance('1s')
  expect(await silent?.get()).toMatchObject({ state: 'failed', failure: { kind: 'stalled' } })
  batch().end()
  expect(await told?.result()).toBe(2)
  expect(await told?.get()).toMatchObject({ progress: { fraction: 0.5 } })
})

test('a worker that stops calls the handler at once for those that wait, and aborts it when its time is over', async () => {
  const { clock, queue, start } = stage()
  const { job, batch } = heldBatches({ size: 10, wait: '1h' })
  const handles = await queue.enqueueMany(job, [1, 2])
  const worker = await start({ jobs: [job] })
  const stopped = worker.stop({ timeout: '10s' })
  await clock.settle()
  expect(batch().inputs).toEqual([1, 2])
  await clock.advance('9s')
  expect(batch().ctx.signal.aborted).toBe(false)
  await clock.advance('1s')
  expect(batch().ctx.signal.reason).toMatchObject({ code: 'worker_stopping' })
  batch().fail(batch().ctx.signal.reason)
  await stopped
  for (const handle of handles) expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
})

test('a worker that runs for a while waits for nobody: a batch is what begins together', async () => {
  const { clock, queue } = stage()
  const sizes: number[] = []
  const run = (jobs: readonly unknown[]) => void sizes.push(jobs.length)
  const job = defineJob({ name: 'test.batch', runMany: { size: 5, wait: '1h', run } })
  await queue.enqueueMany(job, [1, 2, 3])
  await new Worker(queue, { jobs: [job] }).runOnce()
  await queue.enqueueMany(job, [1, 2, 3, 4, 5, 6, 7])
  await new Worker(queue, { jobs: [job] }).runUntilIdle()
  expect(sizes).toEqual([3, 5, 2])
  expect(clock.now()).toBe(new VirtualClock().now())
  await queue.close()
})

test('a worker that was opened for a while waits again once it is started', async () => {
  const { clock, queue } = stage()
  const { job, batches } = heldBatches({ size: 5, wait: '10s' })
  const worker = new Worker(queue, { jobs: [job], maintenance: false })
  await worker.runOnce()
  await worker.start()
  await queue.enqueue(job, 1)
  await clock.advance('9s')
  expect(batches).toEqual([])
  await clock.advance('1s')
  expect(batches.map(({ inputs }) => inputs)).toEqual([[1]])
  batches[0]?.end()
  await worker.stop()
  await queue.close()
})

test('a lost lease aborts all jobs of a batch, and what it gives after that is refused', async () => {
  const { clock, queue, start } = stage()
  const refused: unknown[] = []
  queue.on('refuse', ({ because }) => refused.push(because))
  const { job, batch } = heldBatches({ size: 2 })
  const handles = await queue.enqueueMany(job, [1, 2])
  await start({ jobs: [job], concurrency: 2 })
  clock.jump(11_000)
  await start({ jobs: [job], concurrency: 2, maintenance: true })
  await clock.advance('3s')
  expect(batch(0).ctx.signal.reason).toMatchObject({ code: 'lease_lapsed' })
  batch(0).end(['late', 'late'])
  await clock.settle()
  expect(refused).toEqual(['lost', 'lost'])
  batch(1).end()
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([1, 2])
})

test('cleanup runs for each job of a batch, with what became of that one', async () => {
  const { clock, queue, start } = stage()
  const ends: unknown[] = []
  const { job, batch } = heldBatches({
    size: 2,
    retries: 0,
    cleanup: ({ input }, outcome) => void ends.push([input, outcome.how]),
  })
  await queue.enqueueMany(job, [1, 2])
  await start({ jobs: [job] })
  batch().end([1, new Error('no')])
  await clock.settle()
  expect(ends).toEqual([
    [1, 'complete'],
    [2, 'failed'],
  ])
})

test('equal jobs of a cache have one place in a batch, and all its result', async () => {
  const { clock, queue, start } = stage()
  const { job, batches, batch } = heldBatches({
    size: 3,
    cache: { key: (input) => String(input), ttl: '1h' },
  })
  const handles = await queue.enqueueMany(job, ['a', 'a', 'b'])
  await start({ jobs: [job] })
  await clock.advance('50ms')
  batch().end(['of a', 'of b'])
  await clock.advance('1s')
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(['of a', 'of a', 'of b'])
  expect(batches).toHaveLength(1)
})

test('limits hold in a batch as they do outside of it', async () => {
  const { clock, queue, start } = stage()
  const limits = [{ key: (input: unknown) => String(input), concurrency: 1 }]
  const { job, batches, batch } = heldBatches({ size: 10, limits })
  await queue.enqueueMany(job, ['a', 'a', 'b'])
  await start({ jobs: [job] })
  await clock.advance('50ms')
  expect(batches.map(({ inputs }) => inputs)).toEqual([['a', 'b']])
  batch().end()
  await clock.advance('1s')
  expect(batches.map(({ inputs }) => inputs)).toEqual([['a', 'b'], ['a']])
})

test('hooks are around each job of a batch, and the handler is in the scope of none', async () => {
  const { clock, queue, start } = stage()
  const place = new AsyncLocalStorage<string>()
  const told: unknown[] = []
  const hook: RunHook = async ({ input }, next) =>
    place.run(String(input), async () => told.push([place.getStore(), await next()]))
  const run = (jobs: readonly { readonly input: unknown }[]) => {
    told.push(place.getStore())
    return jobs.map(({ input }) => `${input}!`)
  }
  const full = defineJob({ name: 'test.full', runMany: { size: 2, run } })
  const job = defineJob({ name: 'test.batch', runMany: { size: 5, run } })
  await start({ jobs: [full, job], aroundRun: [hook] })
  for (const each of [full, job]) {
    await queue.enqueueMany(each, ['a', 'b'])
    await clock.advance('50ms')
  }
  const once = [undefined, ['a', 'a!'], ['b', 'b!']]
  expect(told).toEqual([...once, ...once])
})

test('a secret that was asked for by one job of a batch is hidden in the failure of each', async () => {
  const { clock, queue, start } = stage()
  const job = defineJob({
    name: 'test.batch',
    retries: 0,
    runMany: {
      size: 2,
      async run(jobs) {
        const secret = await jobs[0]?.secrets.get('key')
        throw new Error(`refused ${secret}`)
      },
    },
  })
  const handles = await queue.enqueueMany(job, [1, 2])
  await start({ jobs: [job], secrets: (name) => `${name} of steel` })
  await clock.advance('1s')
  for (const handle of handles)
    expect(await handle.get()).toMatchObject({ failure: { message: 'refused …' } })
})

test('between a worker and a handler for one job there is nothing', () => {
  const plain = defineJob({ name: 'test.plain', run() {} })
  const around = new Batches().around(new Map([[plain.name, plain]]), new VirtualClock())
  expect(around.get(plain.name)).toBe(plain)
})
