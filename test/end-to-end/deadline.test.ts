import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

describeStores('deadlines', (test) => {
  test('a handler past its timeout is aborted, and the attempt fails as timeout', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob({ timeout: '30s', retries: 1, backoff: { base: '1s', jitter: 0 } })
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    const { ctx } = run().obeys()
    await clock.advance(29_999)
    expect(ctx.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(ctx.signal.reason).toMatchObject({ code: 'timed_out', facts: { timeoutMs: 30_000 } })
    expect(worker.running).toBe(0)
    expect(await handle.get()).toMatchObject({ state: 'pending', errors: [{ kind: 'timeout', attempt: 1 }] })

    await clock.advance('1s')
    run(1).obeys()
    await clock.advance('30s')
    expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 2, failure: { kind: 'timeout' } })
  })

  test('a deadline that was given without a unit says so when it has passed', async ({
    queue,
    clock,
    start,
  }) => {
    const bare = { timeout: 30, stallTimeout: 20, retries: 0 } as const
    const { job, run } = heldJob(bare)
    const handles = [await queue.enqueue(job), await queue.enqueue(job, null, { timeout: '10ms' })]
    await start({ jobs: [job] })
    for (const at of [0, 1]) run(at).obeys()
    await clock.advance('1s')
    const messages = await Promise.all(
      handles.map(async (handle) => (await handle.get()).errors.map(({ message }) => message)),
    )
    expect(messages).toEqual([
      [
        expect.stringContaining(
          "It was given without a unit: if seconds are meant, write stallTimeout: '20s'.",
        ),
      ],
      [expect.stringMatching(/timeout of 10 ms\. Give it more time/)],
    ])
  })

  test('a job may say its own timeout', async ({ queue, clock, start }) => {
    const { job, run } = heldJob({ timeout: '30s', retries: 0 })
    const handle = await queue.enqueue(job, null, { timeout: '5s' })
    await start({ jobs: [job] })
    expect(run().ctx.attemptDeadline?.getTime()).toBe(clock.now() + 5_000)
    run().obeys()
    await clock.advance('5s')
    expect((await handle.get()).state).toBe('failed')
  })

  test('a handler is aborted at the deadline of its job, and there is no other attempt', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run, runs } = heldJob({ timeout: '30s', deadline: '1m', backoff: { base: '1s', jitter: 0 } })
    const deadline = new Date(clock.now() + 60_000)
    const handle = await queue.enqueue(job, null, { delay: '20s' })
    await start({ jobs: [job] })
    await clock.advance('20s')
    expect(run().ctx.attemptDeadline?.getTime()).toBe(clock.now() + 30_000)
    run().obeys()
    await clock.advance('30s')
    expect(await handle.get()).toMatchObject({ state: 'pending', deadline })

    await clock.advance('1s')
    const { ctx } = run(1).obeys()
    expect([ctx.attemptDeadline, ctx.job.deadline]).toEqual([deadline, deadline])
    await clock.advance('8999ms')
    expect(ctx.signal.aborted).toBe(false)
    await clock.advance(1)
    const facts = { timeoutMs: 9_000, deadline: deadline.toISOString() }
    expect(ctx.signal.reason).toMatchObject({ code: 'timed_out', facts })
    expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 2, failure: { kind: 'timeout' } })
    expect(runs).toHaveLength(2)
  })

  test('a retry that would come after the deadline is not waited for', async ({ queue, clock, start }) => {
    const { job, run } = heldJob({ backoff: { base: '10s', jitter: 0 } })
    const handle = await queue.enqueue(job, null, { deadline: '10s' })
    await start({ jobs: [job] })
    run().fail(new Error('broken'))
    await clock.settle()
    expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 1, failure: { kind: 'error' } })
  })

  test('a job that waits at its deadline fails, and is explained until then', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob({ deadline: '10s' })
    const never = await queue.enqueue(job, null, { delay: '9s' })
    const snoozed = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    run().end(run().ctx.snooze('1h'))
    await clock.settle()
    await worker.stop()
    await clock.advance('10s')
    expect(await queue.explain(snoozed.id)).toMatchObject({
      reasons: expect.arrayContaining([
        expect.objectContaining({ code: 'expired', text: expect.stringContaining('its deadline') }),
      ]),
    })

    await start({ jobs: [job] })
    // What a claim has in its hands as the leader looks is left to its next look, a lease later.
    await clock.advance('20s')
    expect(await never.get()).toMatchObject({ state: 'failed', failure: { kind: 'expired' } })
    expect(await snoozed.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
  })

  test('what a handler returns after its timeout does not count', async ({ queue, clock, start }) => {
    const { job, run } = heldJob({ timeout: '30s', retries: 0 })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    await clock.advance('31s')
    run().end('too late')
    await clock.settle()
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
  })

  test('any sign of life moves the stall deadline on; silence ends the attempt', async ({
    queue,
    clock,
    start,
  }) => {
    const { job, run } = heldJob({ stallTimeout: '10s', retries: 0 })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    const { ctx } = run().obeys()
    const signs = [() => ctx.progress(0.1), () => ctx.log.info('here'), () => ctx.checkpoint({ at: 1 })]
    for (const sign of signs) {
      await clock.advance('9s')
      sign()
    }
    await clock.advance(9_999)
    expect(ctx.signal.aborted).toBe(false)
    await clock.advance(1)
    expect(ctx.signal.reason).toMatchObject({ code: 'stalled', facts: { stallTimeoutMs: 10_000 } })
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'stalled' } })
  })

  test('a handler that ignores its signal is left behind after the grace, and its slot is free', async ({
    queue,
    clock,
    start,
  }) => {
    const told: string[] = []
    for (const name of ['abandon', 'refuse', 'fail', 'complete'] as const)
      queue.on(name, () => told.push(name))
    const { job, run, runs } = heldJob({ timeout: '10s', retries: 0 })
    const deaf = await queue.enqueue(job)
    const next = await queue.enqueue(job)
    const worker = await start({ jobs: [job], concurrency: 1, abortGrace: '3s' })
    await clock.advance('12s')
    expect([worker.running, runs.length]).toEqual([1, 1])
    await clock.advance('1s')
    expect([worker.running, runs.length]).toEqual([1, 2])
    expect(await deaf.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })

    run(0).end('much too late')
    run(1).end('in time')
    expect(await next.result()).toBe('in time')
    expect((await deaf.get()).state).toBe('failed')
    expect(told).toEqual(['abandon', 'fail', 'complete'])
  })

  test('a handler that was left behind can write nothing any more', async ({ queue, clock, start }) => {
    const { job, run } = heldJob({ timeout: '10s', backoff: { base: '1h' } })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job], abortGrace: '0ms' })
    const { ctx } = run()
    await clock.advance('10s')
    ctx.progress(0.9)
    ctx.log.info('still here')
    await expect(ctx.checkpoint({ a: 1 })).rejects.toMatchObject({ code: 'lease_lost' })
    await clock.advance('1s')
    expect(await handle.get()).toMatchObject({ state: 'pending' })
    expect((await handle.get()).progress).toBeUndefined()
    expect(await queue.logs(handle.id)).toEqual([])
  })
})
