import { defineJob, Fatal, type PauseOptions, type Queue } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

const quiet = defineJob({ name: 'test.quiet', run: () => {} })

const codesOf = async (queue: Queue, id: string) => (await queue.explain(id)).reasons.map(({ code }) => code)

describeStores('explain', (test) => {
  test('a pending job: not due, its queue paused, nobody to run it', async ({ queue }) => {
    const handle = await queue.enqueue(echo, 1, { delay: '90s', queue: 'mail' })
    await queue.pause('mail')
    const explanation = await queue.explain(handle.id)
    expect(explanation).toMatchObject({
      ...{ id: handle.id, name: 'test.echo', queue: 'mail', state: 'pending' },
      reasons: [
        { code: 'due_later', facts: { dueInMs: 90_000 } },
        { code: 'queue_paused', facts: { queue: 'mail', by: null, reason: null } },
        { code: 'no_worker', facts: { workers: 0 } },
      ],
    })
    expect(explanation.text).toBe(
      "due in 1m 30s, at 2026-01-01T00:01:30.000Z; queue 'mail' is paused (millhand resume mail); " +
        "no live worker handles 'test.echo' in queue 'mail' (none is live at all: start one (millhand work))",
    )
  })

  test('a paused queue: by whom and why, in the stats, the explanation and the event', async ({
    queue,
    clock,
  }) => {
    const said: unknown[] = []
    queue.on('pause', (event) => said.push(event))
    const handle = await queue.enqueue(echo, 1, { queue: 'mail' })
    await queue.pause('mail', { by: 'ana', reason: 'the provider is down' })
    const since = new Date(clock.now())
    const [reason] = (await queue.explain(handle.id)).reasons
    expect(reason).toMatchObject({
      code: 'queue_paused',
      text: "queue 'mail' is paused by ana: the provider is down",
      facts: { by: 'ana', reason: 'the provider is down', since: since.toISOString() },
    })
    expect((await queue.stats()).queues).toMatchObject([
      { paused: true, pause: { since, by: 'ana', reason: 'the provider is down' } },
    ])
    expect(said).toEqual([{ queue: 'mail', by: 'ana', reason: 'the provider is down' }])
  })

  test('a pause with what is no option or no text is refused', async ({ queue }) => {
    const wrong = [{ who: 'ana' }, { by: 7 }, { reason: '' }, { by: 'a'.repeat(129) }]
    for (const options of wrong)
      await expect(queue.pause('mail', options as PauseOptions)).rejects.toMatchObject({ code: /option/ })
    expect((await queue.stats()).queues).toEqual([])
  })

  test('a pending job behind others waits for a slot', async ({ queue, start }) => {
    const { job } = heldJob()
    await queue.enqueue(job)
    const next = await queue.enqueue(job)
    await start({ jobs: [job], concurrency: 1 })
    const { reasons } = await queue.explain(next.id)
    expect(reasons).toMatchObject([{ code: 'waiting_for_slot', facts: { workers: 1, slots: 1, busy: 1 } }])
  })

  test('a worker for other names or queues, or a silent one, is no help', async ({ queue, start, clock }) => {
    await start({ jobs: [echo], queues: ['other'], maintenance: false })
    const { job } = heldJob()
    const handle = await queue.enqueue(job)
    const elsewhere = await queue.enqueue(echo, 1)
    expect(await codesOf(queue, handle.id)).toEqual(['no_worker'])
    expect(await codesOf(queue, elsewhere.id)).toEqual(['no_worker'])
    const served = await queue.enqueue(echo, 1, { queue: 'other', delay: '1m' })
    expect(await codesOf(queue, served.id)).toEqual(['due_later'])
    clock.jump(11_000)
    expect(await codesOf(queue, served.id)).toEqual(['due_later', 'no_worker'])
  })

  test('a running job: where, since when, which attempt, and whether its worker is heard of', async ({
    queue,
    start,
    clock,
  }) => {
    const { job } = heldJob()
    const handle = await queue.enqueue(job)
    const worker = await start({ jobs: [job], name: 'mill-1' })
    clock.jump(5_000)
    const { reasons, text } = await queue.explain(handle.id)
    expect(reasons).toMatchObject([
      { code: 'running', facts: { worker: worker.id, runningMs: 5_000, attempt: 1 } },
    ])
    expect(text).toMatch(/^running on worker mill-1 \(.+, process \d+\) since 2026-.*, 5.0s ago, attempt 1$/)
    clock.jump(6_000)
    expect(await codesOf(queue, handle.id)).toEqual(['running', 'worker_silent'])
  })

  test('what went wrong last is told with the rest', async ({ queue, start, clock }) => {
    const { job, run } = heldJob({ backoff: { base: '1m', jitter: 0 } })
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    run().fail(new Error('no route to host'))
    await clock.settle()
    const { reasons } = await queue.explain(handle.id)
    expect(reasons.map(({ code }) => code)).toEqual(['due_later', 'last_error'])
    expect(reasons[1]).toMatchObject({ facts: { kind: 'error', message: 'no route to host', attempt: 1 } })
  })

  test('a suspect says that it runs apart', async ({ queue, start, clock }) => {
    const { job } = heldJob()
    const handle = await queue.enqueue(job)
    await start({ jobs: [job] })
    clock.jump(11_000)
    await start({ jobs: [defineJob({ name: 'test.other', run() {} })], maintenance: true })
    expect(await codesOf(queue, handle.id)).toContain('crashed_before')
  })

  test('a settled job says how it ended', async ({ queue }) => {
    const jobs = {
      done: defineJob({ name: 'test.done', run: () => 1 }),
      skip: defineJob({ name: 'test.skip', run: (_, ctx) => ctx.skip('nothing to do') }),
      fail: defineJob({
        name: 'test.fail',
        run: () => {
          throw new Fatal('no')
        },
      }),
    }
    const [done, skipped, failed] = [
      await queue.enqueue(jobs.done),
      await queue.enqueue(jobs.skip),
      await queue.enqueue(jobs.fail),
    ]
    const cancelled = await queue.enqueue(echo)
    await cancelled.cancel('not wanted')
    await runUntilIdle(queue, { jobs: Object.values(jobs) })
    const texts = await Promise.all(
      [done, skipped, failed, cancelled].map(async ({ id }) => (await queue.explain(id)).text),
    )
    expect(texts).toEqual([
      'complete since 2026-01-01T00:00:00.000Z',
      'skipped: nothing to do',
      `failed as 'error' after 1 attempt(s): no (mend what the error names, then: millhand retry ${failed.id})`,
      `cancelled: not wanted (if it was a mistake: millhand retry ${cancelled.id})`,
    ])
    await expect(queue.explain('nobody')).rejects.toMatchObject({ code: 'job_not_found' })
  })
})

describeStores('looking at jobs', (test) => {
  test('a filter may be as long as what it is compared with, and no longer', async ({ queue }) => {
    const long = '(\\"[*'.repeat(400)
    const fails = defineJob({
      name: 'test.fails',
      run: () => {
        throw new Fatal(long)
      },
    })
    await queue.enqueue(fails)
    await runUntilIdle(queue, { jobs: [fails] })
    const names = Array.from({ length: 9_999 }, (_, index) => `test.other_${index}`)
    expect(
      await queue.count({ error: long, name: [...names, 'test.fails'], queue: [...names, 'default'] }),
    ).toBe(1)
    expect(await queue.count({ state: Array(100_000).fill('failed') })).toBe(1)
    expect(await queue.count({ name: ['x'.repeat(10_000_000), 'test.fails\0'] })).toBe(0)
    const tooMany = [...names, 'one', 'more']
    for (const [filter, expected] of [
      [{ error: `${long}x` }, /'error' is .*, expected a text of 1 to 2000 characters\.$/],
      [{ name: tooMany }, /'name' is .*, expected a text or several, at most 10000\.$/],
      [{ queue: tooMany }, /'queue' is .*, expected a text or several, at most 10000\.$/],
      [{ before: 'x'.repeat(1_000_000) }, /'before' is .*, expected a text of 1 to 100 characters\.$/],
    ] as const) {
      const message = expect.stringMatching(expected)
      await expect(queue.list(filter)).rejects.toMatchObject({ code: 'invalid_option', message })
    }
    await expect(queue.list({ key: 'x'.repeat(1_000_000) })).rejects.toMatchObject({ code: 'invalid_name' })
    await expect(queue.list({ tag: 'x'.repeat(1_000_000) })).rejects.toMatchObject({ code: 'invalid_name' })
  })

  test('stats count by state and by queue, and say how long the oldest waits', async ({
    queue,
    clock,
    start,
  }) => {
    const { job } = heldJob()
    await queue.enqueueMany(job, [1, 2, 3], { queue: 'mail' })
    await queue.enqueue(echo, 4, { delay: '1h' })
    await (await queue.enqueue(echo, 5)).cancel()
    await start({ jobs: [job], concurrency: 2 })
    clock.jump(3_000)
    const stats = await queue.stats()
    expect(stats).toMatchObject({
      ...{ pending: 2, running: 2, cancelled: 1, complete: 0, failed: 0 },
      ...{ scheduled: 1, oldestWaitMs: 3_000, workers: 1, slots: 2, busy: 2 },
    })
    expect(stats.queues).toMatchObject([
      { queue: 'default', pending: 1, scheduled: 1, cancelled: 1, oldestWaitMs: null },
      { queue: 'mail', pending: 1, running: 2, scheduled: 0, oldestWaitMs: 3_000 },
    ])
    const [worker] = await queue.workers()
    expect(worker).toMatchObject({ names: ['test.hold'], queues: null, concurrency: 2, running: 2 })
  })

  test('list filters by everything that it knows, newest first', async ({ queue, clock }) => {
    const fail = defineJob({
      name: 'test.fail',
      retries: 0,
      run: () => {
        throw new Error('disk on fire')
      },
    })
    const ids: Record<string, string> = {}
    const keep = async (name: string, handle: Promise<{ id: string }>) => {
      ids[name] = (await handle).id
    }
    await keep('failed', queue.enqueue(fail))
    await keep('complete', queue.enqueue(echo, 1, { tags: ['a', 'b'], queue: 'mail' }))
    await runUntilIdle(queue, { jobs: [echo, fail] })
    await clock.advance('10m')
    await keep('scheduled', queue.enqueue(echo, 2, { delay: '1h', tags: ['b'] }))
    await keep('keyed', queue.enqueue(echo, 3, { key: 'k' }))
    const names = async (options: Parameters<Queue['list']>[0]) =>
      (await queue.list(options)).map(({ id }) => Object.keys(ids).find((name) => ids[name] === id))

    expect(await names({})).toEqual(['keyed', 'scheduled', 'complete', 'failed'])
    expect(await names({ state: 'failed' })).toEqual(['failed'])
    expect(await names({ state: ['failed', 'complete'] })).toEqual(['complete', 'failed'])
    expect(await names({ name: 'test.fail' })).toEqual(['failed'])
    expect(await names({ name: ['test.fail', 'test.echo'], queue: ['mail'] })).toEqual(['complete'])
    expect(await names({ tag: 'b' })).toEqual(['scheduled', 'complete'])
    expect(await names({ key: 'k' })).toEqual(['keyed'])
    expect(await names({ scheduled: true })).toEqual(['scheduled'])
    expect(await names({ scheduled: false })).toEqual(['keyed'])
    expect(await names({ olderThan: '5m' })).toEqual(['complete', 'failed'])
    expect(await names({ newerThan: '5m' })).toEqual(['keyed', 'scheduled'])
    expect(await names({ error: 'on fire' })).toEqual(['failed'])
    expect(await names({ error: 'FIRE%' })).toEqual([])
    expect(await queue.count({ state: 'pending', tag: 'b' })).toBe(1)
  })

  test('list by a definition is list by its name', async ({ queue }) => {
    await queue.enqueueMany([{ job: echo, input: 1 }, { job: quiet }, { job: echo, input: 2 }])
    expect((await queue.list({ job: echo })).map(({ input }) => input)).toEqual([2, 1])
    expect(await queue.count({ job: { ...quiet } })).toBe(1)
    await expect(queue.list({ job: echo, name: 'test.echo' })).rejects.toThrow(
      /filter: option 'job' is given together with it, expected no 'name' beside it/,
    )
    for (const job of ['test.echo', { name: 'test.echo' }, 5])
      await expect(queue.list({ job: job as never })).rejects.toThrow(/expected a job definition/)
    await expect(queue.count({ job: { ...echo, retries: -1 } })).rejects.toMatchObject({
      code: 'invalid_option',
    })
  })

  test('a job that is asked for with another definition than its own is refused', async ({ queue }) => {
    const handle = await queue.enqueue(echo, 1)
    expect(await queue.get(echo, handle.id)).toEqual(await queue.get(handle.id))
    expect(await queue.get(echo, 'none')).toBeNull()
    const other = { code: 'other_job', facts: { id: handle.id, name: 'test.echo', expected: 'test.quiet' } }
    await expect(queue.get(quiet, handle.id)).rejects.toMatchObject(other)
    const wrong = queue.handle(quiet, handle.id)
    await expect(wrong.get()).rejects.toMatchObject(other)
    await expect(wrong.result()).rejects.toMatchObject(other)
    await expect(wrong.watch().next()).rejects.toMatchObject(other)
    await expect(queue.get('test.echo' as never, handle.id)).rejects.toMatchObject({ code: 'invalid_option' })
    expect(() => queue.handle({ name: 'test.echo' } as never, handle.id)).toThrow(/handle: option 'job' is/)
    await runUntilIdle(queue, { jobs: [echo] })
    expect(await queue.handle(echo, handle.id).result()).toBe(1)
    await expect(queue.handle(echo, 'none').result()).rejects.toMatchObject({ code: 'job_not_found' })
  })

  test('what a handler that returns nothing, and one that skips, come to is undefined', async ({ queue }) => {
    const skipping = defineJob({ name: 'test.skipping', run: (_, ctx) => ctx.skip('nothing to do') })
    const handles = await queue.enqueueMany([{ job: quiet }, { job: skipping }])
    await runUntilIdle(queue, { jobs: [quiet, skipping] })
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([undefined, undefined])
    const [skipped] = await queue.list({ job: skipping, state: 'complete' })
    expect(skipped).toMatchObject({ input: null, outcome: 'skipped' })
    expect(skipped?.output).toBeUndefined()
  })

  test('a walk through pages meets every job once', async ({ queue }) => {
    await queue.enqueueMany(
      echo,
      Array.from({ length: 25 }, (_, index) => index),
    )
    const seen: string[] = []
    for (let before: string | undefined; ; before = seen.at(-1)) {
      const page = await queue.list({ limit: 10, ...(before !== undefined && { before }) })
      if (page.length === 0) break
      seen.push(...page.map(({ id }) => id))
    }
    expect(seen).toEqual((await queue.list()).map(({ id }) => id))
    await expect(queue.list({ before: 'pruned' })).rejects.toMatchObject({ code: 'job_not_found' })
  })

  test('a filter that is empty, or that leaves out what another one asks for, is refused', async ({
    queue,
  }) => {
    for (const filter of [{ name: '' }, { queue: [''] }, { error: '' }, { tag: '' }, { key: '' }]) {
      await expect(queue.count(filter)).rejects.toMatchObject({ code: 'invalid_option' })
    }
    await expect(queue.list({ scheduled: true, state: ['pending', 'failed'] })).rejects.toThrow(
      /'scheduled' is given together with \["pending","failed"\], expected no 'state' beside it but 'pending'/,
    )
    expect(await queue.list({ scheduled: true, state: 'pending' })).toEqual([])
  })

  test('a filter that does not exist, or has the wrong type, is refused', async ({ queue }) => {
    await expect(queue.list({ stat: 'failed' } as never)).rejects.toThrow(
      /list has no option 'stat'. Did you mean 'state'/,
    )
    await expect(queue.list({ state: 'done' as never })).rejects.toThrow(
      /'state' is 'done', expected one or several of/,
    )
    await expect(queue.list({ limit: 0 })).rejects.toThrow(/from 1 to 10000/)
    await expect(queue.count({ limit: 1 } as never)).rejects.toMatchObject({ code: 'unknown_option' })
  })

  test('a listener that throws hurts nobody', async ({ queue }) => {
    const heard: string[] = []
    queue.on('complete', () => {
      throw new Error('broken listener')
    })
    const stop = queue.on('complete', ({ name }) => heard.push(name))
    const handle = await queue.enqueue(echo, 1)
    await runUntilIdle(queue, { jobs: [echo] })
    expect(await handle.result()).toBe(1)
    stop()
    await queue.enqueue(echo, 2)
    await runUntilIdle(queue, { jobs: [echo] })
    expect(heard).toEqual(['test.echo'])
  })
})
