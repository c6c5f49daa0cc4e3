import { expect } from 'vitest'
import { z } from 'zod'
import { defineJob, Fatal, Worker } from '../../src/index.ts'
import { deferred } from '../../src/kit/deferred.ts'
import { ANY_JOB, newJob } from '../support/jobs.ts'
import { queueOn } from '../support/queue.ts'
import type { StoreTest } from './store-test.ts'

/**
 * The promises of docs/promises.md, one case each and more, through the door that users take: a queue and a worker on
 * the store. What needs a real process to be killed is in test/processes.
 */
export function publicPromises(test: StoreTest): void {
  test('1. an acknowledged enqueue is there for whoever opens the store next', async ({
    store,
    clock,
    reopen,
  }) => {
    const work = defineJob({ name: 'test.work', async run() {} })
    const { id } = await queueOn(store, clock).enqueue(work, { page: 1 })
    await store.close()

    expect(await queueOn(await reopen(), clock).get(id)).toMatchObject({
      state: 'pending',
      input: { page: 1 },
    })
  })

  test('2. what has settled never runs again', async ({ store, clock }) => {
    let runs = 0
    const work = defineJob({
      name: 'test.work',
      async run() {
        runs += 1
      },
    })
    const queue = queueOn(store, clock)
    const job = await queue.enqueue(work)
    await new Worker(queue, { jobs: [work] }).runUntilIdle()
    await new Worker(queue, { jobs: [work] }).runUntilIdle()

    expect(runs).toBe(1)
    await expect(queue.retry(job.id)).rejects.toMatchObject({ code: 'not_retryable' })
  })

  test('3. an effect and the completion of its job are one, or the store says that it cannot', async ({
    store,
    clock,
  }) => {
    const work = defineJob({
      name: 'test.work',
      retries: 0,
      run: (_, ctx) => ctx.transaction(() => ({ done: true })),
    })
    const queue = queueOn(store, clock)
    const job = await queue.enqueue(work)
    await new Worker(queue, { jobs: [work] }).runUntilIdle()

    const expected = store.capabilities.transactions
      ? { state: 'complete', output: { done: true } }
      : { state: 'failed', failure: { code: 'not_supported' } }
    expect(await job.get()).toMatchObject(expected)
  })

  test('4. the jobs of a lost worker run again, and no attempt is burnt', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const work = defineJob({ name: 'test.work', async run() {} })
    const job = await queue.enqueue(work)
    await store.workers.register(worker('lost'))
    await store.jobs.claim({ ...ANY_JOB, worker: 'lost', limit: 1 })

    await using rescuer = new Worker(queue, { jobs: [work] })
    await rescuer.start()
    await clock.advance(15_000)

    expect(await job.get()).toMatchObject({ state: 'complete', attempt: 1, epoch: 2, crashes: 1 })
  })

  test('4. a job that was running in three workers that crashed is quarantined', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const job = await queue.enqueue(defineJob({ name: 'test.poison' }))
    for (const id of ['one', 'two', 'three']) {
      await store.workers.register(worker(id))
      await store.jobs.claim({ ...ANY_JOB, worker: id, limit: 1 })
      await clock.advance(10_000)
      await store.upkeep.rescue(3)
    }

    expect(await job.get()).toMatchObject({ state: 'failed', failure: { kind: 'crashed' }, crashes: 3 })
  })

  test('5. a handler that takes longer than the lease keeps its job', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const finish = deferred<string>()
    const work = defineJob({ name: 'test.long', run: () => finish.promise })
    const job = await queue.enqueue(work)
    await using busy = new Worker(queue, { jobs: [work], lease: '10s' })
    await busy.start()
    await clock.advance(60_000)
    finish.resolve('after a minute')
    await clock.settle()

    expect(await job.get()).toMatchObject({ state: 'complete', output: 'after a minute', epoch: 1 })
  })

  test('5. a hung handler is ended by its timeout, and one that shows no progress by its stall timeout', async ({
    store,
    clock,
  }) => {
    const hang = () => new Promise<never>(() => {})
    const slow = defineJob({ name: 'test.slow', retries: 0, timeout: '1m', run: hang })
    const silent = defineJob({ name: 'test.silent', retries: 0, stallTimeout: '10s', run: hang })
    const queue = queueOn(store, clock)
    const jobs = [await queue.enqueue(slow), await queue.enqueue(silent)]
    await using hung = new Worker(queue, { jobs: [slow, silent] })
    await hung.start()
    await clock.advance(70_000)

    const kinds = await Promise.all(jobs.map(async (job) => (await job.get()).errors[0]?.kind))
    expect(kinds).toEqual(['timeout', 'stalled'])
  })

  test('6. losing the lease aborts the handlers and refuses their results; the worker goes on', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const aborted = deferred<unknown>()
    const work = defineJob({
      name: 'test.work',
      async run(_, ctx) {
        if (ctx.job.epoch > 1) return 'second'
        return new Promise<string>((resolve) => {
          ctx.signal.addEventListener('abort', () => {
            aborted.resolve(ctx.signal.reason)
            resolve('too late')
          })
        })
      },
    })
    const job = await queue.enqueue(work)
    await using unlucky = new Worker(queue, { jobs: [work], maintenance: false })
    await unlucky.start()
    await clock.settle()
    const first = unlucky.id
    clock.jump(11_000)
    await store.upkeep.rescue(3)
    await clock.advance(10_000)

    expect(await aborted.promise).toMatchObject({ code: 'lease_lapsed' })
    expect(await job.get()).toMatchObject({ state: 'complete', output: 'second', epoch: 2 })
    expect(unlucky.id).not.toBe(first)
  })

  test('7. a retry is a due time in the store', async ({ store, clock }) => {
    const work = defineJob({
      name: 'test.work',
      retries: 1,
      backoff: { kind: 'fixed', base: '1h', jitter: 0 },
      async run(_, ctx) {
        if (ctx.attempt === 1) throw new Error('not yet')
      },
    })
    const queue = queueOn(store, clock)
    const job = await queue.enqueue(work)
    await new Worker(queue, { jobs: [work] }).runUntilIdle()
    expect(await job.get()).toMatchObject({ state: 'pending', dueAt: new Date(clock.now() + 3_600_000) })

    await clock.advance(3_600_000)
    await new Worker(queue, { jobs: [work] }).runUntilIdle()
    expect(await job.get()).toMatchObject({ state: 'complete', attempt: 2 })
  })

  test('8. a job that nobody was notified of is found', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const work = defineJob({ name: 'test.work', async run() {} })
    await using idle = new Worker(queue, { jobs: [work] })
    await idle.start()
    await clock.settle()

    await store.jobs.insert([newJob('unheard', { name: 'test.work' })], 100)
    await clock.advance(5_000)

    expect(await queue.get('unheard')).toMatchObject({ state: 'complete' })
  })

  test('9. cancel reaches the running handler, and a later completion cannot overwrite it', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const reached = deferred<unknown>()
    const work = defineJob({
      name: 'test.work',
      run: (_, ctx) =>
        new Promise<string>((resolve) => {
          ctx.signal.addEventListener('abort', () => {
            reached.resolve(ctx.signal.reason)
            resolve('done all the same')
          })
        }),
    })
    const job = await queue.enqueue(work)
    await using running = new Worker(queue, { jobs: [work] })
    await running.start()
    await clock.settle()

    expect(await queueOn(store, clock).cancel(job.id, 'changed my mind')).toEqual([job.id])
    await clock.advance(3_000)

    expect(await reached.promise).toMatchObject({ code: 'cancelled' })
    expect(await job.get()).toMatchObject({ state: 'cancelled', reason: 'changed my mind' })
    await expect(job.result()).rejects.toMatchObject({ code: 'job_cancelled' })
  })

  test('10. bad input fails at the door with its field, and again at the worker', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const strict = defineJob({ name: 'test.work', input: z.object({ page: z.number() }), async run() {} })
    const wrong = { page: 'one' } as unknown as { page: number }
    await expect(queue.enqueue(strict, wrong)).rejects.toMatchObject({
      code: 'invalid_input',
      message: /page/,
    })

    await store.jobs.insert([newJob('smuggled', { name: 'test.work', input: '{"page":"one"}' })], 100)
    await new Worker(queue, { jobs: [strict] }).runUntilIdle()
    expect(await queue.get('smuggled')).toMatchObject({
      state: 'failed',
      failure: { kind: 'invalid_input' },
      attempt: 1,
    })
  })

  test('10. an unknown name is refused at the door, and fails at once with its own kind at the worker', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    await expect(queue.enqueue('test.nobody', {})).rejects.toMatchObject({ code: 'unknown_job' })

    await store.jobs.insert([newJob('smuggled', { name: 'test.nobody' })], 100)
    await new Worker(queue, { jobs: [], unknownJobs: 'fail' }).runUntilIdle()
    expect(await queue.get('smuggled')).toMatchObject({
      state: 'failed',
      failure: { kind: 'unknown_job' },
      attempt: 1,
    })
  })

  test('11. nothing grows for ever: payloads, errors, queues and settled jobs have limits', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock, { pendingMax: 1 })
    const failing = defineJob({
      name: 'test.failing',
      retries: 20,
      backoff: { kind: 'fixed', base: 0 },
      async run(_, ctx) {
        throw ctx.attempt > 20 ? new Fatal('enough') : new Error(`attempt ${ctx.attempt}`)
      },
    })
    const tooLarge = 'x'.repeat(1024 * 1024)
    await expect(queue.enqueue(failing, tooLarge)).rejects.toMatchObject({ code: 'payload_too_large' })
    const job = await queue.enqueue(failing)
    await expect(queue.enqueue(failing)).rejects.toMatchObject({ code: 'queue_full' })
    await new Worker(queue, { jobs: [failing] }).runUntilIdle()
    expect((await job.get()).errors).toHaveLength(10)

    await clock.advance(31 * 24 * 3_600_000)
    expect(await queue.prune()).toBe(1)
  })

  test("12. a user's context travels with the job, and to its children", async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const child = defineJob({ name: 'test.child', run: async (_, ctx) => ctx.context })
    const parent = defineJob({
      name: 'test.parent',
      run: async (_, ctx) => (await ctx.enqueue(child, undefined, { context: { step: 2 } })).id,
    })
    const jobs = [
      await queue.enqueue(parent, null, { context: { user: 'ada' } }),
      await queue.enqueue(parent, null, { context: { user: 'bob' } }),
    ]
    await new Worker(queue, { jobs: [parent, child] }).runUntilIdle()

    const seen = await Promise.all(jobs.map(async (job) => queue.handle(String(await job.result())).result()))
    expect(seen).toEqual([
      { user: 'ada', step: 2 },
      { user: 'bob', step: 2 },
    ])
  })
}

function worker(id: string) {
  const place = { name: id, host: 'test', pid: 1, version: '0.1.0' }
  return { id, ...place, names: null, queues: null, concurrency: 1, leaseMs: 10_000 }
}
