import { expect } from 'vitest'
import { type CompleteJob, defineJob, Fatal, type Job, type JobContext, Worker } from '../../src/index.ts'
import { storableText } from '../../src/job/text.ts'
import type { Queue } from '../../src/queue/queue.ts'
import { queueOn } from '../support/queue.ts'
import type { StoreTest } from './store-test.ts'

/** What databases differ in: NUL, halves of a surrogate pair, numbers past 53 and 64 bits, text that looks like syntax. */
const ODD = {
  nul: 'a\u0000b',
  half: 'a\ud800b',
  otherHalf: '\udc00',
  whole: '😀',
  syntax: `'; drop table millhand.jobs; -- "\\u0000" \\ {} $1 %s`,
  numbers: [2 ** 53 + 2, 2 ** 63, 2 ** 64, -(2 ** 63), 1.7976931348623157e308, 5e-324, 0.1],
  'key \u0000 \udfff': null,
}
const MIB = 1024 * 1024
/** A text of which the JSON is exactly as long as is allowed. */
const LONGEST = 'x'.repeat(MIB - 2)
/** How a text for people comes out. */
const MENDED = 'a␀b�c'
const RAW = 'a\u0000b\ud800c'

/** What users write comes out as it went in, or is refused with its place: the same on every store. */
export function textPromises(test: StoreTest): void {
  test('values with NUL, lone surrogates and large numbers are stored faithfully, wherever a job has values', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    let seen: unknown
    const job = await run(queue, {
      input: ODD,
      async handler(input, ctx) {
        seen = [input, ctx.context, ctx.checkpointed]
        await ctx.checkpoint(ODD)
        ctx.progress({ fraction: 0.5, message: RAW })
        ctx.log.info('odd', ODD)
        return ODD
      },
    })

    expect(seen).toEqual([ODD, { odd: ODD }, undefined])
    expect(job).toMatchObject({ state: 'complete', input: ODD, output: ODD, checkpoint: ODD })
    // For people, as a line of a log is: every store can hold it as it is shown.
    expect(job.progress).toEqual({ fraction: 0.5, message: storableText(RAW) })
    expect(await queue.logs(job.id)).toMatchObject([{ data: JSON.stringify(ODD) }])
  })

  test('values of 1 MiB are stored, and one byte more is refused at enqueue with its path', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const job = await run(queue, {
      input: LONGEST,
      async handler(input, ctx) {
        await ctx.checkpoint(input)
        return input
      },
    })
    expect(job.state).toBe('complete')
    const { input, output, checkpoint } = job as CompleteJob
    const faithful = [input, output, checkpoint].map((value) => value === LONGEST)
    expect(faithful).toEqual([true, true, true])

    const work = defineJob({ name: 'test.work', run: () => {} })
    await expect(queue.enqueue(work, { page: `${LONGEST}x` })).rejects.toMatchObject({
      code: 'payload_too_large',
      facts: { path: '$.page' },
    })
  })

  test('a number that JSON has no word for is refused at enqueue with its path', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const work = defineJob({ name: 'test.work', run: () => {} })
    for (const value of [2n ** 63n, Number.NaN, Number.POSITIVE_INFINITY]) {
      await expect(queue.enqueue(work, { sizes: [1, value] })).rejects.toMatchObject({
        code: 'not_serialisable',
        facts: { path: '$.sizes[1]' },
      })
    }
    expect(await queue.count()).toBe(0)
  })

  test('keys and tags that some store could not compare are refused, to enqueue by and to look for', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const work = defineJob({ name: 'test.work', run: () => {} })
    for (const odd of [ODD.nul, ODD.half]) {
      for (const options of [{ key: odd }, { tags: [odd] }]) {
        await expect(queue.enqueue(work, 1, options)).rejects.toMatchObject({ code: 'invalid_name' })
      }
      await expect(queue.list({ tag: odd })).rejects.toMatchObject({ code: 'invalid_name' })
      await expect(queue.count({ key: odd })).rejects.toMatchObject({ code: 'invalid_name' })
    }
    const job = await queue.enqueue(work, 1, { key: ODD.syntax, tags: [ODD.whole, ODD.syntax] })
    expect(await queue.list({ tag: ODD.syntax, key: ODD.syntax })).toMatchObject([{ id: job.id }])
    expect(await queue.list({ tag: ODD.whole })).toHaveLength(1)
  })

  test('nothing is found by an id or a name that no store can hold', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    await queue.enqueue(defineJob({ name: 'test.work', run: () => {} }))
    for (const odd of [ODD.nul, ODD.half]) {
      expect(await queue.get(odd)).toBeNull()
      expect(await queue.logs(odd)).toEqual([])
      expect(await queue.cancel([odd])).toEqual([])
      await expect(queue.cancel(odd)).rejects.toMatchObject({ code: 'job_not_found' })
      await expect(queue.retry(odd)).rejects.toMatchObject({ code: 'job_not_found' })
      await expect(queue.list({ before: odd })).rejects.toMatchObject({ code: 'job_not_found' })
      await expect(queue.explain(odd)).rejects.toMatchObject({ code: 'job_not_found' })
      expect(await queue.list({ name: odd })).toEqual([])
      expect(await queue.count({ queue: [odd] })).toBe(0)
    }
  })

  test('the reason of a cancel is made fit to be read', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const job = await queue.enqueue(defineJob({ name: 'test.work', run: () => {} }))
    await job.cancel(RAW)
    expect(await job.get()).toMatchObject({ state: 'cancelled', reason: MENDED })
  })

  test('so is the reason of a skip', async ({ store, clock }) => {
    const job = await run(queueOn(store, clock), { handler: async (_, ctx) => ctx.skip(RAW) })
    expect(job).toMatchObject({ state: 'complete', outcome: 'skipped', reason: MENDED })
  })

  test('so are log messages', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const job = await run(queue, { handler: async (_, ctx) => ctx.log.warn(RAW) })
    expect(await queue.logs(job.id)).toMatchObject([{ level: 'warn', message: MENDED }])
  })

  test('so are the message, code and stack of an error, and it is found by what is read', async ({
    store,
    clock,
  }) => {
    const queue = queueOn(store, clock)
    const job = await run(queue, {
      async handler() {
        throw Object.assign(new Fatal(RAW), { code: RAW, stack: RAW })
      },
    })
    expect(job).toMatchObject({ state: 'failed', failure: { message: MENDED, code: MENDED, stack: MENDED } })
    expect(await queue.list({ error: RAW })).toMatchObject([{ id: job.id }])
    expect(await queue.list({ error: '␀b' })).toHaveLength(1)
  })

  test('a text that is cut is not cut through a character', async ({ store, clock }) => {
    const job = await run(queueOn(store, clock), { handler: async (_, ctx) => ctx.skip('😀'.repeat(5_000)) })
    const { reason } = job as CompleteJob
    expect(reason?.isWellFormed()).toBe(true)
    expect(reason).toHaveLength(2_000)
  })

  test('so is the name of a worker', async ({ store, clock }) => {
    const queue = queueOn(store, clock)
    const worker = new Worker(queue, { name: RAW, fallback: () => {} })
    await worker.start()
    expect(await queue.workers()).toMatchObject([{ name: MENDED }])
    const stopped = worker.stop({ timeout: 0 })
    await clock.advance('1s')
    await stopped
  })
}

interface Given {
  readonly input?: unknown
  readonly handler: (input: unknown, ctx: JobContext) => Promise<unknown>
}

/** Runs one job; gives it as it is then. */
async function run(queue: Queue, { input = null, handler }: Given): Promise<Job> {
  const work = defineJob({ name: 'test.work', run: handler })
  const job = await queue.enqueue(work, input, { context: { odd: ODD } })
  await new Worker(queue, { jobs: [work], progressInterval: 0 }).runUntilIdle()
  return job.get()
}
