import { defineJob, Worker } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const idle = defineJob({ name: 'test.idle', run() {} })

describeStores('stopping a worker', (test) => {
  test('it claims no more, and lets what runs finish', async ({ queue, start }) => {
    const { job, run, runs } = heldJob()
    const running = await queue.enqueue(job)
    const worker = await start({ jobs: [job], concurrency: 1 })
    const stopped = worker.stop()
    const later = await queue.enqueue(job)
    run().end('finished')
    await stopped
    expect(await running.result()).toBe('finished')
    expect(runs).toHaveLength(1)
    expect(await later.get()).toMatchObject({ state: 'pending', epoch: 0 })
    expect(await queue.workers()).toEqual([])
  })

  test('after stopTimeout it aborts what runs, which goes back and burns no attempt', async ({
    queue,
    clock,
    start,
  }) => {
    const released: unknown[] = []
    queue.on('release', ({ id }) => released.push(id))
    const { job, run } = heldJob({ retries: 0 })
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job], stopTimeout: '20s' })
    const stopped = worker.stop()
    const { ctx } = run().obeys()
    await clock.advance(19_999)
    expect(ctx.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(ctx.signal.reason).toMatchObject({ code: 'worker_stopping' })
    await stopped
    expect(released).toEqual([handle.id])
    expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0, epoch: 1, errors: [] })
  })

  test('a handler that finishes after the abort, within the grace, is taken', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job], stopTimeout: '20s', abortGrace: '5s' })
    const stopped = worker.stop()
    await clock.advance('22s')
    run().end('just in time')
    await stopped
    expect(await handle.result()).toBe('just in time')
  })

  test('a handler that ignores the abort is left behind after the grace', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    const stopped = worker.stop({ timeout: '20s' })
    await clock.advance('25s')
    await stopped
    expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
    run().end('nobody waits')
    await clock.settle()
    expect((await handle.get()).state).toBe('pending')
  })

  test('a second call with a shorter timeout hurries it', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    const patient = worker.stop({ timeout: '1h' })
    const { ctx } = run().obeys()
    const hasty = worker.stop({ timeout: 0 })
    expect(ctx.signal.aborted).toBe(true)
    await Promise.all([patient, hasty])
    await clock.settle()
    expect(await queue.workers()).toEqual([])
  })

  test('what was claimed ahead goes back, and burns nothing', async ({ queue, clock, start }) => {
    let claimed = 0
    queue.on('claim', ({ count }) => {
      claimed += count
    })
    const quick = defineJob({ name: 'test.quick', run: () => {} })
    const { job: held, run } = heldJob()
    // Enough finished jobs a millisecond that the worker claims ahead of its slots.
    await queue.enqueueMany(quick, Array.from({ length: 300 }))
    await queue.enqueueMany(held, Array.from({ length: 300 }))
    const worker = await start({ jobs: [quick, held], concurrency: 2 })
    expect(claimed).toBeGreaterThan(302)
    const stopped = worker.stop({ timeout: 0 })
    run(0).obeys()
    run(1).obeys()
    await clock.advance('10s')
    await stopped
    expect(await queue.count({ state: 'complete' })).toBe(300)
    const left = await queue.list({ name: 'test.hold', limit: 300 })
    expect(left.every((job) => job.state === 'pending' && job.attempt === 0)).toBe(true)
  })

  test('a stop that comes before it claims leaves nothing running, and its start says so', async ({
    queue,
    clock,
  }) => {
    const { job, runs } = heldJob()
    await queue.enqueueMany(job, [1, 2, 3])
    const worker = new Worker(queue, { jobs: [job] })
    const started = worker.start()
    const stopped = worker.stop({ timeout: 0 })
    await clock.advance('10s')
    await stopped
    await expect(started).rejects.toMatchObject({ code: 'worker_stopped' })
    expect(await queue.workers()).toEqual([])
    expect(await queue.count({ state: 'pending' })).toBe(3)
    expect(worker.running).toBe(0)
    expect(runs.every(({ ctx }) => ctx.signal.aborted)).toBe(true)
  })

  test('starting and stopping twice is harmless, and one that was stopped says that it stays so', async ({
    queue,
    clock,
  }) => {
    const told: string[] = []
    for (const name of ['worker_start', 'worker_stop'] as const) queue.on(name, () => told.push(name))
    const worker = new Worker(queue, { jobs: [idle] })
    await Promise.all([worker.start(), worker.start()])
    expect(await queue.workers()).toHaveLength(1)
    await Promise.all([worker.stop(), worker.stop(), clock.advance(0)])
    await worker.stop()
    expect(told).toEqual(['worker_start', 'worker_stop'])
    expect(await queue.workers()).toEqual([])

    const never = new Worker(queue, { jobs: [idle] })
    await never.stop()
    for (const stopped of [never, worker])
      await expect(stopped.start()).rejects.toMatchObject({ code: 'worker_stopped' })
    expect(await queue.workers()).toEqual([])
  })

  test('await using stops it', async ({ queue }) => {
    const job = defineJob({ name: 'test.run', run: () => 'done' })
    const handle = await queue.enqueue(job)
    {
      await using worker = new Worker(queue, { jobs: [job] })
      await worker.start()
      expect(await handle.result()).toBe('done')
    }
    expect(await queue.workers()).toEqual([])
  })

  test('a queue that was closed first does not hold the worker', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    await queue.close()
    run().end()
    const stopped = worker.stop({ timeout: 0 })
    await clock.advance('10s')
    await stopped
    expect(worker.running).toBe(0)
  })
})
