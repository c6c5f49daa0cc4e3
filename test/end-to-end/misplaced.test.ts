import { defineJob, type JobContext, JobWorker, openQueue, Worker } from 'millhand'
import { fromDrizzle, fromKysely, fromPrisma } from 'millhand/postgres'
import { openTestQueue, runJob, runUntilIdle } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { parseInvoke } from '../../src/job/invoke-options.ts'

const work = defineJob({ name: 'test.work', run: () => {} })

/** What a call throws that gets something which its types would not take. */
const refusal = async (call: (anything: never) => unknown, given: unknown) => {
  try {
    return await call(given as never)
  } catch (error) {
    return error
  }
}

test('an option that belongs elsewhere is refused with where that is', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const define = (options: object) => defineJob({ name: 'test.slip', ...options } as never)
  const enqueue = (options: object) => queue.enqueue(work, null, options as never)
  const open = (options: object) => openQueue('memory:', options)
  const start = (options: object) => new Worker(queue, { jobs: [work], ...options })
  const many = (options: object) => queue.enqueueMany([{ job: work, ...options }])
  const ofEach = 'It is of each job: queue.enqueue(job, input, {'
  const ofWorker = 'It is of a worker: new Worker(queue, { jobs,'
  const ofDefinition = 'It is of the definition: defineJob({ name,'
  const slips: [call: (options: object) => unknown, option: string, hint: string][] = [
    [define, 'cron', 'Did you mean queue.schedules.set(name, { job, cron })?'],
    [define, 'schema', "Did you mean 'input'?"],
    [define, 'key', `${ofEach} key }).`],
    [define, 'delay', `${ofEach} delay }).`],
    [
      define,
      'concurrency',
      'Did you mean limits: [{ key: (input) => input.userId, concurrency: 2 }]? It holds in all',
    ],
    [define, 'queues', "Did you mean 'queue'?"],
    [open, 'concurrency', `${ofWorker} concurrency }).`],
    [open, 'retention', `${ofWorker} retention }).`],
    [enqueue, 'backoff', `${ofDefinition} backoff }).`],
    [
      enqueue,
      'concurrency',
      'Did you mean limits: [{ key: (input) => input.userId, concurrency: 2 }]? It holds in all',
    ],
    [start, 'backoff', `${ofDefinition} backoff }).`],
    [start, 'timeout', `${ofDefinition} timeout }).`],
    [start, 'logger', 'It is of the queue: openQueue(store, { logger }).'],
    [many, 'definition', "Did you mean 'job'?"],
    [(options) => queue.list(options as never), 'id', 'By their ids, jobs are read with queue.get'],
    [(options) => queue.matching(options as never), 'ids', 'By their ids, jobs are read with queue.get'],
    [(options) => parseInvoke(options as never), 'key', "Did you mean 'step'? By that, a parent that runs"],
    [(options) => parseInvoke(options as never), 'attempts', "Did you mean 'retries'?"],
    [many, 'key', 'Did you mean options: { key }?'],
  ]
  for (const [call, option, hint] of slips) {
    expect(await refusal(call, { [option]: 1 }), option).toMatchObject({
      code: 'unknown_option',
      message: expect.stringContaining(`has no option '${option}'. ${hint}`),
    })
  }
})

test('what stands for something else says what was expected in its place', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const define = (backoff: never) => defineJob({ name: 'test.slip', backoff })
  const slips: [call: (given: never) => unknown, given: unknown, message: string][] = [
    [
      (given) => openTestQueue(given),
      'memory:',
      "openTestQueue: option 'options' is 'memory:', expected an object",
    ],
    [(given) => openTestQueue(given), null, "openTestQueue: option 'options' is null, expected an object"],
    [(postgres) => openQueue({ postgres }), 'postgres://db', "first argument: openQueue('postgres://…')."],
    [
      (given) => fromDrizzle(given),
      undefined,
      "fromDrizzle: option 'tx' is undefined, expected what db.transac",
    ],
    [
      (given) => fromKysely(given),
      {},
      "fromKysely: option 'tx' is {}, expected what db.transaction().execute",
    ],
    [(given) => fromPrisma(given), {}, "fromPrisma: option 'tx' is {}, expected what prisma.$transaction"],
    [define, { base: '1h', max: '5m' }, "Its base of '1h' is longer than its max of '5m'."],
    [(key) => queue.enqueue(work, null, { key }), '', "option 'key' is '', expected a text of 1 to "],
    [
      (requires) => defineJob({ name: 'test.slip', requires }),
      Array.from({ length: 11 }, (_, index) => `word-${index}`),
      "option 'requires' is a list of 11, expected at most 10 of them",
    ],
    [
      (retention) => new Worker(queue, { jobs: [work], retention }),
      '7d',
      'an object with complete, failed, cancelled and stats',
    ],
    [(tag) => queue.list({ tag }), '', "option 'tag' is '', expected a text that is not empty"],
    [(given) => queue.get(given), work, "Given was the definition of 'test.work' alone: get(job, id)."],
  ]
  for (const [call, given, message] of slips) {
    expect(await refusal(call, given), message).toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(message),
    })
  }
})

test('what is passed on as options is refused where it can hold none, not taken for no options', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  class Mill extends JobWorker {
    protected getWorkerName = () => 'mill'
    protected canProcessJob = () => true
    protected executeJob = async () => {}
  }
  const { proxy, revoke } = Proxy.revocable({}, {})
  revoke()
  const enqueues = async (options: never) => {
    const job = defineJob({
      name: 'test.enqueues',
      retries: 0,
      run: (_, ctx) => ctx.enqueue(work, null, options),
    })
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    await handle.result().catch(({ facts: { message } }) => Promise.reject(new Error(message)))
  }
  for (const given of [new Date(0), new Map(), work, proxy] as never[]) {
    const message = expect.stringMatching(/option 'options' is .*, expected an object/)
    expect(await refusal(openTestQueue, given)).toMatchObject({ message })
    expect(await refusal((options) => new Mill(queue, options), given)).toMatchObject({ message })
    expect(await refusal((options) => runUntilIdle(queue, options), given)).toMatchObject({ message })
    expect(await refusal(enqueues, given)).toMatchObject({ message })
  }
})

test('what is given by names is refused where it holds none by them: a Map would be taken as empty', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const calls: readonly ((given: never) => unknown)[] = [
    (queues) => openTestQueue({ queues }),
    (weights) => openTestQueue({ queues: { mail: { order: 'weighted', weights } } }),
    (roles) => new Worker(queue, { jobs: [work], roles }),
    (schedules) => new Worker(queue, { jobs: [work], schedules }),
  ]
  for (const call of calls)
    for (const given of [new Map(), new Date(0), []])
      expect(await refusal(call, given)).toMatchObject({ code: 'invalid_option' })
})

test('a context that is a list is refused, and none that holds nothing by names is lost on its way', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const inHandler = async (context: never) => {
    const run = (_: unknown, ctx: JobContext) => ctx.enqueue(work, null, { context })
    const { outcome } = await runJob(defineJob({ name: 'test.enqueues', retries: 0, run }))
    return 'error' in outcome ? outcome.error : outcome
  }
  const calls: readonly ((context: never) => unknown)[] = [
    (context) => queue.enqueue(work, null, { context }),
    (context) => queue.schedules.set('nightly', { job: work, every: '1h', context }),
    (context) => runJob(work, null, { context }),
    inHandler,
  ]
  for (const call of calls) {
    expect(await refusal(call, ['user'])).toMatchObject({ code: 'invalid_option' })
    expect(await refusal(call, new Map())).toMatchObject({ code: 'not_serialisable' })
  }
})

test('a definition in place of options is refused with the option that takes it', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const slips: [call: (given: never) => unknown, hint: string][] = [
    [(given) => queue.list(given), 'Did you mean { job }?'],
    [(given) => queue.count(given), 'Did you mean { job }?'],
    [(given) => queue.subscribe(given), 'Did you mean { name: job.name }?'],
    [(given) => new Worker(queue, given), 'Did you mean { jobs: [job] }?'],
    [(given) => runUntilIdle(queue, given), 'Did you mean { jobs: [job] }?'],
    [(given) => openQueue('memory:', given), 'Did you mean { jobs: [job] }?'],
    [(given) => queue.schedules.set('nightly', given), 'Did you mean { job }?'],
    [(given) => queue.enqueue(work, null, given), 'expected an object with any of these: queue, '],
  ]
  for (const [call, hint] of slips) {
    const error = await refusal(call, work)
    expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringContaining(hint) })
    expect(error).toMatchObject({ message: expect.stringContaining("is the definition of 'test.work', exp") })
  }
})

test('a definition is shown as one in whatever is refused', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const shown = "the definition of 'test.work'"
  const slips: [call: (given: never) => unknown, given: unknown, message: string][] = [
    [(given) => queue.get(given, work as never), work, `'id' is ${shown}`],
    [(given) => queue.list({ name: given }), work, `'name' is ${shown}`],
    [(given) => queue.enqueue(work, null, { tags: given }), [work], `'tags' is ["${shown}"]`],
    [(given) => queue.cancel(given), { job: work }, `'ids' is {"job":"${shown}"}`],
  ]
  for (const [call, given, message] of slips)
    expect(await refusal(call, given)).toMatchObject({ message: expect.stringContaining(message) })
})

test('a schedule without the input that its job needs is refused with its name, and says that it has none', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const needy = defineJob({ name: 'test.needy', input: z.object({ page: z.number() }) })
  expect(
    await refusal(() => queue.schedules.set('nightly', { job: needy, every: '1h' } as never), needy),
  ).toMatchObject({
    code: 'invalid_input',
    message: expect.stringMatching(
      /^Schedule 'nightly' has no 'input', which its job needs\. The input of job /,
    ),
  })
})
