import { defineJob, type JobContext, type Queue } from 'millhand'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const NOTED_MS = 30

const quick = defineJob({ name: 'test.quick', run: () => {} })

/** Quick jobs, and slow ones behind them: a worker that has met the former claims the latter ahead. Gives the ids of these. */
async function enqueueBoth(queue: Queue, slow: ReturnType<typeof heldJob>): Promise<string[]> {
  await queue.enqueueMany(quick, Array.from({ length: 400 }))
  const handles = await queue.enqueueMany(
    slow.job,
    Array.from({ length: 40 }, (_, index) => index),
  )
  return handles.map(({ id }) => id)
}

describeStores('what a worker holds', (test) => {
  test('goes back when jobs slow down: a worker with nothing to do gets it', async ({
    queue,
    start,
    clock,
  }) => {
    const slow = heldJob()
    await enqueueBoth(queue, slow)
    const first = await start({ jobs: [quick, slow.job], concurrency: 2 })
    // So long it takes at most until it is written that a job has begun which was claimed ahead.
    await clock.advance(NOTED_MS)
    expect(first.running).toBe(2)
    expect((await queue.workers())[0]).toMatchObject({ running: 2 })
    expect((await queue.stats()).busy).toBe(2)

    await clock.advance(300)
    expect((await queue.workers())[0]).toMatchObject({ running: 2, held: 0 })
    const second = await start({ jobs: [quick, slow.job], concurrency: 5 })
    expect(second.running).toBe(5)
    expect(slow.runs).toHaveLength(7)
    for (const run of slow.runs) run.end()
  })

  test('is pending, and says who holds it', async ({ queue, start, clock }) => {
    const slow = heldJob()
    const ids = await enqueueBoth(queue, slow)
    const worker = await start({ jobs: [quick, slow.job], concurrency: 2 })
    await clock.advance(NOTED_MS)
    const jobs = await Promise.all(ids.map((id) => queue.get(id)))
    const running = jobs.filter((job) => job?.state === 'running')
    expect(running).toHaveLength(2)
    for (const job of jobs) {
      if (job?.state !== 'pending' || !job.waitsFor) continue
      expect(job.waitsFor).toEqual({ worker: worker.id })
    }
    expect(await queue.count({ state: 'running' })).toBe(2)
    for (const run of slow.runs) run.end()
  })

  test('does not begin once its cancel is acknowledged', async ({ queue, start, clock }) => {
    const slow = heldJob()
    const ids = await enqueueBoth(queue, slow)
    await start({ jobs: [quick, slow.job], concurrency: 2 })
    await clock.settle()
    const cancelled = await queue.cancel(ids.slice(2))
    expect(cancelled).toHaveLength(38)
    for (const run of slow.runs) run.end()
    await clock.advance('10s')
    expect(slow.runs).toHaveLength(2)
    expect(await queue.count({ state: 'cancelled' })).toBe(38)
  })

  test('does not begin once its queue is paused', async ({ queue, start, clock }) => {
    const slow = heldJob()
    await enqueueBoth(queue, slow)
    await start({ jobs: [quick, slow.job], concurrency: 2 })
    await clock.settle()
    await queue.pause('default')
    for (const run of slow.runs) run.end()
    await clock.advance('10s')
    expect(slow.runs).toHaveLength(2)
    await queue.resume('default')
    await clock.settle()
    expect(slow.runs).toHaveLength(4)
    for (const run of slow.runs) run.end()
  })

  test('lets a better job go first', async ({ queue, start, clock }) => {
    const slow = heldJob()
    await enqueueBoth(queue, slow)
    await start({ jobs: [quick, slow.job], concurrency: 2 })
    await clock.advance(300)
    await queue.enqueue(slow.job, 'urgent', { priority: 9 })
    slow.run(0).end()
    await clock.settle()
    expect(slow.run(2).input).toBe('urgent')
    for (const run of slow.runs) run.end()
  })

  test('has its deadlines and its times from when it begins', async ({ queue, start, clock }) => {
    const seen: { deadline: number; startedAt: number; now: number }[] = []
    const timed = defineJob({
      name: 'test.timed',
      timeout: '5s',
      run(_, ctx: JobContext) {
        const now = clock.now()
        seen.push({
          deadline: (ctx.attemptDeadline?.getTime() ?? 0) - now,
          startedAt: ctx.job.startedAt.getTime(),
          now,
        })
        return new Promise<void>((resolve) => clock.timer(40, resolve))
      },
    })
    await queue.enqueueMany(quick, Array.from({ length: 400 }))
    const handles = await queue.enqueueMany(timed, Array.from({ length: 8 }))
    await start({ jobs: [quick, timed], concurrency: 2 })
    for (let step = 0; step < 100; step += 1) await clock.advance(5)
    expect(seen).toHaveLength(8)
    for (const { deadline, startedAt, now } of seen) {
      expect(deadline).toBeGreaterThanOrEqual(4_998)
      expect(now - startedAt).toBeLessThanOrEqual(2)
    }
    for (const handle of handles) {
      const job = await handle.get()
      if (job.state !== 'complete') throw new Error(`the job is ${job.state}`)
      expect(job.finishedAt.getTime() - job.startedAt.getTime()).toBeLessThanOrEqual(60)
    }
  })

  test('does not begin when it has expired meanwhile', async ({ queue, start, clock }) => {
    const slow = heldJob()
    await queue.enqueueMany(quick, Array.from({ length: 400 }))
    await queue.enqueueMany(slow.job, [1, 2])
    const late = await queue.enqueue(slow.job, 'late', { expiresIn: '20ms' })
    await start({ jobs: [quick, slow.job], concurrency: 2 })
    await clock.settle()
    await clock.advance(30)
    for (const run of slow.runs) run.end()
    await clock.advance('20s')
    expect(slow.runs).toHaveLength(2)
    expect(await late.get()).toMatchObject({ state: 'failed', failure: { kind: 'expired' } })
  })

  test('is not blamed for a crash; what has begun is', async ({ queue, start, clock }) => {
    const slow = heldJob()
    const ids = await enqueueBoth(queue, slow)
    await start({ jobs: [quick, slow.job], concurrency: 2, maintenance: false })
    await clock.settle()
    // Too short for what is held to go back.
    await clock.advance(NOTED_MS)
    expect(slow.runs).toHaveLength(2)
    clock.jump(11_000)
    await start({ jobs: [quick], concurrency: 2 })
    await clock.settle()
    const crashes = await Promise.all(ids.map(async (id) => (await queue.get(id))?.crashes ?? 0))
    expect(crashes.filter((count) => count > 0)).toHaveLength(2)
  })
})
