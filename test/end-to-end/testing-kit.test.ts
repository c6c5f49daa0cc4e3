import { defineJob, Fatal, openQueue, RetryAfter, Worker } from 'millhand'
import { expectEnqueued, openTestQueue, runJob, runUntilIdle, virtualClock } from 'millhand/testing'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'

const mail = defineJob({
  name: 'mail.send',
  input: z.object({
    to: z.string(),
    copies: z.array(z.string()).optional(),
    opts: z.object({ urgent: z.boolean() }).optional(),
  }),
  run: () => {},
})

describe('openTestQueue', () => {
  test('is in memory, on a clock that stands still', async () => {
    const { queue, clock } = await openTestQueue()
    expect(queue.location).toBe('memory:')
    const job = await queue.enqueue(mail, { to: 'ada' })
    expect((await job.get()).createdAt).toEqual(new Date('2026-01-01T00:00:00Z'))
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
    await queue.close()
  })

  test('takes a clock and the options of openQueue', async () => {
    const clock = virtualClock(new Date('2030-06-01T12:00:00Z'))
    const { queue } = await openTestQueue({ clock, jobs: [mail], pendingMax: 1 })
    const job = await queue.enqueue('mail.send', { to: 'ada' })
    expect((await job.get()).createdAt).toEqual(new Date('2030-06-01T12:00:00Z'))
    await expect(queue.enqueue(mail, { to: 'bob' })).rejects.toMatchObject({ code: 'queue_full' })
    await expect(openTestQueue({ job: [] } as never)).rejects.toThrow(/Did you mean 'jobs'/)
    expect(virtualClock(5).now()).toBe(5)
    await queue.close()
  })

  test('makes the same back-offs in every run', async () => {
    const dueTimes: number[] = []
    for (let run = 0; run < 2; run += 1) {
      const { queue } = await openTestQueue()
      const job = defineJob({
        name: 'test.fail',
        run() {
          throw new Error('no')
        },
      })
      const handle = await queue.enqueue(job)
      await runUntilIdle(queue, { jobs: [job] })
      dueTimes.push((await handle.get()).dueAt.getTime())
    }
    expect(dueTimes[0]).toBe(dueTimes[1])
  })
})

describe('runUntilIdle', () => {
  const relay = (hops: number) => {
    const spec = defineJob({ name: 'test.relay', input: z.number() })
    return spec.handle(async (hop, ctx) => {
      if (hop < hops) await ctx.enqueue(spec, hop + 1, { delay: '1d' })
    })
  }

  test('moves time on to what is due, and gives the number of attempts', async () => {
    const { queue, clock } = await openTestQueue()
    const job = relay(5)
    await queue.enqueue(job, 0)
    expect(await runUntilIdle(queue, { jobs: [job], clock })).toBe(6)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 6))
    await queue.close()
  })

  test('leaves the time alone where it is told to', async () => {
    const { queue, clock } = await openTestQueue()
    const job = relay(5)
    await queue.enqueue(job, 0)
    expect(await runUntilIdle(queue, { jobs: [job], advance: false })).toBe(1)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
    await queue.close()
  })

  test('does not wait for what it does not run', async () => {
    const { queue, clock } = await openTestQueue()
    await queue.enqueue(mail, { to: 'ada' }, { delay: '90d' })
    await queue.enqueue(relay(0), 0, { delay: '90d', queue: 'other' })
    expect(await runUntilIdle(queue, { jobs: [relay(0)], queues: ['default'] })).toBe(0)
    expect(clock.now()).toBe(Date.UTC(2026, 0, 1))
    await queue.close()
  })

  test('runs on the real clock too, and then only what is due', async () => {
    const queue = await openQueue('memory:')
    await queue.enqueue(mail, { to: 'ada' })
    await queue.enqueue(mail, { to: 'bob' }, { delay: '1h' })
    expect(await runUntilIdle(queue, { jobs: [mail] })).toBe(1)
    await queue.close()
  })

  test('ends what never ends, and says which job it was', async () => {
    const { queue } = await openTestQueue()
    const loop = defineJob({ name: 'test.loop' })
    const endless = loop.handle(async (_, ctx) => void (await ctx.enqueue(loop)))
    await queue.enqueue(loop)
    await expect(runUntilIdle(queue, { jobs: [endless], maxJobs: 50 })).rejects.toThrow(
      /not idle after 5\d jobs and 0 ms of virtual time, which is past maxJobs, 50; the last job that ran was 'test.loop'/,
    )
    await queue.close()

    const patient = await openTestQueue()
    await patient.queue.enqueue(relay(100), 0)
    await expect(runUntilIdle(patient.queue, { jobs: [relay(100)] })).rejects.toMatchObject({
      code: 'not_idle',
      facts: { jobs: 31, virtualMs: 31 * 86_400_000, last: 'test.relay' },
    })
    await patient.queue.close()
  })

  test('takes the options of a worker, and refuses others', async () => {
    const { queue } = await openTestQueue()
    await expect(runUntilIdle(queue, { jobs: [mail], concurency: 1 } as never)).rejects.toThrow(
      /Did you mean 'concurrency'/,
    )
    await expect(runUntilIdle(queue, { jobs: [mail], clock: virtualClock() })).rejects.toThrow(
      /'clock' is .*, expected the virtual clock that the queue was opened with/,
    )
    await expect(runUntilIdle(queue, { jobs: [mail], maxJobs: 0 })).rejects.toMatchObject({
      code: 'invalid_option',
    })
    await queue.close()
  })

  test('a job whose worker crashed is rescued, once time has passed', async () => {
    const { queue, clock } = await openTestQueue()
    let runs = 0
    const job = defineJob({
      name: 'test.crash',
      run() {
        runs += 1
        return runs === 1 ? new Promise(() => {}) : 'rescued'
      },
    })
    const handle = await queue.enqueue(job)
    await new Worker(queue, { jobs: [job] }).start()
    await clock.settle()
    clock.jump(11_000)
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(1)
    expect(await handle.result()).toBe('rescued')
  })
})

describe('expectEnqueued', () => {
  test('finds by a part of the input, by queue and by tags; gives what it found, oldest first', async () => {
    const { queue } = await openTestQueue()
    const first = await queue.enqueue(mail, { to: 'ada', opts: { urgent: true } }, { tags: ['a', 'b'] })
    const second = await queue.enqueue(mail, { to: 'ada', copies: ['bob', 'eve'] }, { queue: 'slow' })
    await runUntilIdle(queue, { jobs: [mail] })
    const ids = async (...given: [object?, object?]) =>
      (await expectEnqueued(queue, mail, ...given)).map(({ id }) => id)

    expect(await ids()).toEqual([first.id, second.id])
    expect(await ids({ to: 'ada' }, { count: 2 })).toEqual([first.id, second.id])
    expect(await ids({ opts: { urgent: true } })).toEqual([first.id])
    expect(await ids({ opts: {} }, { tags: ['b'] })).toEqual([first.id])
    expect(await ids({ copies: ['bob', 'eve'] }, { queue: 'slow' })).toEqual([second.id])
    expect(await ids({ to: 'nobody' }, { count: 0 })).toEqual([])
    expect(await ids({ to: 'ada', copies: undefined }, { count: 1 })).toEqual([first.id])
    await queue.close()
  })

  test('says what was enqueued instead', async () => {
    const { queue } = await openTestQueue()
    await expect(expectEnqueued(queue, mail, undefined, 77 as never)).rejects.toMatchObject({
      code: 'invalid_option',
    })
    await expect(expectEnqueued(queue, mail)).rejects.toThrow(
      "Expected 'mail.send' to be enqueued at least once, found 0.\nNothing was enqueued.",
    )
    await queue.enqueue(mail, { to: 'ada' }, { tags: ['a'], queue: 'slow' })
    await expect(
      expectEnqueued(queue, mail, { to: 'bob' }, { count: 2, tags: ['b'], queue: 'fast' }),
    ).rejects.toThrow(
      "Expected 'mail.send' with input { to: 'bob' }, queue 'fast', tags [ 'b' ] to be enqueued 2 time(s), found 0.\n" +
        "Enqueued were:\n  mail.send (pending), queue 'slow', tags [ 'a' ], input { to: 'ada' }",
    )
    await queue.enqueueMany(
      mail,
      Array.from({ length: 30 }, () => ({ to: 'eve' })),
    )
    const error = await expectEnqueued(queue, mail, { to: 'eve' }, { count: 1 }).catch((thrown) => thrown)
    expect(error).toMatchObject({ name: 'AssertionError', code: 'ERR_ASSERTION', actual: 30, expected: 1 })
    expect(error.message).toMatch(/… and 11 more$/)
    await expect(expectEnqueued(queue, mail, {}, { times: 1 } as never)).rejects.toMatchObject({
      code: 'unknown_option',
    })
    await queue.close()
  })
})

describe('runJob', () => {
  const resume = defineJob({
    name: 'test.resume',
    input: z.object({ pages: z.number() }),
    output: z.object({ copied: z.number() }),
    checkpoint: z.object({ page: z.number() }),
    timeout: '5m',
    async run({ pages }, ctx) {
      const first = ctx.checkpointed?.page ?? 0
      for (let page = first; page < pages; page += 1) {
        ctx.progress(page / pages)
        ctx.log.info(`page ${page}`, { page })
        await ctx.checkpoint({ page: page + 1 })
      }
      await ctx.enqueue(mail, { to: String(ctx.context.user) }, { tags: ['copied'] })
      return { copied: pages - first }
    },
  })

  test('records everything that the handler did', async () => {
    const run = await runJob(resume, { pages: 3 }, { checkpoint: { page: 1 }, context: { user: 'ada' } })
    expect(run).toEqual({
      outcome: { verb: 'complete', output: { copied: 2 } },
      progress: [{ fraction: 1 / 3 }, { fraction: 2 / 3 }],
      logs: [
        { level: 'info', message: 'page 1', data: { page: 1 } },
        { level: 'info', message: 'page 2', data: { page: 2 } },
      ],
      checkpoints: [{ page: 2 }, { page: 3 }],
      enqueued: [
        { name: 'mail.send', input: { to: 'ada' }, options: { tags: ['copied'], context: { user: 'ada' } } },
      ],
    })
  })

  test('tells what would become of the job, by its own policy', async () => {
    const job = defineJob({
      name: 'test.fate',
      input: z.string(),
      output: z.number().optional(),
      retries: 2,
      backoff: { kind: 'linear', base: '1s' },
      run(how, ctx) {
        if (how === 'fatal') throw new Fatal('no use')
        if (how === 'later') throw new RetryAfter('7s')
        if (how === 'error') throw new Error('no luck')
        if (how === 'wrong') return 'text' as never
        return how === 'skip' ? ctx.skip('nothing to do') : ctx.snooze('5m')
      },
    })
    const outcomes = async (how: string, attempt = 1) => (await runJob(job, how, { attempt })).outcome
    expect(await outcomes('skip')).toEqual({ verb: 'skip', reason: 'nothing to do' })
    expect(await outcomes('snooze')).toEqual({ verb: 'snooze', delayMs: 300_000 })
    expect(await outcomes('fatal')).toMatchObject({
      verb: 'fail',
      kind: 'error',
      error: { message: 'no use' },
    })
    expect(await outcomes('later')).toMatchObject({ verb: 'retry', delayMs: 7_000 })
    expect(await outcomes('error', 2)).toMatchObject({ verb: 'retry', kind: 'error', delayMs: 2_000 })
    expect(await outcomes('error', 3)).toMatchObject({ verb: 'fail', kind: 'error' })
    expect(await outcomes('wrong')).toMatchObject({ verb: 'fail', kind: 'invalid_output' })
  })

  test('refuses bad input and unknown options as a queue would', async () => {
    await expect(runJob(resume, { pages: 'all' } as never)).rejects.toMatchObject({ code: 'invalid_input' })
    await expect(runJob(resume, { pages: 1 }, { atempt: 1 } as never)).rejects.toThrow(
      /Did you mean 'attempt'/,
    )
    await expect(runJob(resume, { pages: 1 }, { attempt: 0 })).rejects.toMatchObject({
      code: 'invalid_option',
    })
    const bare = defineJob({ name: 'test.bare' })
    await expect(runJob(bare as never, null as never)).rejects.toMatchObject({ code: 'missing_handler' })
  })

  test('the handler of a prefix runs under a name of its own', async () => {
    const video = defineJob({ name: 'video.*', run: (_, ctx) => ctx.job.name })
    await expect(runJob(video, null)).rejects.toMatchObject({ code: 'name_needed' })
    const { outcome } = await runJob({ ...video, name: 'video.cut' }, null)
    expect(outcome).toEqual({ verb: 'complete', output: 'video.cut' })
  })

  test('a signal cancels the job under the hands of the handler', async () => {
    const stop = new AbortController()
    const heard: unknown[] = []
    const job = defineJob({
      name: 'test.stop',
      run(_, ctx) {
        stop.abort(new Error('changed my mind'))
        heard.push(ctx.signal.reason)
        return 'finished all the same'
      },
    })
    const { outcome } = await runJob(job, null, { signal: stop.signal })
    expect(outcome).toEqual({ verb: 'cancel', reason: 'changed my mind' })
    expect(heard).toMatchObject([{ code: 'cancelled', facts: { reason: 'changed my mind' } }])
    const early = await runJob(job, null, { signal: AbortSignal.abort(new Error('too late')) })
    expect(early.outcome).toEqual({ verb: 'cancel', reason: 'too late' })
    expect(heard).toHaveLength(1)
  })

  test('passes a transaction on, where it is given one', async () => {
    const rows: number[] = []
    const job = defineJob({
      name: 'test.write',
      output: z.number(),
      retries: 0,
      run: (_, ctx) => ctx.transaction<number, number[]>((tx) => tx.push(7)),
    })
    expect((await runJob(job, null, { tx: rows })).outcome).toEqual({ verb: 'complete', output: 1 })
    expect(rows).toEqual([7])
    expect((await runJob(job)).outcome).toMatchObject({ verb: 'fail', error: { code: 'no_queue' } })
  })

  test('a child that nobody runs has an id and nothing else', async () => {
    const job = defineJob({
      name: 'test.parent',
      async run(_, ctx) {
        const child = await ctx.enqueue(mail, { to: 'ada' })
        return child.result()
      },
    })
    const { outcome } = await runJob(job)
    expect(outcome).toMatchObject({
      verb: 'retry',
      error: {
        code: 'no_queue',
        message: expect.stringMatching(/^result of a job that was enqueued in runJob needs a queue/),
      },
    })
    const wrong = defineJob({
      name: 'test.wrong',
      run: (_, ctx) => ctx.enqueue(mail, { to: 1 } as never) as never,
    })
    expect((await runJob(wrong)).outcome).toMatchObject({ verb: 'retry', error: { code: 'invalid_input' } })
  })

  test('knows its deadline, and no time passes', async () => {
    const job = defineJob({
      name: 'test.deadline',
      timeout: '5m',
      run: (_, ctx) => [ctx.attemptDeadline?.toISOString(), ctx.job.startedAt.toISOString(), ctx.job.name],
    })
    expect((await runJob(job)).outcome).toEqual({
      verb: 'complete',
      output: ['2026-01-01T00:05:00.000Z', '2026-01-01T00:00:00.000Z', 'test.deadline'],
    })
  })
})
