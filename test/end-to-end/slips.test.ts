import { defineJob, type JobContext, openQueue, Worker } from 'millhand'
import { expectEnqueued, openTestQueue, runUntilIdle, virtualClock } from 'millhand/testing'
import { expect, onTestFinished, test } from 'vitest'

const work = defineJob({ name: 'test.work', run: () => {} })

/** What a call throws that gets something which its types would not take. */
const refusal = async (call: (anything: never) => unknown, given: unknown) => {
  try {
    return await call(given as never)
  } catch (error) {
    return error
  }
}

test('a choice that there is not is refused with the nearest one', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const slips: [(given: never) => unknown, unknown, string][] = [
    [(state) => queue.list({ state }), 'completed', "Did you mean 'complete'?"],
    [(state) => queue.count({ state }), ['failed', 'canceled'], "Did you mean 'cancelled'?"],
    [(state) => queue.list({ state }), 'done', "Did you mean 'complete'?"],
    [(state) => queue.count({ state }), 'waiting', "Did you mean 'pending'?"],
    [(state) => queue.list({ state }), 'constructor', 'expected one or several of'],
    [(name) => queue.on(name, () => {}), 'completed', "Did you mean 'complete'?"],
    [(kind) => defineJob({ name: 'test.slip', backoff: { kind } }), 'exp', "Did you mean 'exponential'?"],
    [
      (base) => defineJob({ name: 'test.slip', backoff: { base } }),
      '5 minutes',
      "Its base is '5 minutes', expected a duration",
    ],
    [
      (bas) => defineJob({ name: 'test.slip', backoff: { bas } as never }),
      '5s',
      "It has no 'bas'. Did you mean 'base'?",
    ],
    [
      (factor) => defineJob({ name: 'test.slip', backoff: { factor } }),
      0.5,
      'expected a number of 1 or more',
    ],
    [(by) => queue.stats({ by }), 'nam', "Did you mean 'name'?"],
  ]
  for (const [call, given, hint] of slips) {
    const error = await refusal(call, given)
    expect(error).toMatchObject({ code: 'invalid_option', message: expect.stringContaining(hint) })
  }
})

test('a state or an event of another queue is refused with what it is called here', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const states = {
    pending: ['wait', 'waiting', 'delayed', 'created', 'queued', 'scheduled', 'available', 'retrying'],
    running: ['active', 'Active', 'stalled', 'processing'],
    complete: ['completed', 'success', 'succeeded', 'done'],
    failed: ['error', 'errored', 'dead', 'FAILED'],
    cancelled: ['canceled', 'aborted'],
  }
  for (const [state, names] of Object.entries(states)) {
    for (const name of names) {
      const message = expect.stringContaining(`Did you mean '${state}'?`)
      expect(await refusal((given) => queue.list({ state: given }), name), name).toMatchObject({ message })
      expect(await refusal((given) => queue.count({ state: given }), ['failed', name])).toMatchObject({
        message,
      })
    }
  }
  const events = { added: 'enqueue', active: 'start', success: 'complete', error: 'fail', stalled: 'rescue' }
  for (const [given, event] of Object.entries(events)) {
    const message = expect.stringContaining(`Did you mean '${event}'?`)
    expect(await refusal((name) => queue.on(name, () => {}), given)).toMatchObject({ message })
  }
})

test('a queue that was not awaited is said to be a promise, wherever a queue is taken', async () => {
  const promise = openQueue('memory:')
  const calls: ((queue: never) => unknown)[] = [
    (queue) => new Worker(queue, { jobs: [work] }),
    (queue) => runUntilIdle(queue, { jobs: [work] }),
    (queue) => expectEnqueued(queue, work),
  ]
  for (const call of calls) {
    const error = await refusal(call, promise)
    expect(error).toMatchObject({
      code: 'invalid_option',
      message: expect.stringMatching(/'queue' is a promise, expected .*const queue = await openQueue/),
    })
  }
  await (await promise).close()
})

test('what enqueueMany does not take is refused with the index of its item, and nothing is stored', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const fine = { job: work }
  const at1 = 'The item at index 1 of enqueueMany'
  const slips: [given: unknown[], message: string][] = [
    [[[fine, { job: work, option: { key: 'a' } }]], `${at1} has no option 'option'. Did you mean 'options'?`],
    [[[fine, { jobb: work }]], `${at1} has no option 'jobb'. Did you mean 'job'?`],
    [[[fine, {}]], `${at1}: option 'job' is undefined, expected a job definition`],
    [
      [[fine, work]],
      `${at1}: option 'item' is the definition of 'test.work', expected an object with the definition as its 'job'. Did you mean { job, input }?`,
    ],
    [[[fine, 5]], `${at1}: option 'item' is 5, expected an object with job, input and options`],
    [
      [[fine, { ...fine, options: { prioritty: 1 } }]],
      `${at1} has no option 'prioritty'. Did you mean 'prio`,
    ],
    [[[fine, { ...fine, options: { priority: 'x' } }]], `${at1}: option 'priority' is 'x'`],
    [[[fine, { ...fine, options: 0 }]], `${at1}: option 'options' is 0`],
    [[[fine, { ...fine, options: { queue: '?' } }]], 'The queue name of the item at index 1 '],
    [[[fine, { ...fine, options: { context: { at: 1n } } }]], 'The context of the item at index 1 '],
    [[[fine], { key: 'a' }], 'enqueueMany: option \'inputs\' is {"key":"a"}, expected nothing beside a list'],
    [[work], "enqueueMany: option 'inputs' is undefined, expected a list"],
    [[], "enqueueMany: option 'items' is undefined, expected a list"],
    [[{}, []], "enqueueMany: option 'job' is {}, expected a job definition"],
    [[work, [], { prioritty: 1 }], "enqueueMany has no option 'prioritty'. Did you mean 'priority'?"],
    [[work, [1], 5], "enqueueMany: option 'options' is 5"],
  ]
  const call = (given: never) => Reflect.apply(queue.enqueueMany, queue, given)
  for (const [given, message] of slips) {
    const error = await refusal(call, given)
    expect(error).toMatchObject({ message: expect.stringContaining(message) })
  }
  expect(await queue.count()).toBe(0)
  expect(await queue.enqueueMany(work, [1, 2], { delay: '1h', tags: ['a'] })).toHaveLength(2)
  expect(await queue.count({ tag: 'a', scheduled: true })).toBe(2)
})

test('the reason of a cancel is a text, and what is none is refused before anything is cancelled', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const handle = await queue.enqueue(work)
  const calls: ((reason: never) => unknown)[] = [
    (reason) => handle.cancel(reason),
    (reason) => queue.cancel(handle.id, reason),
    (reason) => queue.cancel([handle.id], reason),
  ]
  for (const call of calls) {
    for (const reason of [{ reason: 'x' }, { reson: 'x' }, null, 5, ['x']]) {
      expect(await refusal(call, reason)).toMatchObject({
        code: 'invalid_option',
        message: expect.stringMatching(/^cancel: option 'reason' is .*, expected a text/),
      })
    }
  }
  expect(await handle.get()).toMatchObject({ state: 'pending' })
})

test('the options of a watch are checked, as those of subscribe are', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const watch = queue.handle('nobody').watch.bind(queue.handle('nobody'))
  const slips: [given: unknown, code: string, message: string][] = [
    [{ signall: 1 }, 'unknown_option', "watch has no option 'signall'. Did you mean 'signal'?"],
    [{ signal: 1 }, 'invalid_option', "watch: option 'signal' is 1, expected an AbortSignal"],
    [5, 'invalid_option', "watch: option 'options' is 5"],
  ]
  for (const [given, code, message] of slips) {
    expect(await refusal(watch, given)).toMatchObject({ code, message: expect.stringContaining(message) })
  }
})

test('an option that other queues call otherwise is refused with what it is called here', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const define = (options: object) => defineJob({ name: 'test.slip', ...options } as never)
  const enqueue = (options: object) => queue.enqueue(work, null, options as never)
  const slips: [call: (options: object) => unknown, option: string, hint: string][] = [
    [define, 'handler', "Did you mean 'run'?"],
    [define, 'execute', "Did you mean 'run'?"],
    [define, 'attempts', "Did you mean 'retries'? These do not count the first attempt."],
    [enqueue, 'maxAttempts', "Did you mean 'retries'?"],
    [define, 'retry', "Did you mean 'retries'?"],
    [enqueue, 'retryLimit', "Did you mean 'retries'?"],
    [define, 'retryDelay', "Did you mean backoff: { kind: 'exponential', base: '2s' }?"],
    [(options) => queue.schedules.set('a', { job: work, ...options }), 'tz', "Did you mean 'timeZone'?"],
    [(options) => queue.schedules.set('a', { job: work, ...options }), 'pattern', "Did you mean 'cron'?"],
    [(options) => queue.schedules.set('a', { job: work, ...options }), 'interval', "Did you mean 'every'?"],
    [
      (options) => queue.configure('mail', options),
      'concurrency',
      "Did you mean limits: [{ key: 'mail', concurrency: 2 }]?",
    ],
    [(options) => queue.configure('mail', options), 'maxLength', "Did you mean 'maxSize'?"],
    [enqueue, 'payload', 'The input is the second argument, before the options.'],
    [enqueue, 'jobId', "Did you mean 'key'?"],
    [enqueue, 'singletonSeconds', "Did you mean 'key' with a 'keyScope', which holds it for so long?"],
    [enqueue, 'deduplication', "Did you mean 'key' with a 'keyScope', which holds it for so long?"],
    [enqueue, 'jobKeyMode', "Did you mean 'onConflict': 'existing', 'reject', 'replace' or 'debounce'"],
    [enqueue, 'debounce', "Did you mean 'key' and 'delay', with onConflict: 'debounce'?"],
    [enqueue, 'startAfter', "Did you mean 'delay' or 'runAt'?"],
    [(options) => queue.enqueueMany([{ job: work, ...options }]), 'data', "Did you mean 'input'?"],
    [(options) => queue.list(options as never), 'data', 'It takes: job, state, '],
    [enqueue, 'repeat', 'Did you mean queue.schedules.set(name, { job, cron })?'],
    [(options) => new Worker(queue, { jobs: [work], ...options }), 'lockDuration', "Did you mean 'lease'?"],
    [
      (options) => new Worker(queue, { jobs: [work], ...options }),
      'removeOnComplete',
      "Did you mean 'retention'?",
    ],
    [(options) => openQueue('memory:', options), 'url', 'What to open is the first argument'],
    [define, 'groupConcurrency', 'Did you mean limits: [{ key: (input) => input.userId, concurrency: 2 }]?'],
    [
      define,
      'localConcurrency',
      'Did you mean limits: [{ key: (input) => input.userId, concurrency: 2 }]? It',
    ],
    [define, 'limiter', "Did you mean limits: [{ key: 'api', rate: { count: 60, per: '1m' } }]?"],
    [define, 'throttle', "Did you mean limits: [{ key: 'api', rate: { count: 60, per: '1m' } }]?"],
    [enqueue, 'tenantId', "Did you mean 'group'?"],
    [(options) => new Worker(queue, { jobs: [work], ...options }), 'group', 'Groups are of each job'],
    [(options) => new Worker(queue, { jobs: [work], ...options }), 'limiter', 'Limits are of each job'],
    [
      (options) => new Worker(queue, { jobs: [work], ...options }),
      'localConcurrency',
      "Did you mean 'concurrency'?",
    ],
    [(options) => openQueue('memory:', options), 'limiter', "Did you mean limits: [{ key: 'api', rate:"],
    [(part) => define({ limits: [{ key: 'api', ...part }] }), 'limit', "Did you mean 'concurrency'?"],
    [(part) => define({ limits: [{ key: 'api', ...part }] }), 'duration', 'Did you mean rate: { count: 60'],
    [(part) => define({ limits: [{ key: 'api', rate: part }] }), 'max', "Did you mean 'count'?"],
    [(part) => define({ limits: [{ key: 'api', rate: part }] }), 'window', "Did you mean 'per'?"],
  ]
  for (const [call, option, hint] of slips) {
    expect(await refusal(call, { [option]: 1 })).toMatchObject({
      code: 'unknown_option',
      message: expect.stringContaining(`has no option '${option}'. ${hint}`),
    })
  }
})

test('what is passed instead of options is refused with what they are', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const handle = queue.handle('nobody')
  const aborted = AbortSignal.abort()
  const slips: [call: (given: never) => unknown, given: unknown, message: string][] = [
    [(given) => handle.result(given), 1000, 'of these: timeout, signal. Did you mean { timeout: 1000 }?'],
    [(given) => handle.result(given), '5s', "Did you mean { timeout: '5s' }?"],
    [(given) => handle.watch(given), aborted, 'Did you mean { signal }?'],
    [(given) => queue.pause('mail', given), 'too late', "Did you mean { reason: 'too late' }?"],
    [(job) => queue.list({ job }), 'mail.send', "Did you mean { name: 'mail.send' }?"],
    [(state) => queue.matching({ state }).cancel(), [], "option 'state' is [], expected some of pending"],
    [(given) => queue.orderWorkers(given, 'quiet'), undefined, "expected a worker's id, or a list of ids"],
    [(given) => queue.subscribe(given), () => {}, "subscribe: option 'options' is function, expected an obj"],
    [(given) => queue.subscribe(given), 'mail.send', "Did you mean { name: 'mail.send' }?"],
    [(given) => new Worker(queue, { jobs: [work] }).stop(given), 1000, 'Did you mean { timeout: 1000 }?'],
    [(given) => new Worker(queue, { jobs: [work] }).runUntilIdle(given), aborted, 'Did you mean { signal }?'],
    [(given) => queue.enqueue(work, null, given), [], "enqueue: option 'options' is [], expected an object"],
    [(given) => queue.enqueue(work, null, given), new Date(0), 'Did you mean { runAt }?'],
    [(given) => queue.list(given), new Map(), "list: option 'options' is {}, expected an object"],
    [(given) => openQueue('memory:', given), 'postgres://db', 'jobs, pendingMax'],
    [(given) => runUntilIdle(queue, given), undefined, "runUntilIdle: option 'options' is undefined"],
    [
      (given) => queue.enqueue(work, null, { runAt: given }),
      new Date('x'),
      "option 'runAt' is an invalid Date",
    ],
    [(given) => virtualClock(given), 'yesterday', "option 'start' is 'yesterday', expected a valid Date"],
    [(given) => new Worker(queue, { jobs: given }), work, 'Put it in a list: { jobs: [job] }.'],
    [
      (given) => new Worker(queue, { jobs: given }),
      [work, { name: 'test.plain', run() {} }],
      'The one at index 1 is none. Make it with defineJob({ name, run }).',
    ],
    [(given) => defineJob({ name: 'test.slip', backoff: given }), 'fixed', "Did you mean { kind: 'fixed' }?"],
    [(backoff) => defineJob({ name: 'test.slip', backoff }), { type: 'fixed' }, "Did you mean 'kind'?"],
    [
      (given) => defineJob(given),
      undefined,
      "options' is undefined, expected an object with a 'name', such as",
    ],
    [
      (given) => defineJob(given),
      'x',
      "defineJob: option 'options' is 'x', expected an object with a 'name'",
    ],
    [(given) => defineJob(given), () => {}, "defineJob: option 'options' is function"],
  ]
  for (const [call, given, message] of slips) {
    expect(await refusal(call, given)).toMatchObject({
      code: 'invalid_option',
      message: expect.stringContaining(message),
    })
  }
})

test('a worker of no queue at all is refused', async () => {
  const queue = await openQueue('memory:')
  expect(() => new Worker(queue, { jobs: [defineJob({ name: 'a', run: () => {} })], queues: [] })).toThrow(
    /'queues' is \[\], expected at least one name/,
  )
})

test('a beat that would not keep the lease is refused, and the default gives way to a shorter one', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const make = (options: object) => new Worker(queue, { jobs: [work], ...options })
  expect(await refusal(make, { lease: '4s', beat: '2001ms' })).toMatchObject({
    code: 'invalid_option',
    message: expect.stringContaining("option 'beat' is 2001ms, expected at most half of the lease of 4s"),
  })
  expect(await refusal(make, { beat: '6s' })).toMatchObject({ code: 'invalid_option' })
  expect(make({ lease: '4s', beat: '2s' })).toBeInstanceOf(Worker)
  expect(make({ lease: '1s' })).toBeInstanceOf(Worker)
})

test('options of runUntilIdle that there are not are refused', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const worker = new Worker(queue, { jobs: [work] })
  expect(await refusal((given) => worker.runUntilIdle(given), { singal: undefined })).toMatchObject({
    code: 'unknown_option',
    message: expect.stringContaining("Did you mean 'signal'?"),
  })
})

test('runUntilIdle without its options says what they are, the jobs first', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  await expect(runUntilIdle(queue, undefined as never)).rejects.toThrow(/any of these: jobs, /)
})

test('ctx.transaction without a function says so', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const run = (_: unknown, ctx: JobContext) => ctx.transaction(undefined as never)
  const slip = defineJob({ name: 'test.transaction', retries: 0, run })
  const handle = await queue.enqueue(slip)
  await runUntilIdle(queue, { jobs: [slip] })
  expect(await handle.get()).toMatchObject({
    failure: {
      message: expect.stringContaining("ctx.transaction: option 'body' is undefined, expected a function"),
    },
  })
})

test('what a handler can call on its context may be taken out of it', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  const apart = defineJob({
    name: 'test.apart',
    run: async (_, { checkpoint, enqueue, job, log, progress, skip }) => {
      progress(0.5)
      log.info('half of it')
      await checkpoint({ at: 1 })
      await enqueue(work)
      return skip(`${job.id} is done`)
    },
  })
  const handle = await queue.enqueue(apart)
  await runUntilIdle(queue, { jobs: [apart, work] })
  expect(await handle.get()).toMatchObject({
    outcome: 'skipped',
    reason: `${handle.id} is done`,
    checkpoint: { at: 1 },
  })
  expect(await queue.count({ name: 'test.work', state: 'complete' })).toBe(1)
})
