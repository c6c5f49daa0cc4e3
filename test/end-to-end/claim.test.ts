import {
  defineJob,
  type Job,
  type JobContext,
  JobWorker,
  type Queue,
  type RunningJob,
  Worker,
} from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { z } from 'zod'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const echo = defineJob({ name: 'test.echo', run: (input) => input })

class MailWorker extends JobWorker {
  readonly ran: unknown[] = []
  readonly #kind: string

  constructor(queue: Queue, kind: string) {
    super(queue, { maintenance: false })
    this.#kind = kind
  }

  protected getWorkerName() {
    return `mail-${this.#kind}`
  }

  protected canProcessJob(job: Job) {
    return job.name === 'mail.send' && job.tags.includes(this.#kind)
  }

  protected async executeJob(job: RunningJob, ctx: JobContext) {
    this.ran.push(job.input)
    ctx.log.info('sent')
    if (job.input === 'bounces') throw new Error('returned to sender')
    return { by: this.#kind }
  }
}

describeStores('what a worker claims', (test) => {
  test('only names that it has a handler for, in queues that it serves', async ({ queue }) => {
    const other = defineJob({ name: 'test.other', run: () => {} })
    const mine = await queue.enqueue(echo, 1)
    const foreign = await queue.enqueue(other)
    const elsewhere = await queue.enqueue(echo, 2, { queue: 'slow' })
    expect(await runUntilIdle(queue, { jobs: [echo], queues: ['default'] })).toBe(1)
    expect((await mine.get()).state).toBe('complete')
    for (const left of [foreign, elsewhere])
      expect(await left.get()).toMatchObject({ state: 'pending', epoch: 0 })
    expect(await runUntilIdle(queue, { jobs: [echo, other], queues: ['slow', 'default'] })).toBe(2)
  })

  test('canProcess is asked before the claim: a job that it refuses stays untouched', async ({ queue }) => {
    const asked: Job[] = []
    const [odd, even] = await queue.enqueueMany(echo, [1, 2])
    const canProcess = (job: Job) => {
      asked.push(job)
      return Number(job.input) % 2 === 0
    }
    expect(await runUntilIdle(queue, { jobs: [echo], canProcess })).toBe(1)
    expect(asked.every((job) => job.state === 'pending' && job.attempt === 0 && job.epoch === 0)).toBe(true)
    expect(await even?.result()).toBe(2)
    expect(await odd?.get()).toMatchObject({ state: 'pending', attempt: 0, epoch: 0 })
  })

  test('a job that stands behind thousands that canProcess refuses is found', async ({ queue }) => {
    await queue.enqueueMany(
      echo,
      Array.from({ length: 2_500 }, () => 1),
    )
    const last = await queue.enqueue(echo, 2)
    expect(await runUntilIdle(queue, { jobs: [echo], canProcess: (job) => job.input === 2 })).toBe(1)
    expect((await last.get()).state).toBe('complete')
  })

  test('a worker that refuses most jobs keeps them from nobody', async ({ queue }) => {
    const jobs = await queue.enqueueMany(
      echo,
      Array.from({ length: 200 }, (_, number) => number),
    )
    const started: string[] = []
    queue.on('start', ({ worker, id }) => started.push(`${worker} ${id}`))
    const picky = (job: Job) => Number(job.input) % 10 === 0
    const [few, most] = await Promise.all([
      runUntilIdle(queue, { jobs: [echo], canProcess: picky }),
      runUntilIdle(queue, { jobs: [echo] }),
    ])
    expect(few + most).toBe(200)
    expect(most).toBeGreaterThanOrEqual(180)
    expect(new Set(started).size).toBe(200)
    expect(await queue.count({ state: 'complete' })).toBe(jobs.length)
  })

  test('a predicate that throws has refused that job, and no other', async ({ queue }) => {
    const told: string[] = []
    queue.on('loop_error', ({ loop, error }) => told.push(`${loop}: ${error.message}`))
    const [bad, good] = await queue.enqueueMany(echo, [1, 2])
    const canProcess = (job: Job) => {
      if (job.input === 1) throw new Error('cannot tell')
      return true
    }
    expect(await runUntilIdle(queue, { jobs: [echo], canProcess })).toBe(1)
    expect(await good?.result()).toBe(2)
    expect(await bad?.get()).toMatchObject({ state: 'pending', epoch: 0 })
    expect(new Set(told)).toEqual(new Set(['canProcess: cannot tell']))
  })

  test('an asynchronous predicate has refused, and says so, and ends no process', async ({ queue }) => {
    const job = await queue.enqueue(echo)
    const errors: string[] = []
    queue.on('loop_error', ({ error }) => errors.push(error.message))
    const canProcess = (async () => {
      throw new Error('nobody hears this')
    }) as unknown as () => boolean
    await runUntilIdle(queue, { jobs: [echo], canProcess })
    expect((await job.get()).state).toBe('pending')
    expect(errors[0]).toMatch(/gave a promise, expected true or false/)
  })

  test('two workers may share the jobs out by a predicate', async ({ queue, start }) => {
    const { job, run, runs } = heldJob()
    await queue.enqueueMany(job, ['a', 'b', 'a'])
    const takes = (input: string) => ({ jobs: [job], canProcess: (each: Job) => each.input === input })
    const first = await start(takes('a'))
    const second = await start(takes('b'))
    expect([first.running, second.running]).toEqual([2, 1])
    expect(runs.map(({ input }) => input).sort()).toEqual(['a', 'a', 'b'])
    expect(run(2).ctx.job.worker).toBe(second.id)
  })

  test('a worker of the class style names itself, chooses, and runs', async ({ queue, start, clock }) => {
    const send = defineJob({ name: 'mail.send', retries: 0 })
    const worker = new MailWorker(queue, 'letters')
    const letter = await queue.enqueue(send, 'hello', { tags: ['letters'] })
    const bounced = await queue.enqueue(send, 'bounces', { tags: ['letters'] })
    const parcel = await queue.enqueue(send, 'heavy', { tags: ['parcels'] })
    await queue.enqueue(echo)
    await worker.start()
    await clock.settle()
    expect((await queue.workers()).map(({ name }) => name)).toEqual(['mail-letters'])
    await worker.stop()

    expect(worker.ran).toEqual(['hello', 'bounces'])
    expect(await letter.result()).toEqual({ by: 'letters' })
    expect(await bounced.get()).toMatchObject({ state: 'failed', failure: { message: 'returned to sender' } })
    expect(await queue.logs(letter.id)).toMatchObject([{ message: 'sent' }])
    expect(await parcel.get()).toMatchObject({ state: 'pending', epoch: 0 })

    const parcels = new MailWorker(queue, 'parcels')
    expect(await parcels.runUntilIdle()).toBe(1)
    expect(await parcel.result()).toEqual({ by: 'parcels' })
    await start({ jobs: [defineJob({ name: 'mail.none', run() {} })] })
  })

  test('a worker of the class style can be started again after it was stopped', async ({ queue, clock }) => {
    const send = defineJob({ name: 'mail.send' })
    const worker = new MailWorker(queue, 'letters')
    for (const input of ['first', 'second']) {
      await queue.enqueue(send, input, { tags: ['letters'] })
      await worker.start()
      await clock.settle()
      await worker.stop()
    }
    expect(worker.ran).toEqual(['first', 'second'])
  })

  test('a paused queue is not claimed from, until it is resumed', async ({ queue, start, clock }) => {
    const told: string[] = []
    for (const name of ['pause', 'resume'] as const)
      queue.on(name, (event) => told.push(`${name} ${event.queue}`))
    const { job, runs } = heldJob()
    await queue.pause('mail')
    await queue.enqueue(job, 'mail', { queue: 'mail' })
    await queue.enqueue(job, 'other')
    await start({ jobs: [job] })
    expect(runs.map(({ input }) => input)).toEqual(['other'])
    expect((await queue.stats()).queues).toMatchObject([
      { queue: 'default', paused: false },
      { queue: 'mail', paused: true, pause: { since: new Date(clock.now()) }, pending: 1 },
    ])
    await queue.resume('mail')
    await clock.settle()
    expect(runs.map(({ input }) => input)).toEqual(['other', 'mail'])
    expect(told).toEqual(['pause mail', 'resume mail'])
  })

  test('a job of an unknown name is left alone, or fails where the worker is told so', async ({ queue }) => {
    const gone = defineJob({ name: 'test.gone', retries: 5 })
    const handle = await queue.enqueue(gone)
    await runUntilIdle(queue, { jobs: [echo] })
    expect(await handle.get()).toMatchObject({ state: 'pending', epoch: 0 })
    expect(await runUntilIdle(queue, { jobs: [echo], unknownJobs: 'fail' })).toBe(1)
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      attempt: 1,
      failure: { kind: 'unknown_job' },
    })
  })

  test('a fallback runs every name that has no definition, with its input as it was stored', async ({
    queue,
  }) => {
    const any = defineJob({ name: 'test.any' })
    const handles = [await queue.enqueue(any, { a: 1 }), await queue.enqueue(echo, 'mine')]
    const fallback = (input: unknown, ctx: JobContext) => [ctx.job.name, input]
    await runUntilIdle(queue, { jobs: [echo], fallback })
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual([
      ['test.any', { a: 1 }],
      'mine',
    ])
  })

  test('at most `concurrency` handlers run at a time', async ({ queue, start, clock }) => {
    const { job, run, runs } = heldJob()
    await queue.enqueueMany(job, [1, 2, 3, 4, 5])
    const worker = await start({ jobs: [job], concurrency: 2 })
    const most: number[] = []
    for (let index = 0; index < 5; index += 1) {
      most.push(worker.running)
      run(index).end()
      await clock.settle()
    }
    expect(most).toEqual([2, 2, 2, 2, 1])
    expect(runs).toHaveLength(5)
  })

  test('input is checked again at the worker: a schema that changed refuses what was stored', async ({
    queue,
  }) => {
    const old = defineJob({ name: 'test.move', input: z.object({ to: z.string() }) })
    const handle = await queue.enqueue(old, { to: 'here' })
    const changed = defineJob({ name: 'test.move', input: z.object({ to: z.number() }), run: () => {} })
    expect(await runUntilIdle(queue, { jobs: [changed] })).toBe(1)
    expect(await handle.get()).toMatchObject({
      state: 'failed',
      failure: {
        kind: 'invalid_input',
        code: 'invalid_input',
        message: expect.stringMatching(/'test.move'.*: to: /),
      },
    })
  })

  test('output is checked: what the schema refuses, or JSON cannot hold, fails without a retry', async ({
    queue,
  }) => {
    const wrong = defineJob({ name: 'test.wrong', output: z.number(), run: () => 'text' as never })
    const map = defineJob({ name: 'test.map', run: () => ({ seen: new Map() }) })
    const handles = [await queue.enqueue(wrong), await queue.enqueue(map)]
    expect(await runUntilIdle(queue, { jobs: [wrong, map] })).toBe(2)
    const [first, second] = await Promise.all(handles.map((handle) => handle.get()))
    expect(first).toMatchObject({
      state: 'failed',
      failure: { kind: 'invalid_output', code: 'invalid_output' },
    })
    expect(second).toMatchObject({
      state: 'failed',
      failure: {
        kind: 'invalid_output',
        code: 'not_serialisable',
        message: expect.stringContaining('$.seen'),
      },
    })
  })

  test('a schema that throws has refused, at the door and at the worker', async ({ queue }) => {
    const broken = () => {
      throw new TypeError('cannot read properties of undefined')
    }
    const schema = { '~standard': { version: 1, vendor: 'test', validate: broken } } as const
    const slow = { '~standard': { version: 1, vendor: 'test', validate: async () => broken() } } as const
    const handles = []
    for (const [name, input] of Object.entries({ schema, slow })) {
      const door = defineJob({ name: `test.${name}`, input, run: () => {} })
      await expect(queue.enqueue(door, 1)).rejects.toThrow(/the schema threw: cannot read properties/)
      handles.push(await queue.enqueue(defineJob({ name: door.name }), 1))
      await runUntilIdle(queue, { jobs: [door] })
    }
    const answer = defineJob({ name: 'test.answer', output: schema, run: () => 1 })
    handles.push(await queue.enqueue(answer))
    await runUntilIdle(queue, { jobs: [answer] })
    const kinds = await Promise.all(handles.map(async (handle) => (await handle.get()).errors[0]?.kind))
    expect(kinds).toEqual(['invalid_input', 'invalid_input', 'invalid_output'])
  })

  test('definitions are checked when the worker is made', ({ queue }) => {
    const twin = defineJob({ name: 'test.echo', run: () => 'another' })
    const bare = defineJob({ name: 'test.bare' })
    const make = (options: object) => () => new Worker(queue, options)
    expect(make({ jobs: [echo, twin] })).toThrow(/Two definitions are named 'test.echo'/)
    expect(make({ jobs: [echo, echo] })).not.toThrow()
    expect(make({ jobs: [bare] })).toThrow(/'test.bare' has no handler/)
    expect(make({ job: [echo] })).toThrow(/no option 'job'. Did you mean 'jobs'\?/)
    expect(make({ concurrency: 0 })).toThrow(/'concurrency' is 0, expected a whole number from 1 to 10000/)
    expect(make({ lease: 'soon' })).toThrow(/'lease' is 'soon', expected a duration/)
    expect(make({ queues: ['a b'] })).toThrow(/queue name 'a b' is not valid/)
  })

  test('an error of the handler reaches nobody but the job', async ({ queue }) => {
    const error = Object.assign(new Error('connect ECONNREFUSED', { cause: new Error('no route') }), {
      code: 'ECONNREFUSED',
    })
    const job = defineJob({
      name: 'test.connect',
      retries: 0,
      run: () => {
        throw error
      },
    })
    const told: Error[] = []
    queue.on('fail', (event) => told.push(event.error))
    const handle = await queue.enqueue(job)
    await runUntilIdle(queue, { jobs: [job] })
    expect(told).toEqual([error])
    expect(await handle.get()).toMatchObject({
      failure: {
        ...{ kind: 'error', code: 'ECONNREFUSED', attempt: 1 },
        message: 'connect ECONNREFUSED (cause: no route)',
        stack: expect.stringContaining('claim.test.ts'),
      },
    })
  })
})
