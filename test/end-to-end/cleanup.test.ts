import { type AttemptOutcome, defineJob, type JobContext } from 'millhand'
import { openTestQueue, runJob, runUntilIdle } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { describeStores } from '../support/stores.ts'

/** A job with a handler, and the ends of its attempts as its cleanup was told of them. */
function cleaned(run: (ctx: JobContext) => unknown, options: object = {}) {
  const ends: AttemptOutcome[] = []
  const job = defineJob({
    name: 'test.clean',
    ...options,
    cleanup: (_, outcome) => void ends.push(outcome),
    run: async (_: unknown, ctx) => run(ctx),
  })
  return { job, ends }
}

/** A handler that runs until it is told to stop. */
const untilAborted = ({ signal }: JobContext) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const throwing = (error: Error) => () => {
  throw error
}

describeStores('cleanup', (test) => {
  const plain: [string, (ctx: JobContext) => unknown, object][] = [
    ['complete', () => 1, { how: 'complete' }],
    ['skipped', (ctx) => ctx.skip('done'), { how: 'skipped', reason: 'done' }],
    ['failed', throwing(new Error('no')), { how: 'failed', kind: 'error', error: { message: 'no' } }],
  ]
  for (const [how, run, told] of plain) {
    test(`runs after an attempt that is ${how}, and is told so`, async ({ queue }) => {
      const { job, ends } = cleaned(run, { retries: 0 })
      await queue.enqueue(job)
      await runUntilIdle(queue, { jobs: [job] })
      expect(ends).toMatchObject([told])
    })
  }

  test('runs after each attempt, before the next one', async ({ queue }) => {
    const told: string[] = []
    const job = defineJob({
      name: 'test.clean',
      retries: 1,
      run(_, ctx) {
        told.push(`run ${ctx.attempt}`)
        throw new Error('no')
      },
      cleanup: ({ attempt }) => void told.push(`clean ${attempt}`),
    })
    await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(told).toEqual(['run 1', 'clean 1', 'run 2', 'clean 2'])
  })

  test('runs after a time-out', async ({ queue, clock, start }) => {
    const { job, ends } = cleaned(untilAborted, { timeout: '10s', retries: 0 })
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    await expect.poll(() => worker.running).toBe(1)
    await clock.advance('10s')
    await expect(handle.result()).rejects.toMatchObject({ facts: { kind: 'timeout' } })
    expect(ends).toMatchObject([{ how: 'failed', kind: 'timeout' }])
  })

  test('runs after a cancel', async ({ queue, clock, start }) => {
    const { job, ends } = cleaned(untilAborted)
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    await expect.poll(() => worker.running).toBe(1)
    await handle.cancel('too late')
    // Its worker asks for what was cancelled a few times a second.
    const told = () => clock.advance('1s').then(() => ends)
    await expect.poll(told).toMatchObject([{ how: 'interrupted', error: { code: 'cancelled' } }])
    expect(await handle.get()).toMatchObject({ state: 'cancelled', reason: 'too late' })
  })

  test('runs when the worker stops', async ({ queue, start }) => {
    const { job, ends } = cleaned(untilAborted)
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job] })
    await expect.poll(() => worker.running).toBe(1)
    await worker.stop({ timeout: 0 })
    expect(ends).toMatchObject([{ how: 'interrupted', error: { code: 'worker_stopping' } }])
    expect(await handle.get()).toMatchObject({ state: 'pending', attempt: 0 })
  })

  test('runs beside a handler that was left behind', async ({ queue, clock, start }) => {
    const { job, ends } = cleaned(() => new Promise(() => {}), { timeout: '10s', retries: 0 })
    await queue.enqueue(job)
    const worker = await start({ jobs: [job], abortGrace: '1s' })
    await expect.poll(() => worker.running).toBe(1)
    await clock.advance('11s')
    await expect.poll(() => ends).toMatchObject([{ how: 'failed', kind: 'timeout' }])
  })

  test('runs after a ctx.transaction has completed the job', async ({ queue, skip }) => {
    if (queue.location === 'memory:') skip('this store has no database to write to in a transaction')
    const { job, ends } = cleaned((ctx) => ctx.transaction(() => 1))
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(ends).toEqual([{ how: 'complete' }])
    expect(await handle.get()).toMatchObject({ state: 'complete', output: 1 })
  })

  test('one that throws changes nothing of the outcome, and is told', async ({ queue }) => {
    const job = defineJob({
      name: 'test.clean',
      run: () => 'done',
      cleanup: throwing(new Error('cannot remove')),
    })
    const told: string[] = []
    queue.on('cleanup_error', ({ id, error }) => told.push(`${id} ${error.message}`))
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.get()).toMatchObject({ state: 'complete', output: 'done' })
    expect(told).toEqual([`${handle.id} cannot remove`])
    expect(await queue.logs(handle.id)).toMatchObject([{ message: 'cleanup failed: cannot remove' }])
  })

  test('one that hangs is left behind after the grace', async ({ queue, clock, start }) => {
    const job = defineJob({ name: 'test.clean', run: () => 1, cleanup: () => new Promise(() => {}) })
    const codes: string[] = []
    queue.on('cleanup_error', ({ error }) => codes.push((error as Error & { code: string }).code))
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job], abortGrace: '2s' })
    await expect.poll(() => worker.running).toBe(1)
    // Its clean-up is waited for by a timer, which is there once the handler has ended.
    await expect.poll(() => clock.advance('1s').then(() => codes)).toEqual(['cleanup_timed_out'])
    expect(await handle.result()).toBe(1)
  })

  test('a spec has it, or the handler brings it', async () => {
    const ends: string[] = []
    const spec = defineJob({
      name: 'test.clean',
      input: z.object({ path: z.string() }),
      cleanup: (job) => void ends.push(`spec ${job.input.path}`),
    })
    await runJob(
      spec.handle(() => {}),
      { path: 'a' },
    )
    const own = spec.handle(() => {}, { cleanup: (job) => void ends.push(`handler ${job.input.path}`) })
    await runJob(own, { path: 'b' })
    expect(ends).toEqual(['spec a', 'handler b'])
    expect(() => spec.handle(() => {}, { cleanUp: 1 } as never)).toThrow(/cleanup/)
  })

  test('runJob runs it, and tells of its failure in the log', async () => {
    const job = defineJob({ name: 'test.clean', run: () => 1, cleanup: throwing(new Error('no')) })
    const { outcome, logs } = await runJob(job)
    expect(outcome).toEqual({ verb: 'complete', output: 1 })
    expect(logs).toMatchObject([{ level: 'error', message: 'cleanup failed: no' }])
  })
})

test('what the cleanup takes is no part of how long the handler took', async () => {
  const { queue, clock } = await openTestQueue()
  onTestFinished(() => queue.close())
  const durations: number[] = []
  queue.on('complete', ({ durationMs }) => void durations.push(durationMs))
  const job = defineJob({ name: 'test.slow', run: () => 1, cleanup: () => clock.advance(1_000) })
  await queue.enqueue(job)

  await runUntilIdle(queue, { jobs: [job] })

  expect(durations).toEqual([0])
})
