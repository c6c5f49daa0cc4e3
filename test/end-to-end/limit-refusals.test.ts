import { defineJob, type LimitOptions, type Queue, RateLimited, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const userOf = (input: unknown) => (input as { user: string }).user
const PER_USER: LimitOptions = { key: userOf, name: 'user', concurrency: 1 }

/** Enqueues one job for each of these users. */
function enqueueFor(queue: Queue, job: ReturnType<typeof heldJob>['job'], users: readonly string[]) {
  return queue.enqueueMany(
    job,
    users.map((user) => ({ user })),
  )
}

describeStores('limits that are shown or refused', (test) => {
  test('two values of one limit are refused, with both jobs, wherever definitions come together', async ({
    queue,
    open,
  }) => {
    const of = (name: string, limit: LimitOptions) => defineJob({ name, limits: [limit], run: () => {} })
    const jobs = [
      of('mail.send', { key: 'smtp', concurrency: 2 }),
      of('mail.same', { key: userOf, name: 'smtp', concurrency: 2 }),
      of('mail.bulk', { key: 'smtp', concurrency: 3, rate: { count: 60, per: '1m' } }),
    ]
    const conflict = {
      code: 'conflicting_limits',
      message: expect.stringContaining(
        "Limit 'smtp' lets 2 at a time pass in job 'mail.send', and 3 at a time, 60 in 1m in job 'mail.bulk'.",
      ),
    }
    await expect(open({ jobs })).rejects.toMatchObject(conflict)
    expect(() => new Worker(queue, { jobs })).toThrow(expect.objectContaining(conflict))
    expect(() => new Worker(queue, { jobs: jobs.slice(0, 2) })).not.toThrow()
    const limits = [userOf, 'smtp'].map((key, index) => ({ key, name: 'smtp', concurrency: index + 1 }))
    const within = (job: string) => ({
      ...{ code: 'conflicting_limits' },
      facts: { limit: 'smtp', jobs: [job, job], values: ['1 at a time', '2 at a time'] },
    })
    expect(() => defineJob({ name: 'mail.both', limits })).toThrow(
      expect.objectContaining(within('mail.both')),
    )
    const fine = of('mail.one', { key: 'smtp', concurrency: 2 })
    await expect(queue.enqueue(fine, 1, { limits })).rejects.toMatchObject(within('mail.one'))
    expect(await queue.count()).toBe(0)
  })

  test('what is set for a queue is compared with what a worker, another queue and an enqueue say', async ({
    queue,
  }) => {
    const smtp = (concurrency: number) => ({ limits: [{ key: 'smtp', concurrency }] })
    await queue.configure('mail', smtp(3))
    await queue.configure('mail', smtp(2))
    const conflict = (other: string) => ({
      ...{ code: 'conflicting_limits' },
      facts: { jobs: ["queue 'mail'", other] },
    })
    const job = defineJob({ name: 'mail.send', ...smtp(5), run: () => {} })
    const worker = new Worker(queue, { jobs: [job] })
    await expect(worker.start()).rejects.toMatchObject(conflict('mail.send'))
    await expect(queue.configure('news', smtp(9))).rejects.toMatchObject(conflict("queue 'news'"))
    const errors: unknown[] = []
    queue.on('loop_error', ({ error }) => errors.push(error))
    await queue.enqueue(job)
    expect(errors).toMatchObject([conflict('a definition or a call')])
    expect(await queue.limits.get('smtp')).toMatchObject({ declared: { concurrency: 2 } })
  })

  test('what is left out of a change stays, and null lifts it', async ({ queue }) => {
    const both = { key: 'api', concurrency: 2, rate: { count: 60, per: '1m' } } as const
    await queue.enqueue(defineJob({ name: 'test.limited', limits: [both] }))
    const { limits } = queue
    const rate = { count: 60, per: 60_000 }
    expect(await limits.set('api', { concurrency: 1 })).toMatchObject({ override: { concurrency: 1 } })
    expect((await limits.set('api', { rate: null })).override).toEqual({ concurrency: 1, rate: null })
    expect((await limits.set('api', { concurrency: null })).override).toEqual({
      concurrency: null,
      rate: null,
    })
    expect(await limits.get('api')).toMatchObject({ declared: { concurrency: 2, rate } })
  })

  test('a limit that there is not, or that would limit nothing, is refused', async ({ queue }) => {
    await queue.enqueue(defineJob({ name: 'test.limited', limits: [{ key: 'openai', concurrency: 1 }] }))
    const { limits } = queue
    for (const call of [
      () => limits.set('opnai', { concurrency: 1 }),
      () => limits.reset('opnai'),
      () => limits.keys('opnai'),
    ]) {
      await expect(call()).rejects.toMatchObject({
        code: 'limit_not_found',
        message: expect.stringContaining(
          "No limit is named 'opnai'. Did you mean 'openai'? There are: openai.",
        ),
      })
    }
    const slips: [given: object, message: string][] = [
      [{}, "option 'concurrency' is left out, as is 'rate', expected one of them or both; null lifts one"],
      [{ concurrency: 0 }, "option 'concurrency' is 0, expected a whole number from 1 to"],
      [{ max: 2 }, "limits.set has no option 'max'. Did you mean 'concurrency'?"],
      [{ rate: { max: 2 } }, "limits.set.rate has no option 'max'. Did you mean 'count'?"],
      [{ rate: { count: 2 } }, 'expected both of them'],
    ]
    for (const [given, message] of slips)
      await expect(limits.set('openai', given)).rejects.toThrow(
        expect.objectContaining({ message: expect.stringContaining(message) }),
      )
  })

  test('explain names the limit that keeps a job, with its numbers and who holds it', async ({
    queue,
    start,
  }) => {
    const { job, runs, run } = heldJob({ limits: [PER_USER] })
    const [first, second] = await enqueueFor(queue, job, ['ada', 'ada'])
    const worker = await start({ jobs: [job], name: 'mill' })
    await expect.poll(() => second?.get()).toHaveProperty('waitsFor')
    const { reasons } = await queue.explain(second?.id ?? '')
    expect(reasons).toMatchObject([
      {
        code: 'limit_full',
        text: expect.stringMatching(
          `^waits for limit 'user' for 'ada': 1 of 1 run, 1 wait; held by ${first?.id} on worker mill \\(.*\\) since 2`,
        ),
        mend: expect.stringContaining('millhand limits set user --concurrency 2'),
        facts: { limit: 'user', key: 'ada', running: 1, waiting: 1, concurrency: 1, holder: first?.id },
      },
    ])
    expect(worker.running).toBe(1)
    run(0).fail(new RateLimited('90s'))
    await expect
      .poll(async () => (await queue.explain(second?.id ?? '')).reasons)
      .toMatchObject([
        {
          code: 'limit_closed',
          text: expect.stringContaining('(RateLimited) for 1m 30s more, until 2'),
          facts: { opensInMs: 90_000 },
        },
      ])
    expect(runs).toHaveLength(1)
  })

  test('explain tells of a rate, when it opens, and of a cost that never passes', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs } = heldJob({ limits: [{ key: 'api', rate: { count: 2, per: '1m' }, cost: 2 }] })
    await queue.enqueue(job)
    const waits = await queue.enqueue(job)
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(1)
    const why = async () => (await queue.explain(waits.id)).reasons
    const opens = new Date(clock.now() + 60_000).toISOString()
    await expect.poll(why).toMatchObject([
      {
        code: 'rate_reached',
        text: `waits for limit 'api': no more than 2 in any 1m may start, and they have; it opens in 1m, at ${opens}; 1 wait`,
        facts: { cost: 2, rateCount: 2, ratePerMs: 60_000, opensInMs: 60_000 },
      },
    ])
    await queue.limits.set('api', { rate: { count: 1, per: '1m' } })
    await expect
      .poll(why)
      .toMatchObject([{ code: 'rate_reached', text: expect.stringContaining('for ever: it costs 2') }])
  })

  test('a limit that is new in a transaction is written when that has ended, and holds nobody up', async ({
    queue,
  }) => {
    const job = defineJob({ name: 'test.inside', limits: [{ key: 'api', concurrency: 1 }], run: () => {} })
    await queue.transaction(async (tx: object) => void (await queue.enqueue(job, 1, { tx })))
    await expect.poll(() => queue.limits.list()).toMatchObject([{ name: 'api' }])
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(1)
  })
})
