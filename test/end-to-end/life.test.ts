import { defineJob, type EventName, type Job, RetryAfter, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { describeStores } from '../support/stores.ts'

const count = defineJob({
  name: 'text.count_words',
  input: z.object({ text: z.string() }),
  output: z.object({ words: z.number() }),
  run: ({ text }) => ({ words: text.split(' ').length }),
})

const note = (ran: string[]) =>
  defineJob({ name: 'test.note', input: z.string(), run: (input) => void ran.push(input) })

describeStores('the life of a job', (test) => {
  test('it is pending, running, and complete with its output', async ({ queue, clock, start }) => {
    const states: Job['state'][] = []
    const look = defineJob({
      name: 'test.look',
      async run(_, ctx) {
        states.push((await queue.get(ctx.job.id))?.state ?? 'failed')
        return 'seen'
      },
    })
    const job = await queue.enqueue(look)
    states.push((await job.get()).state)
    await start({ jobs: [look] })

    expect(await job.result()).toBe('seen')
    expect([...states, (await job.get()).state]).toEqual(['pending', 'running', 'complete'])
    expect(await job.get()).toMatchObject({
      name: 'test.look',
      queue: 'default',
      input: null,
      output: 'seen',
      outcome: 'done',
      attempt: 1,
      epoch: 1,
      createdAt: new Date(clock.now()),
      finishedAt: new Date(clock.now()),
    })
  })

  test('the result is what the output schema says, in type and value', async ({ queue }) => {
    const job = await queue.enqueue(count, { text: 'a quick brown fox' })
    await runUntilIdle(queue, { jobs: [count] })
    const { words }: { words: number } = await job.result()
    expect(words).toBe(4)
  })

  test('a schema may change what the handler gets; the job keeps what was passed', async ({ queue }) => {
    const seen: unknown[] = []
    const trim = defineJob({
      name: 'test.trim',
      input: z.object({ text: z.string().trim(), times: z.number().default(2) }),
      output: z.string().toUpperCase(),
      run({ text, times }) {
        seen.push(text, times)
        return text.repeat(times)
      },
    })
    const job = await queue.enqueue(trim, { text: ' ab ' })
    await runUntilIdle(queue, { jobs: [trim] })
    expect(seen).toEqual(['ab', 2])
    expect(await job.result()).toBe('ABAB')
    expect((await job.get()).input).toEqual({ text: ' ab ' })
  })

  test('an input that may be left out is undefined at the worker too', async ({ queue }) => {
    const seen: Record<string, unknown> = {}
    const options = {
      maybe: z.string().optional(),
      defaulted: z.string().default('x'),
      nullable: z.string().nullish(),
    }
    const jobs = Object.entries(options).map(([name, input]) =>
      defineJob({ name: `test.${name}`, input, run: (value) => void Object.assign(seen, { [name]: value }) }),
    )
    for (const job of jobs) await queue.enqueue(job)
    await runUntilIdle(queue, { jobs })
    expect(seen).toStrictEqual({ maybe: undefined, defaulted: 'x', nullable: null })
  })

  test('each step is told as an event, in order', async ({ queue }) => {
    const told: EventName[] = []
    const names = ['enqueue', 'claim', 'start', 'complete', 'worker_start', 'worker_stop'] as const
    for (const name of names) queue.on(name, () => told.push(name))
    await queue.enqueue(count, { text: 'one' })
    const worker = new Worker(queue, { jobs: [count] })
    expect(await worker.runUntilIdle()).toBe(1)
    expect(told).toEqual(['enqueue', 'claim', 'start', 'complete'])
  })

  test('higher priority runs first, then the order of arrival', async ({ queue }) => {
    const ran: string[] = []
    const job = note(ran)
    await queue.enqueue(job, 'first of the ordinary')
    await queue.enqueue(job, 'second of the ordinary')
    await queue.enqueue(job, 'low', { priority: -1 })
    await queue.enqueue(job, 'high', { priority: 5 })
    await runUntilIdle(queue, { jobs: [job], concurrency: 1 })
    expect(ran).toEqual(['high', 'first of the ordinary', 'second of the ordinary', 'low'])
  })

  test('a delayed job runs when it is due and not before', async ({ queue, clock, start }) => {
    const ran: string[] = []
    const job = note(ran)
    await queue.enqueue(job, 'in a minute', { delay: '1m' })
    await queue.enqueue(job, 'at a time', { runAt: new Date(clock.now() + 30_000) })
    await queue.enqueue(job, 'long due', { runAt: new Date(0) })
    await start({ jobs: [job] })
    expect(ran).toEqual(['long due'])
    await clock.advance(30_000 - 1)
    expect(ran).toEqual(['long due'])
    await clock.advance(1)
    expect(ran).toEqual(['long due', 'at a time'])
    await clock.advance('1m')
    expect(ran).toEqual(['long due', 'at a time', 'in a minute'])
  })

  test('a fraction of a millisecond is no trouble', async ({ queue, clock }) => {
    const job = defineJob({
      name: 'test.fraction',
      retries: 1,
      backoff: { base: 1.5, jitter: 0.3 },
      run(_, ctx) {
        if (ctx.job.epoch === 1) throw new RetryAfter('0.0005s')
        return ctx.job.epoch === 2 ? ctx.snooze(0.4) : 'done'
      },
    })
    const handle = await queue.enqueue(job, null, { delay: 0.6, expiresIn: '1.23456s' })
    await clock.advance(1)
    await runUntilIdle(queue, { jobs: [job] })
    expect(await handle.result()).toBe('done')
  })

  test('a job that nobody starts in time fails as expired', async ({ queue, clock, start }) => {
    const ran: string[] = []
    const job = note(ran)
    const late = await queue.enqueue(job, 'late', { expiresIn: '10s' })
    const inTime = await queue.enqueue(job, 'in time', { expiresIn: '20s' })
    await clock.advance('10s')
    await start({ jobs: [job] })
    await clock.advance('10s')
    expect(ran).toEqual(['in time'])
    expect((await inTime.get()).state).toBe('complete')
    expect(await late.get()).toMatchObject({ state: 'failed', attempt: 0, failure: { kind: 'expired' } })
    await expect(late.result()).rejects.toMatchObject({ code: 'job_failed', facts: { kind: 'expired' } })
  })

  test('while a job with a key is unfinished, enqueueing gives that one', async ({ queue }) => {
    const job = note([])
    const first = await queue.enqueue(job, 'a', { key: 'k' })
    const again = await queue.enqueue(job, 'b', { key: 'k' })
    const [, other] = await queue.enqueueMany(job, ['c', 'd'], { key: 'l' })
    expect([first.existed, again.existed, other?.existed]).toEqual([false, true, true])
    expect(again.id).toBe(first.id)
    expect(await queue.count()).toBe(2)

    await runUntilIdle(queue, { jobs: [job] })
    const fresh = await queue.enqueue(job, 'e', { key: 'k' })
    expect(fresh.existed).toBe(false)
    expect(fresh.id).not.toBe(first.id)
  })

  test('many jobs at once: inputs of one definition, or items that name theirs', async ({ open }) => {
    const ran: string[] = []
    const job = note(ran)
    const queue = await open({ jobs: [count] })
    const handles = await queue.enqueueMany(job, ['a', 'b'], { tags: ['bulk'] })
    await queue.enqueueMany([
      { job, input: 'c', options: { priority: 1 } },
      { job: 'text.count_words', input: { text: 'by name' } },
    ])
    expect(await queue.enqueueMany([])).toEqual([])
    expect(await runUntilIdle(queue, { jobs: [job, count], concurrency: 1 })).toBe(4)
    expect(ran).toEqual(['c', 'a', 'b'])
    expect((await handles[0]?.get())?.tags).toEqual(['bulk'])
  })

  test('of many jobs, one that is refused refuses all', async ({ queue }) => {
    await expect(queue.enqueueMany(note([]), ['a', 7 as never, 'c'])).rejects.toMatchObject({
      code: 'invalid_input',
    })
    expect(await queue.count()).toBe(0)
  })

  test('enqueues side by side all get their own job', async ({ queue }) => {
    const job = note([])
    const handles = await Promise.all(
      Array.from({ length: 2_500 }, (_, index) => queue.enqueue(job, `${index}`)),
    )
    expect(new Set(handles.map(({ id }) => id)).size).toBe(2_500)
    const last = handles.at(-1)
    expect((await last?.get())?.input).toBe('2499')
    expect(handles.map(({ id }) => id)).toEqual(handles.map(({ id }) => id).sort())
  })

  test('runOnce runs one claim, runUntilIdle all that is due', async ({ queue, clock }) => {
    const ran: string[] = []
    const job = note(ran)
    await queue.enqueueMany(job, ['a', 'b', 'c', 'd', 'e'])
    await queue.enqueue(job, 'later', { delay: '1m' })
    const worker = new Worker(queue, { jobs: [job], concurrency: 2 })
    expect(await worker.runOnce()).toBe(2)
    expect(await worker.runUntilIdle()).toBe(3)
    expect([await worker.runOnce(), await worker.runUntilIdle()]).toEqual([0, 0])
    await clock.advance('1m')
    expect(await worker.runOnce()).toBe(1)
    expect(ran).toEqual(['a', 'b', 'c', 'd', 'e', 'later'])
    expect(await queue.workers()).toEqual([])
  })

  test('an idle run can be ended early: what runs ends, the rest stays', async ({ queue }) => {
    const enough = new AbortController()
    const spec = defineJob({ name: 'test.endless' })
    const job = spec.handle(async (_, ctx) => {
      await ctx.enqueue(spec)
      enough.abort()
    })
    await queue.enqueue(job)
    await new Worker(queue, { jobs: [job] }).runUntilIdle({ signal: enough.signal })
    expect(await queue.count({ state: 'running' })).toBe(0)
    expect(await queue.count({ state: 'pending' })).toBeGreaterThan(0)
  })
})
