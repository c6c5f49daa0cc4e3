import { defineJob, type Job, Worker, type WorkerOptions } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeSqlite, describeStores } from '../support/stores.ts'

const idle = defineJob({ name: 'test.idle', run() {} })

const PAST_THE_LEASE_MS = 11_000

describeStores('a lost worker', (test) => {
  test('its jobs run again on another one, and no attempt is burnt', async ({ queue, clock, start }) => {
    const rescued: unknown[] = []
    queue.on('rescue', (event) => rescued.push(event.rescued))
    const { job, run, runs } = heldJob({ retries: 0 })
    const handles = await queue.enqueueMany(job, ['a', 'b'])
    await start({ jobs: [job], maintenance: false })
    await start({ jobs: [job] })
    clock.jump(PAST_THE_LEASE_MS)
    await start({ jobs: [job] })
    expect(rescued).toEqual([handles.map(({ id }) => id)])
    run(2).end('again')
    await clock.settle()
    run(3).end('again')
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(['again', 'again'])
    expect(runs).toHaveLength(4)
    expect(await handles[0]?.get()).toMatchObject({ attempt: 1, epoch: 2, crashes: 1, errors: [] })
  })

  test('a job that was there when three workers crashed is quarantined', async ({ queue, clock, start }) => {
    const { job } = heldJob({ retries: 9 })
    const handle = await queue.enqueue(job)
    const crashes: number[] = []
    for (let round = 0; round < 3; round += 1) {
      await start({ jobs: [job] })
      crashes.push((await handle.get()).crashes)
      clock.jump(PAST_THE_LEASE_MS)
    }
    await start({ jobs: [job] })
    expect(crashes).toEqual([0, 1, 2])
    expect(await handle.get()).toMatchObject({
      ...{ state: 'failed', crashes: 3, attempt: 1 },
      failure: { kind: 'crashed', message: expect.stringMatching(/was running in 3 workers that crashed/) },
    })
    await expect(handle.result()).rejects.toMatchObject({ code: 'job_failed', facts: { kind: 'crashed' } })
  })

  test('crashLimit is an option; an operator may run a quarantined job again', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    clock.jump(PAST_THE_LEASE_MS)
    await start({ jobs: [job], crashLimit: 1 })
    expect((await handle.get()).state).toBe('failed')
    await queue.retry(handle.id)
    await clock.settle()
    run(1).end('mended')
    expect(await handle.result()).toBe('mended')
    expect((await handle.get()).crashes).toBe(0)
  })

  test('after one crash all run again at once, at full concurrency', async ({ queue, clock, start }) => {
    const { job, run, runs } = heldJob()
    const handles = await queue.enqueueMany(
      job,
      Array.from({ length: 30 }, (_, index) => index),
    )
    await start({ jobs: [job], concurrency: 30 })
    clock.jump(PAST_THE_LEASE_MS)
    const worker = await start({ jobs: [job], concurrency: 30 })
    expect(worker.running).toBe(30)
    for (let index = 30; index < 60; index += 1) run(index).end(index)
    await Promise.all(handles.map((handle) => handle.result()))
    expect(runs).toHaveLength(60)
  })

  test('a job that the next crash would quarantine runs alone, and others before and after it', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob()
    const other = heldJob({ name: 'test.other' })
    await queue.enqueueMany(job, ['a', 'b', 'c'])
    for (let crash = 0; crash < 2; crash += 1) {
      await start({ jobs: [job] })
      clock.jump(PAST_THE_LEASE_MS)
    }
    const worker = await start({ jobs: [job, other.job] })
    await queue.enqueueMany(other.job, ['d', 'e'])
    await clock.settle()
    const alone: unknown[] = []
    for (let index = 6; index < 9; index += 1) {
      expect([worker.running, other.runs.length]).toEqual([1, 0])
      alone.push(run(index).input)
      run(index).end()
      await clock.settle()
    }
    expect(alone).toEqual(['a', 'b', 'c'])
    expect([worker.running, other.runs.length]).toEqual([2, 2])
  })

  test('a busy worker makes room for a job that has to run alone', async ({ queue, clock, start }) => {
    const { job, run, runs } = heldJob()
    await queue.enqueue(job, 'suspect')
    for (let crash = 0; crash < 2; crash += 1) {
      await start({ jobs: [job] })
      clock.jump(PAST_THE_LEASE_MS)
    }
    const busy = heldJob({ name: 'test.busy' })
    const worker = await start({ jobs: [busy.job], concurrency: 2 })
    await queue.enqueueMany(busy.job, [1, 2])
    await clock.settle()
    const both = await start({ jobs: [busy.job, job], concurrency: 1 })
    await clock.settle()
    expect([worker.running, both.running, runs.length]).toEqual([2, 1, 3])
    run(2).end()
    await clock.settle()
    expect(await queue.count({ state: 'complete' })).toBe(1)
  })

  test('losing the lease aborts the handlers, refuses their results, and the worker goes on', async ({
    queue,
    clock,
    start,
  }) => {
    const told: unknown[] = []
    queue.on('lease_lost', ({ jobs }) => told.push(['lease_lost', jobs]))
    queue.on('refuse', ({ because }) => told.push(['refuse', because]))
    const { job, run, runs } = heldJob()
    const handle = await queue.enqueue(job, 'a')
    const frozen = await start({ jobs: [job], concurrency: 1 })
    const before = frozen.id
    // The process stood still for longer than its lease, and another one rescued its job meanwhile.
    clock.jump(PAST_THE_LEASE_MS)
    await start({ jobs: [job], concurrency: 1 })
    expect(runs).toHaveLength(2)

    await clock.advance('3s')
    expect(run(0).ctx.signal.reason).toMatchObject({ code: 'lease_lapsed' })
    await expect(run(0).ctx.checkpoint({ a: 1 })).rejects.toMatchObject({ code: 'lease_lost' })
    run(0).end('of the frozen one')
    await clock.settle()
    expect(told).toEqual([
      ['lease_lost', 1],
      ['refuse', 'lost'],
    ])
    expect(frozen.id).not.toBe(before)
    expect(frozen.id).not.toBe('')

    const next = await queue.enqueue(job, 'b')
    await clock.settle()
    run(2).end('under a new lease')
    expect(await next.result()).toBe('under a new lease')
    run(1).end('of the rescuer')
    expect(await handle.result()).toBe('of the rescuer')
  })

  test('a worker that stops while it has lost its lease leaves nobody behind', async ({
    queue,
    clock,
    start,
  }) => {
    const worker = await start({ jobs: [idle], maintenance: false })
    clock.jump(PAST_THE_LEASE_MS)
    await new Worker(queue, { jobs: [idle] }).runOnce()
    const beaten = clock.advance('3s')
    const stopped = worker.stop()
    await Promise.all([beaten, stopped, clock.advance('1s')])
    expect(await queue.workers()).toEqual([])
    expect(worker.id).toBe('')
  })

  test('two workers on one queue never run a job twice', async ({ queue, start, clock }) => {
    const ran = new Map<string, number>()
    const job = defineJob({
      name: 'test.once',
      run: (_, ctx) => void ran.set(ctx.job.id, (ran.get(ctx.job.id) ?? 0) + 1),
    })
    const handles = await queue.enqueueMany(job, Array.from({ length: 600 }))
    await Promise.all([start({ jobs: [job], concurrency: 3 }), start({ jobs: [job], concurrency: 3 })])
    while ((await queue.count({ state: ['pending', 'running'] })) > 0) await clock.advance('100ms')
    expect(ran.size).toBe(600)
    expect([...ran.values()].every((times) => times === 1)).toBe(true)
    const settled = await queue.list({ limit: 600 })
    expect(settled.every((each: Job) => each.state === 'complete' && each.epoch === 1)).toBe(true)
    expect(handles).toHaveLength(600)
  })
})

describeSqlite('workers of two processes', (test) => {
  test('on one file: every job runs once, whoever gets it', async ({ open, clock, queue, start }) => {
    const elsewhere = await open()
    const ran: string[] = []
    const job = defineJob({ name: 'test.once', run: (_, ctx) => void ran.push(ctx.job.id) })
    const options: WorkerOptions = { jobs: [job], concurrency: 5, pollInterval: '50ms' }
    await start(options)
    await start(options, elsewhere)
    const handles = [
      ...(await queue.enqueueMany(job, Array.from({ length: 150 }))),
      ...(await elsewhere.enqueueMany(job, Array.from({ length: 150 }))),
    ]
    while ((await queue.count({ state: ['pending', 'running'] })) > 0) await clock.advance('50ms')
    expect(ran.sort()).toEqual(handles.map(({ id }) => id).sort())
  })

  test('a result is seen by the process that enqueued', async ({ open, clock, start }) => {
    const elsewhere = await open()
    const job = defineJob({ name: 'test.answer', run: () => 42 })
    const handle = await elsewhere.enqueue(job)
    const result = handle.result()
    await start({ jobs: [job] })
    await clock.advance('1s')
    expect(await result).toBe(42)
  })
})
