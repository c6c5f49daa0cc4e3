import { defineJob, type JobChange, type JobContext } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

describeStores('the context of a handler', (test) => {
  test('it knows the job, the attempt and the deadline', async ({ queue, clock, start }) => {
    const { job, run } = heldJob({ timeout: '5m', queue: 'mail', priority: 3 })
    const handle = await queue.enqueue(job, { to: 'ada' }, { tags: ['a'], context: { user: 'u1' }, key: 'k' })
    await start({ jobs: [job] })
    const { ctx } = run()
    expect(ctx.job).toMatchObject({
      ...{ id: handle.id, state: 'running', name: 'test.hold', queue: 'mail', priority: 3, key: 'k' },
      ...{ input: { to: 'ada' }, tags: ['a'], attempt: 1, epoch: 1, startedAt: new Date(clock.now()) },
    })
    expect(ctx.attempt).toBe(1)
    expect(ctx.context).toEqual({ user: 'u1' })
    expect(ctx.attemptDeadline).toEqual(new Date(clock.now() + 5 * 60_000))
    expect(ctx.checkpointed).toBeUndefined()
    expect(ctx.signal.aborted).toBe(false)
  })

  test('progress is written at most every interval, and the last of it always', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], progressInterval: '1s' })
    const written: JobChange[] = []
    const changes = queue.subscribe({ id: handle.id })
    const reading = (async () => {
      for await (const change of changes) if (change.verb === 'progress') written.push(change)
    })()
    for (let step = 1; step <= 100; step += 1) {
      run().ctx.progress({ fraction: step / 100, message: `step ${step}` })
      await clock.advance('50ms')
    }
    expect((await handle.get()).progress?.fraction).toBeGreaterThan(0.7)
    run().ctx.progress({ fraction: 1, data: { rows: 7 } })
    run().end()
    await handle.result()
    await clock.advance('1s')
    await changes.return?.()
    await reading
    expect(written.length).toBeGreaterThanOrEqual(5)
    expect(written.length).toBeLessThanOrEqual(7)
    expect(written.at(-1)?.progress).toEqual({ fraction: 1, data: { rows: 7 } })
    expect((await handle.get()).progress).toEqual({ fraction: 1, data: { rows: 7 } })
  })

  test('progress may be a number, and is told as an event at once', async ({ queue, start, clock }) => {
    const { job, run } = heldJob()
    const told: unknown[] = []
    queue.on('progress', ({ progress }) => told.push(progress))
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    run().ctx.progress(0.5)
    expect(told).toEqual([{ fraction: 0.5 }])
    await clock.advance(0)
    expect((await handle.get()).progress).toEqual({ fraction: 0.5 })
  })

  test('a percentage in place of a fraction is told once in the log of the job', async ({ queue }) => {
    const job = defineJob({
      name: 'test.percent',
      run(_, ctx) {
        for (const percent of [0.5, 1.0001, 50, 60]) ctx.progress(percent)
        ctx.progress({ fraction: 70 })
      },
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'complete', progress: { fraction: 1 } })
    const warnings = (await queue.logs(handle.id)).filter(({ level }) => level === 'warn')
    expect(warnings.map(({ message }) => message)).toEqual([
      'ctx.progress got 50, and a fraction is from 0 to 1: it is shown as 1. Half of the work is 0.5.',
    ])
  })

  test('a call that failed and that nobody waited for is told as an event, and one that fails its attempt is not', async ({
    queue,
  }) => {
    const told: unknown[] = []
    queue.on('call_error', ({ name, call, error }) => told.push([name, call, error.message]))
    const picky = defineJob({ name: 'test.picky', input: z.number() })
    const mistaken = (ctx: JobContext) => ctx.enqueue(picky, 'text' as never)
    const forgets = defineJob({ name: 'test.forgets', run: (_, ctx) => void mistaken(ctx) })
    let ended: JobContext | undefined
    const late = defineJob({
      name: 'test.late',
      run(_, ctx) {
        ended = ctx
      },
    })
    const fails = defineJob({ name: 'test.fails', retries: 0, run: (_, ctx) => mistaken(ctx) })
    await queue.enqueueMany([{ job: forgets }, { job: late }, { job: fails }])
    await runUntilIdle(queue, { jobs: [forgets, late, fails] })
    expect(ended).toBeDefined()
    if (ended) await expect(mistaken(ended)).rejects.toMatchObject({ code: 'invalid_input' })
    const message = expect.stringContaining("The input of job 'test.picky'")
    expect(told.toSorted()).toEqual([
      ['test.forgets', 'ctx.enqueue', message],
      ['test.late', 'ctx.enqueue', message],
    ])
  })

  test('a fate that was asked for and not returned is told where something else counts, with the call', async ({
    queue,
  }) => {
    const told: unknown[] = []
    queue.on('call_error', ({ name, call, error }) => told.push([name, call, error.message]))
    const jobs = [
      defineJob({
        name: 'test.output',
        run(_, ctx) {
          ctx.snooze('1ms')
          return 1
        },
      }),
      defineJob({
        name: 'test.other',
        run(_, ctx) {
          ctx.snooze('1ms')
          return ctx.skip('done')
        },
      }),
      defineJob({
        name: 'test.throws',
        retries: 0,
        run(_, ctx) {
          ctx.fail({ message: 'no' })
          throw new Error('broken')
        },
      }),
      defineJob({ name: 'test.returns', run: async (_, ctx) => ctx.skip('done') }),
      defineJob({
        name: 'test.fails',
        retries: 0,
        run(_, ctx) {
          throw ctx.fail({ message: 'no' })
        },
      }),
    ]
    const handles = await queue.enqueueMany(jobs.map((job) => ({ job })))
    await runUntilIdle(queue, { jobs })
    const states = await Promise.all(handles.map(async (handle) => (await handle.get()).state))
    expect(states).toEqual(['complete', 'complete', 'failed', 'complete', 'failed'])
    expect(await handles[0]?.result()).toBe(1)
    const logs = await Promise.all(handles.map(({ id }) => queue.logs(id)))
    const returned =
      'was called, and something else was returned: what it gives counts when the handler returns it.'
    expect(logs.map((lines) => lines.map(({ level, message }) => [level, message]))).toEqual([
      [['warn', `ctx.snooze ${returned} Write return ctx.snooze('5m').`]],
      [['warn', `ctx.snooze ${returned} Write return ctx.snooze('5m').`]],
      [['warn', expect.stringContaining('ctx.fail was called, and something else was thrown')]],
      [],
      [],
    ])
    expect(told.toSorted()).toEqual([
      ['test.other', 'ctx.snooze', expect.stringContaining('ctx.snooze was called')],
      ['test.output', 'ctx.snooze', expect.stringContaining('ctx.snooze was called')],
      ['test.throws', 'ctx.fail', expect.stringContaining('ctx.fail was called')],
    ])
  })

  test('a fate that was asked for in a transaction and not returned from it is told in the log of its job', async ({
    queue,
  }) => {
    if (queue.location === 'memory:') return
    const job = defineJob({
      name: 'test.transaction',
      run: (_, ctx) =>
        ctx.transaction(() => {
          ctx.skip('nothing to do')
          return 1
        }),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'complete', output: 1 })
    const message = expect.stringContaining('ctx.skip was called, and something else was returned')
    expect(await queue.logs(handle.id)).toMatchObject([{ level: 'warn', message }])
  })

  test('a checkpoint is durable at once, and the next attempt begins there', async ({
    queue,
    clock,
    start,
  }) => {
    const begun: (number | undefined)[] = []
    const job = defineJob({
      name: 'test.steps',
      checkpoint: z.object({ step: z.number() }),
      backoff: { base: '1s', jitter: 0 },
      async run(_, ctx) {
        begun.push(ctx.checkpointed?.step)
        await ctx.checkpoint({ step: (ctx.checkpointed?.step ?? 0) + 1 })
        if (ctx.attempt < 3) throw new Error('not yet')
        return ctx.attempt
      },
    })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    expect((await handle.get()).checkpoint).toEqual({ step: 1 })
    await clock.advance('10s')
    expect(await handle.result()).toBe(3)
    expect(begun).toEqual([undefined, 1, 2])
  })

  test('after a crash, another worker resumes at the checkpoint', async ({ queue, clock, start }) => {
    const { job, run, runs } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await run().ctx.checkpoint({ page: 41 })
    // The first worker is gone without a word: its timers do not fire any more.
    clock.jump(11_000)
    await start({ jobs: [job] })
    expect(runs).toHaveLength(2)
    expect(run(1).ctx.checkpointed).toEqual({ page: 41 })
    expect(run(1).ctx.job).toMatchObject({ attempt: 1, epoch: 2, crashes: 1 })
    run(1).end('resumed')
    expect(await handle.result()).toBe('resumed')
  })

  test('a checkpoint of an attempt that lost its job is refused', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await handle.cancel()
    await expect(run().ctx.checkpoint({ page: 1 })).rejects.toMatchObject({
      code: 'lease_lost',
      facts: { id: handle.id, epoch: 1 },
    })
    expect((await handle.get()).checkpoint).toBeUndefined()
    await clock.advance(0)
  })

  test('log lines are kept with the job, in order, with their data', async ({ queue, clock }) => {
    const job = defineJob({
      name: 'test.log',
      run(_, { log }) {
        log.debug('begin')
        log.info('read', { bytes: 12 })
        log.warn('slow')
        log.error('broken', ['a', null])
      },
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await queue.logs(handle.id)).toEqual([
      { at: clock.now(), level: 'debug', message: 'begin', data: null },
      { at: clock.now(), level: 'info', message: 'read', data: '{"bytes":12}' },
      { at: clock.now(), level: 'warn', message: 'slow', data: null },
      { at: clock.now(), level: 'error', message: 'broken', data: '["a",null]' },
    ])
    expect(await queue.logs('nobody')).toEqual([])
  })

  test('the newest thousand log lines are kept, and a long line is cut', async ({ queue, clock, start }) => {
    const { job, run } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    for (let line = 1; line <= 700; line += 1) run().ctx.log.info(`line ${line}`)
    await clock.advance('1s')
    for (let line = 701; line <= 1_500; line += 1) run().ctx.log.info(`line ${line}`)
    run().ctx.log.info('x'.repeat(10_000))
    run().end()
    await handle.result()
    const lines = await queue.logs(handle.id)
    expect(lines).toHaveLength(1_000)
    expect(lines.at(0)?.message).toBe('line 502')
    expect(lines.at(-1)?.message).toBe(`${'x'.repeat(3_999)}…`)
  })

  test('children carry tags and context along, and may add to them', async ({ queue }) => {
    const child = defineJob({ name: 'test.child', run: (_, ctx) => ctx.context })
    const parent = defineJob({
      name: 'test.parent',
      async run(_, ctx) {
        const plain = await ctx.enqueue(child)
        const more = await ctx.enqueue(child, null, { tags: ['b'], context: { step: 2 }, priority: 4 })
        return [plain.id, more.id]
      },
    })
    const handle = await queue.enqueue(parent, null, { tags: ['a'], context: { user: 'u1' } })
    await runUntilIdle(queue, { jobs: [parent, child] })
    const [plain, more] = (await handle.result()) as [string, string]
    expect(await queue.get(plain)).toMatchObject({
      tags: ['a'],
      context: { user: 'u1' },
      output: { user: 'u1' },
    })
    expect(await queue.get(more)).toMatchObject({
      ...{ tags: ['a', 'b'], context: { user: 'u1', step: 2 }, output: { user: 'u1', step: 2 }, priority: 4 },
    })
  })

  test('what cannot be stored is refused where it is said', async ({ queue, start }) => {
    const { job, run } = heldJob()
    await queue.enqueue(job)
    await start({ jobs: [job] })
    const { ctx } = run()
    await expect(ctx.checkpoint(new Map())).rejects.toMatchObject({ code: 'not_serialisable' })
    await expect(ctx.checkpoint(undefined)).rejects.toMatchObject({ code: 'not_serialisable' })
    expect(() => ctx.snooze('soon' as never)).toThrow(
      expect.objectContaining({ code: 'invalid_duration', facts: { option: 'snooze', got: "'soon'" } }),
    )
  })

  test('what only tells of work never ends it: it is shown as what can be shown', async ({
    queue,
    start,
    clock,
  }) => {
    const circular: Record<string, unknown> = { rows: 7 }
    circular.self = circular
    const job = defineJob({
      name: 'test.odd_tales',
      retries: 0,
      async run(_, ctx) {
        ctx.progress(Number.NaN)
        ctx.log.info('odd', { count: 1n, at: new Date(0), ...circular, fail: () => {} } as never)
        ctx.log.warn(Object.create(null), 'x'.repeat(100_000))
        const told = { fraction: 7, message: Symbol('s'), data: { rows: [1] } }
        ctx.progress(told as never)
        told.data.rows.push(2)
        throw new Error('done')
      },
    })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], progressInterval: 0 })
    await clock.settle()
    const ended = await handle.get()
    expect(ended).toMatchObject({ state: 'failed', failure: { message: 'done' } })
    expect(ended.progress).toEqual({ fraction: 1, message: 'Symbol(s)', data: { rows: [1] } })
    const [first, second] = await queue.logs(handle.id)
    expect(JSON.parse(first?.data ?? '')).toEqual({
      ...{ count: '1', at: '1970-01-01T00:00:00.000Z', rows: 7, fail: '[function fail]' },
      self: { rows: 7, self: '[circular]' },
    })
    expect(second).toMatchObject({ level: 'warn', message: '{}', data: expect.stringMatching(/x…"$/) })
    expect(second?.data?.length).toBeLessThan(16 * 1024)
  })
})
