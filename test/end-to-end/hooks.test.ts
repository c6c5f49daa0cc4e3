import { AsyncLocalStorage } from 'node:async_hooks'
import { defineJob, type EnqueueHook, Fatal, type JobContext, type RunHook, Worker } from 'millhand'
import { openTestQueue, runUntilIdle } from 'millhand/testing'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { throughHooks } from '../../src/worker/hooked.ts'
import { parseWorkerOptions } from '../../src/worker/options.ts'
import { describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', input: z.number(), retries: 0, run: (input) => input })

/** A hook that writes down what it sees before and after. */
function telling(told: string[], name: string): EnqueueHook & RunHook {
  return async (_: unknown, next: () => Promise<unknown>) => {
    told.push(`${name} before`)
    await next().then(
      (result) => told.push(`${name} after ${JSON.stringify(result)}`),
      (error) => told.push(`${name} after ${error.message}`),
    )
  }
}

/** Does what it must, and waits for nothing. */
const careless: EnqueueHook & RunHook = (_: unknown, next: () => Promise<unknown>) => void next()
const silent: EnqueueHook & RunHook = () => 'done'
const twice: EnqueueHook & RunHook = async (_: unknown, next: () => Promise<unknown>) => {
  await next()
  await next().catch(() => {})
}

describeStores('aroundEnqueue', (test) => {
  test('a hook changes input and options before they are checked, and sees the result', async ({ open }) => {
    const seen: unknown[] = []
    const change: EnqueueHook = async ({ job, input, options }, next) => {
      const context = { ...options.context, trace: job.name }
      seen.push(await next({ input: Number(input) + 1, options: { ...options, context, tags: ['hooked'] } }))
    }
    const queue = await open({ aroundEnqueue: [change] })
    const job = await queue.enqueue(echo, 1, { context: { user: 'ada' }, key: 'one' })
    const again = await queue.enqueue(echo, 1, { key: 'one' })
    expect(await job.get()).toMatchObject({
      input: 2,
      context: { user: 'ada', trace: 'test.echo' },
      tags: ['hooked'],
    })
    expect(seen).toEqual([
      { id: job.id, existed: false },
      { id: again.id, existed: true },
    ])
  })

  test('what a hook passes to next that is none of what it may change is refused', async ({ open }) => {
    const other = defineJob({ name: 'test.other' })
    const slips: [changes: unknown, code: string, message: string][] = [
      [{ tags: ['x'] }, 'unknown_option', "next has no option 'tags'"],
      [{ inptu: 3 }, 'unknown_option', "Did you mean 'input'?"],
      ['x', 'invalid_option', "'x', expected an object with any of these: input, options"],
      [{ options: ['x'] }, 'invalid_option', 'expected an object of options of enqueue'],
      [{ job: other }, 'invalid_option', 'expected left out'],
    ]
    let passed: unknown
    const queue = await open({ aroundEnqueue: [(_, next) => next(passed as object)] })
    for (const [changes, code, message] of slips) {
      passed = changes
      const refused = { code, message: expect.stringContaining(message) }
      await expect(queue.enqueue(echo, 1)).rejects.toMatchObject(refused)
      await expect(queue.enqueueMany([{ job: echo, input: 1 }])).rejects.toMatchObject(refused)
    }
    expect(await queue.count()).toBe(0)
  })

  test('a hook may pass on the whole call', async ({ open }) => {
    const queue = await open({ aroundEnqueue: [(call, next) => next({ ...call, input: 2 })] })
    expect(await (await queue.enqueue(echo, 1)).get()).toMatchObject({ input: 2 })
  })

  test('the first hook is the outermost', async ({ open }) => {
    const told: string[] = []
    const queue = await open({ aroundEnqueue: [telling(told, 'first'), telling(told, 'second')] })
    await queue.enqueue(echo, 1)
    expect(told.map((line) => line.split(' ').slice(0, 2).join(' '))).toEqual([
      ...['first before', 'second before', 'second after', 'first after'],
    ])
  })

  test('a hook that throws keeps the job from being stored', async ({ open }) => {
    const queue = await open({ aroundEnqueue: [() => Promise.reject(new Error('not you'))] })
    await expect(queue.enqueue(echo, 1)).rejects.toThrow('not you')
    await expect(queue.enqueueMany(echo, [1, 2])).rejects.toThrow('not you')
    expect(await queue.count()).toBe(0)
  })

  test('what a hook passes on is stored as it is then, of each job of many', async ({ open }) => {
    const shared = { number: 0 }
    const reuse: EnqueueHook = async ({ input }, next) => {
      shared.number = Number(input)
      await next({ input: shared })
    }
    const queue = await open({ aroundEnqueue: [reuse] })
    await queue.enqueueMany(defineJob({ name: 'test.object', run() {} }), [1, 2, 3])
    expect((await queue.list()).map(({ input }) => input)).toEqual([
      { number: 3 },
      { number: 2 },
      { number: 1 },
    ])
  })

  test('each job of many passes through, and all are stored or none', async ({ open }) => {
    const seen: unknown[] = []
    const check: EnqueueHook = async ({ input }, next) => {
      if (input === 3) throw new Error('no threes')
      seen.push(await next({ input: Number(input) * 10 }))
    }
    const queue = await open({ aroundEnqueue: [check] })
    const jobs = await queue.enqueueMany(echo, [1, 2])
    expect(seen).toEqual(jobs.map(({ id }) => ({ id, existed: false })))
    expect((await queue.list()).map(({ input }) => input)).toEqual([20, 10])
    await expect(queue.enqueueMany(echo, [4, 3, 5])).rejects.toThrow('no threes')
    await expect(
      queue.enqueueMany([
        { job: echo, input: 6 },
        { job: echo, input: Number.NaN },
      ]),
    ).rejects.toMatchObject({ code: 'invalid_input', facts: { index: 1 } })
    expect(await queue.count()).toBe(2)
    expect(await queue.enqueueMany([])).toEqual([])
  })

  test('jobs that a handler enqueues, and those that only a worker knows, pass through too', async ({
    open,
    start,
  }) => {
    const names: string[] = []
    const note: EnqueueHook = ({ job }, next) => {
      names.push(job.name)
      return next()
    }
    const queue = await open({ aroundEnqueue: [note] })
    const parent = defineJob({
      name: 'test.parent',
      run: async (_: unknown, ctx) => void (await ctx.enqueue(echo, 1)),
    })
    await start({ jobs: [parent, echo] }, queue)
    await (await queue.enqueue('test.parent', null)).result()
    expect(names).toEqual(['test.parent', 'test.echo'])
  })
})

describeStores('aroundRun', (test) => {
  test('a hook sees the job, its context and what the handler returned', async ({ queue }) => {
    const seen: unknown[] = []
    const look: RunHook = async ({ job, input, ctx }, next) => {
      seen.push(job.name, input, ctx.attempt, ctx.context, await next())
    }
    const job = await queue.enqueue(echo, 7, { context: { user: 'ada' } })
    await runUntilIdle(queue, { jobs: [echo], aroundRun: [look] })
    expect(seen).toEqual(['test.echo', 7, 1, { user: 'ada' }, 7])
    expect(await job.result()).toBe(7)
  })

  test('the first hook is the outermost, and what they return does not count', async ({ queue }) => {
    const told: string[] = []
    const job = await queue.enqueue(echo, 7)
    const aroundRun = [telling(told, 'first'), telling(told, 'second')]
    await runUntilIdle(queue, { jobs: [echo], aroundRun })
    expect(told).toEqual(['first before', 'second before', 'second after 7', 'first after 7'])
    expect(await job.result()).toBe(7)
  })

  test('a hook that throws counts as the handler: it is retried by its policy', async ({ queue }) => {
    const ran: number[] = []
    const job = defineJob({ name: 'test.run', retries: 1, run: (_, ctx) => void ran.push(ctx.attempt) })
    const refuse: RunHook = async ({ ctx }, next) => {
      if (ctx.attempt === 1) throw new Error('not yet')
      await next()
      throw new Fatal('not at all')
    }
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job], aroundRun: [refuse] })
    expect(ran).toEqual([2])
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      errors: [{ message: 'not yet' }, { message: 'not at all' }],
    })
  })

  test('what a handler asked for with ctx reaches the worker through the hooks', async ({ queue }) => {
    const fates: ((ctx: JobContext) => unknown)[] = [
      (ctx) => ctx.skip('nothing to do'),
      (ctx) => ctx.fail({ message: 'declared' }),
    ]
    const jobs = fates.map((run, index) =>
      defineJob({ name: `test.fate_${index}`, retries: 0, run: (_: unknown, ctx) => run(ctx) }),
    )
    const [skipped, failed] = await Promise.all(jobs.map((job) => queue.enqueue(job)))
    await runUntilIdle(queue, { jobs, aroundRun: [careless] })
    expect(await skipped?.get()).toMatchObject({ outcome: 'skipped', reason: 'nothing to do' })
    expect(await failed?.get()).toMatchObject({ state: 'failed', failure: { message: 'declared' } })
  })
})

test('a hook that catches what the handler throws does not make the job complete', async () => {
  const { queue } = await openTestQueue()
  const told: string[] = []
  const job = defineJob({ name: 'test.fail', retries: 0, run: () => Promise.reject(new Error('broken')) })
  const handle = await queue.enqueue(job)
  await runUntilIdle(queue, { jobs: [job], aroundRun: [telling(told, 'hook')] })
  expect(told).toEqual(['hook before', 'hook after broken'])
  expect(await handle.get()).toMatchObject({ state: 'failed', failure: { message: 'broken' } })
  await queue.close()
})

test('a handler, and what it calls, is in the scope that a hook has entered', async () => {
  const { queue } = await openTestQueue()
  const scope = new AsyncLocalStorage<string>()
  const enter: RunHook = ({ job }, next) => scope.run(job.id, next)
  const job = defineJob({ name: 'test.scope', run: async () => scope.getStore() })
  const handles = await queue.enqueueMany(job, [1, 2])
  await runUntilIdle(queue, { jobs: [job], aroundRun: [enter] })
  expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(handles.map(({ id }) => id))
  await queue.close()
})

test('what a hook around a run passes to next changes nothing', async () => {
  const { definitions } = parseWorkerOptions({ jobs: [echo] })
  const seen: unknown[] = []
  const hooks: RunHook[] = [
    (_, next) => (next as (span: object) => Promise<unknown>)({ input: 3 }),
    ({ input }, next) => {
      seen.push(input)
      return next()
    },
  ]
  const hooked = throughHooks(definitions, hooks).get('test.echo')
  expect(await hooked?.run(1 as never, { signal: new AbortController().signal } as never)).toBe(1)
  expect(seen).toEqual([1])
})

test('a hook that does not wait changes nothing', async () => {
  const { queue } = await openTestQueue({ aroundEnqueue: [careless] })
  const job = await queue.enqueue(echo, 7)
  await runUntilIdle(queue, { jobs: [echo], aroundRun: [careless] })
  expect(await job.result()).toBe(7)
  await queue.close()
})

test.each([
  ['never', silent, 'was not called'],
  ['twice', twice, 'was called again'],
])('a hook that calls next %s is an error, which names it', async (_, hook, how) => {
  const { name } = hook
  const { queue } = await openTestQueue({ aroundEnqueue: [hook] })
  const where = 'aroundEnqueue'
  const misused = { code: 'next_misused', facts: { hook: name, where, how } }
  await expect(queue.enqueue(echo, 1)).rejects.toMatchObject(misused)
  await expect(queue.enqueueMany(echo, [1])).rejects.toMatchObject(misused)
  await queue.close()

  const plain = await openTestQueue()
  const job = await plain.queue.enqueue(echo, 1)
  await runUntilIdle(plain.queue, { jobs: [echo], aroundRun: [hook] })
  expect(await job.get()).toMatchObject({ state: 'failed', failure: { code: 'next_misused' } })
  await plain.queue.close()
})

test('a hook that has no name is not given one', async () => {
  const { queue } = await openTestQueue({ aroundEnqueue: [() => {}] as never })
  await expect(queue.enqueue(echo, 1)).rejects.toThrow(
    /^A hook of aroundEnqueue is wrong: next\(\) was not called/,
  )
  await queue.close()
})

test('a handler does not begin when its attempt was aborted while a hook waited', async () => {
  const { queue, clock } = await openTestQueue()
  const ran: number[] = []
  const run = (_: unknown, ctx: JobContext) => void ran.push(ctx.attempt)
  const job = defineJob({ name: 'test.late', retries: 0, timeout: '1s', run })
  const wait: RunHook = async ({ ctx }, next) => {
    await new Promise((resolve) => ctx.signal.addEventListener('abort', resolve))
    await next()
  }
  const handle = await queue.enqueue(job)
  const worker = new Worker(queue, { jobs: [job], aroundRun: [wait] })
  await worker.start()
  await clock.advance('1s')
  expect(await handle.get()).toMatchObject({ state: 'failed', failure: { kind: 'timeout' } })
  expect(ran).toEqual([])
  await worker.stop()
  await queue.close()
})

test('a fallback is inside of the hooks as well', async () => {
  const { queue } = await openTestQueue({ jobs: [echo] })
  const told: string[] = []
  const job = await queue.enqueue('test.echo', 7)
  await runUntilIdle(queue, { fallback: (input) => input, aroundRun: [telling(told, 'hook')] })
  expect(told).toEqual(['hook before', 'hook after 7'])
  expect(await job.result()).toBe(7)
  await queue.close()
})

test('without hooks there is nothing between a worker and its handlers', () => {
  const { definitions, aroundRun } = parseWorkerOptions({ jobs: [echo], aroundRun: [] })
  expect(throughHooks(definitions, aroundRun).get('test.echo')).toBe(echo)
})

test('what other systems call it is refused with what it is called here', async () => {
  const { queue } = await openTestQueue()
  const options = { jobs: [echo], middleware: [careless] }
  expect(() => new Worker(queue, options)).toThrow("Did you mean 'aroundRun'?")
  await expect(openTestQueue({ middleware: [] } as object)).rejects.toThrow("Did you mean 'aroundEnqueue'?")
  await queue.close()
})
