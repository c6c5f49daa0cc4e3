import {
  type Backoff,
  defineJob,
  Fatal,
  type JobContext,
  RateLimited,
  type RetentionOptions,
  RetryAfter,
  Worker,
} from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { describeStores } from '../support/stores.ts'

/** The kit's source of random numbers always gives the middle here: a delay without its jitter. */
const MIDDLE = () => 0.5

/** A job that fails with what `fail` throws, and the times at which it was tried, in ms after the first. */
function failing(fail: (attempt: number) => unknown, policy: object = {}) {
  const triedAt: number[] = []
  const job = defineJob({
    name: 'test.fail',
    retries: 4,
    ...policy,
    run(_, ctx) {
      triedAt.push(ctx.job.startedAt.getTime())
      return fail(ctx.attempt)
    },
  })
  return { job, delays: () => triedAt.slice(1).map((at, index) => at - (triedAt[index] ?? 0)) }
}

const always = (error: Error) => () => {
  throw error
}

class Throttled extends Error {}
class Refused extends Error {}

describeStores('retry', (test) => {
  const policies: [string, Backoff | undefined, number[]][] = [
    ['fixed', { kind: 'fixed', base: '5s', jitter: 0 }, [5_000, 5_000, 5_000, 5_000]],
    ['linear', { kind: 'linear', base: '5s', jitter: 0 }, [5_000, 10_000, 15_000, 20_000]],
    ['exponential', { kind: 'exponential', base: '1s', factor: 3, jitter: 0 }, [1_000, 3_000, 9_000, 27_000]],
    ['capped', { base: '1s', factor: 10, max: '30s', jitter: 0 }, [1_000, 10_000, 30_000, 30_000]],
    ['by default exponential from a second', undefined, [1_000, 2_000, 4_000, 8_000]],
  ]
  for (const [kind, backoff, expected] of policies) {
    test(`a retry is a due time in the store: ${kind}`, async ({ open }) => {
      const queue = await open({ random: MIDDLE })
      const { job, delays } = failing(always(new Error('no')), backoff && { backoff })
      const handle = await queue.enqueue(job)
      expect(await runUntilIdle(queue, { jobs: [job] })).toBe(5)
      expect(delays()).toEqual(expected)
      expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 5, retries: 4 })
    })
  }

  test('jitter spreads a delay over its share, and not past the cap', async ({ open }) => {
    const extremes = [() => 0, () => 1]
    const spread: number[][] = []
    for (const random of extremes) {
      const queue = await open({ random })
      const { job, delays } = failing(always(new Error('no')), {
        retries: 2,
        backoff: { kind: 'linear', base: '10s', jitter: 0.5, max: '25s' },
      })
      await queue.enqueue(job, null, { key: String(spread.length) })
      await runUntilIdle(queue, { jobs: [job] })
      spread.push(delays())
    }
    expect(spread).toEqual([
      [5_000, 10_000],
      [15_000, 25_000],
    ])
  })

  test('no slot is held while a retry waits', async ({ queue, start, clock }) => {
    const { job } = failing(always(new Error('no')), { backoff: { base: '1m', jitter: 0 } })
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job], concurrency: 1 })
    expect(worker.running).toBe(0)
    expect(await handle.get()).toMatchObject({
      state: 'pending',
      dueAt: new Date(clock.now() + 60_000),
      errors: [{ kind: 'error', message: 'no', attempt: 1 }],
    })
  })

  test('a job may say its own number of retries', async ({ queue }) => {
    const { job } = failing(always(new Error('no')))
    const once = await queue.enqueue(job, null, { retries: 0 })
    const twice = await queue.enqueue(job, null, { retries: 1 })
    await runUntilIdle(queue, { jobs: [job] })
    expect([(await once.get()).attempt, (await twice.get()).attempt]).toEqual([1, 2])
  })

  test('it may succeed at last, and remembers what went wrong', async ({ queue }) => {
    const { job } = failing((attempt) => {
      if (attempt < 3) throw new Error(`attempt ${attempt}`)
      return 'at last'
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toBe('at last')
    expect((await handle.get()).errors.map(({ message }) => message)).toEqual(['attempt 1', 'attempt 2'])
  })

  test('only the newest errors are kept, the count of attempts is not cut', async ({ queue }) => {
    const { job } = failing((attempt) => {
      throw new Error(`attempt ${attempt}`)
    })
    const handle = await queue.enqueue(job, null, { retries: 14 })
    await runUntilIdle(queue, { jobs: [job] })
    const { attempt, errors } = await handle.get()
    expect([attempt, errors.length, errors.at(0)?.attempt, errors.at(-1)?.attempt]).toEqual([15, 10, 6, 15])
  })

  test('retryOn: only errors that match are retried', async ({ queue }) => {
    const policy = { retryOn: [Throttled, (error: Error) => error.message.includes('again')] }
    const errors: [Error, number][] = [
      [new Throttled('slow down'), 5],
      [new Error('try again'), 5],
      [new Error('something else'), 1],
    ]
    for (const [error, attempts] of errors) {
      const { job } = failing(always(error), policy)
      const handle = await queue.enqueue(job)
      await runUntilIdle(queue, { jobs: [job] })
      expect((await handle.get()).attempt, error.message).toBe(attempts)
    }
  })

  test('stopOn wins over retryOn', async ({ queue }) => {
    const { job } = failing(always(new Refused('no')), { retryOn: [Error], stopOn: [Refused] })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(1)
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'error', message: 'no' } })
  })

  test('classifyError says what a foreign error means: its code, its permanence, its delay', async ({
    queue,
  }) => {
    const classifyError = (error: Error) => {
      if (error.message === '404') return { code: 'gone', permanent: true }
      if (error.message === '429') return { code: 'throttled', retryAfter: '7s' as const }
      return undefined
    }
    const gone = failing(always(new Error('404')), { classifyError })
    const throttled = failing(always(new Error('429')), { classifyError, retries: 1 })
    const first = await queue.enqueue(gone.job)
    await runUntilIdle(queue, { jobs: [gone.job] })
    const second = await queue.enqueue(throttled.job)
    await runUntilIdle(queue, { jobs: [throttled.job] })
    expect(await first.get()).toMatchObject({ attempt: 1, failure: { code: 'gone', message: '404' } })
    expect(await second.get()).toMatchObject({ attempt: 2, failure: { code: 'throttled' } })
    expect(throttled.delays()).toEqual([7_000])
  })

  test('a policy that throws itself costs nothing but its say', async ({ queue }) => {
    const broken = () => {
      throw new TypeError('cannot read')
    }
    const { job } = failing(always(new Error('the real one')), { retries: 1, classifyError: broken })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(2)
    const { errors } = await handle.get()
    expect(errors.map(({ message }) => message)).toEqual(['the real one', 'the real one'])
  })

  test('Fatal fails for good, whatever the policy says', async ({ queue }) => {
    const { job } = failing(always(new Fatal('no use')), { retryOn: [Error] })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(1)
    expect(await handle.get()).toMatchObject({ state: 'failed', failure: { message: 'no use' } })
  })

  test('RetryAfter says the delay itself, and counts as an attempt', async ({ queue }) => {
    const { job, delays } = failing(always(new RetryAfter('90s', 'busy')), { retries: 2 })
    const handle = await queue.enqueue(job)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(3)
    expect(delays()).toEqual([90_000, 90_000])
    expect(await handle.get()).toMatchObject({ state: 'failed', attempt: 3, failure: { message: 'busy' } })
  })

  test('what is thrown need not be an error', async ({ queue }) => {
    const thrown: unknown[] = ['a text', undefined, null, 42, { a: 1 }]
    const messages: (string | undefined)[] = []
    for (const value of thrown) {
      const { job } = failing(() => {
        throw value
      })
      const handle = await queue.enqueue(job, null, { retries: 0 })
      await runUntilIdle(queue, { jobs: [job] })
      const { errors } = await handle.get()
      messages.push(errors[0]?.message)
      // Where it was caught is nobody's business.
      expect(errors[0]?.stack).not.toMatch(/\n\s+at /)
    }
    expect(messages).toEqual(['a text', 'thrown: undefined', 'thrown: null', 'thrown: 42', 'thrown: {"a":1}'])
  })

  test('a snooze runs again later and burns no attempt', async ({ queue }) => {
    let runs = 0
    const job = defineJob({
      name: 'test.snooze',
      retries: 0,
      run(_, ctx) {
        runs += 1
        return runs < 4 ? ctx.snooze('10m') : ctx.attempt
      },
    })
    const handle = await queue.enqueue(job)
    const { createdAt } = await handle.get()
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(4)
    const done = await handle.get()
    expect(done).toMatchObject({ state: 'complete', output: 1, attempt: 1, epoch: 4, errors: [] })
    expect(done.dueAt.getTime() - createdAt.getTime()).toBe(30 * 60_000)
  })

  test('a fate that goes the wrong way fails the attempt, which says how it is written', async ({
    queue,
  }) => {
    const ways: ((ctx: JobContext) => unknown)[] = [
      (ctx) => void ctx.snooze('1s'),
      (ctx) => void ctx.skip('nothing to do'),
      (ctx) => {
        throw ctx.snooze('1s')
      },
      () => new Fatal('no'),
      () => new RetryAfter('1s'),
      () => new RateLimited('1s'),
    ]
    const codes: unknown[] = []
    for (const way of ways) {
      const job = defineJob({ name: 'test.fate', retries: 0, run: (_: unknown, ctx) => way(ctx) })
      const handle = await queue.enqueue(job)
      await runUntilIdle(queue, { jobs: [job] })
      codes.push((await handle.get()).errors[0]?.message)
    }
    const notThrown = expect.stringMatching(/^The handler returned a Fatal, a .*throw new Fatal/)
    const notReturned = (call: string) =>
      expect.stringMatching(new RegExp(`^ctx\\.${call} was called, and .*Write return ctx\\.${call}\\(`))
    const calls = ['snooze', 'skip', 'snooze'].map(notReturned)
    expect(codes).toEqual([...calls, notThrown, notThrown, notThrown])
  })

  test('a fate that is asked for, and thought better of, does no harm', async ({ queue }) => {
    const run = (_: unknown, ctx: JobContext) => (ctx.snooze('1s') ? 'done' : undefined)
    const handle = await queue.enqueue(defineJob({ name: 'test.fate', run }))
    await runUntilIdle(queue, { jobs: [defineJob({ name: 'test.fate', run })] })
    expect(await handle.get()).toMatchObject({ state: 'complete', output: 'done' })
  })

  test('a skip ends well, with its reason and without an output', async ({ queue }) => {
    const job = defineJob({ name: 'test.skip', run: (_, ctx) => ctx.skip('already done') })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toBeUndefined()
    expect(await handle.get()).toMatchObject({
      state: 'complete',
      outcome: 'skipped',
      reason: 'already done',
    })
  })

  test('an operator runs a failed or a cancelled job again, with all its attempts', async ({ queue }) => {
    let broken = true
    const { job } = failing(() => {
      if (broken) throw new Fatal('broken')
      return 'mended'
    })
    const failed = await queue.enqueue(job)
    const cancelled = await queue.enqueue(job)
    await cancelled.cancel()
    await runUntilIdle(queue, { jobs: [job] })
    broken = false
    expect(await queue.retry([failed.id, cancelled.id])).toEqual([failed.id, cancelled.id])
    expect((await failed.get()).attempt).toBe(0)
    await runUntilIdle(queue, { jobs: [job] })
    expect([await failed.result(), await cancelled.result()]).toEqual(['mended', 'mended'])
  })

  test('a retry that cannot be is refused, and says why', async ({ queue }) => {
    const { job } = failing(always(new Fatal('no')))
    const keyed = await queue.enqueue(job, null, { key: 'k' })
    await expect(queue.retry(keyed.id)).rejects.toMatchObject({
      code: 'not_retryable',
      facts: { state: 'pending' },
    })
    await expect(queue.retry('nobody')).rejects.toMatchObject({ code: 'job_not_found' })
    await runUntilIdle(queue, { jobs: [job] })
    await queue.enqueue(job, null, { key: 'k' })
    await expect(queue.retry(keyed.id)).rejects.toThrow(/its key is held by another job of its name/)
    expect(await queue.retry([keyed.id, 'nobody'])).toEqual([])
  })

  test('settled jobs are pruned after their retention, each kind after its own', async ({ queue, clock }) => {
    const { job } = failing((attempt) => attempt)
    const bad = defineJob({ name: 'test.bad', retries: 0, run: always(new Error('no')) })
    const enqueueAll = async () => [
      await queue.enqueue(job),
      await queue.enqueue(bad),
      await queue.enqueue(job, null, { delay: '1h' }),
    ]
    const [complete, failed, pending] = await enqueueAll()
    const cancelled = await queue.enqueue(job)
    await cancelled.cancel()
    await runUntilIdle(queue, { jobs: [job, bad], advance: false })
    const left = async () => (await queue.list()).map(({ id }) => id).sort()
    expect(await left()).toEqual([complete, failed, pending, cancelled].map((each) => each?.id).sort())

    const retention: RetentionOptions = { complete: '1m', failed: '2m', cancelled: '3m' }
    const kept: number[] = []
    for (let minutes = 0; minutes < 4; minutes += 1) {
      kept.push((await left()).length - (await queue.prune(retention)))
      await clock.advance('1m')
    }
    expect(kept).toEqual([4, 3, 2, 1])
    expect(await left()).toEqual([pending?.id])
  })

  test('a worker prunes as often as pruneInterval says, also where it has nothing else to look after for longer', async ({
    queue,
    clock,
  }) => {
    const { job } = failing((attempt) => attempt)
    const worker = new Worker(queue, { jobs: [job], retention: { complete: '1s' }, pruneInterval: '1s' })
    await worker.start()
    await (await queue.enqueue(job)).result()
    await clock.advance('3s')
    expect(await queue.count()).toBe(0)
    await worker.stop()
  })

  test('a worker need not be there for a pruneInterval to prune, nor for a tenth of one', async ({
    queue,
    clock,
  }) => {
    const { job } = failing((attempt) => attempt)
    const worker = new Worker(queue, { jobs: [job], retention: { complete: '1s' }, pruneInterval: '1d' })
    await worker.start()
    await (await queue.enqueue(job)).result()
    await clock.advance('15s')
    expect(await queue.count()).toBe(0)
    await worker.stop()
  })
})
