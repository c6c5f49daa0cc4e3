import { defineJob, type LimitOptions, type Queue, RateLimited, Worker } from 'millhand'
import { runUntilIdle } from 'millhand/testing'
import { expect } from 'vitest'
import { heldJob } from '../support/held-job.ts'
import { describeStores } from '../support/stores.ts'

const userOf = (input: unknown) => (input as { user: string }).user
const PER_USER: LimitOptions = { key: userOf, name: 'user', concurrency: 1 }
const usersOf = (runs: readonly { readonly input: unknown }[]) => runs.map(({ input }) => userOf(input))

/** Enqueues one job for each of these users. */
function enqueueFor(queue: Queue, job: ReturnType<typeof heldJob>['job'], users: readonly string[]) {
  return queue.enqueueMany(
    job,
    users.map((user) => ({ user })),
  )
}

describeStores('limits', (test) => {
  test('each key has a limit of its own, and what waits for one blocks no other', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs, run } = heldJob({ limits: [PER_USER] })
    const [, , third] = await enqueueFor(queue, job, ['ada', 'ada', 'ada', 'bob'])
    await start({ jobs: [job] })
    await expect.poll(() => usersOf(runs)).toEqual(['ada', 'bob'])
    await expect.poll(() => third?.get()).toMatchObject({ waitsFor: { limit: 'user=ada' } })

    run(0).end()
    await expect.poll(() => usersOf(runs)).toEqual(['ada', 'bob', 'ada'])
    await clock.settle()
    expect(runs).toHaveLength(3)
  })

  test('a limit holds over all workers', async ({ queue, start, clock }) => {
    const { job, runs, run } = heldJob({ limits: [{ key: 'api', concurrency: 3 }] })
    await queue.enqueueMany(job, Array(10).fill(1))
    await start({ jobs: [job] })
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(3)
    await clock.advance('10s')
    expect(runs).toHaveLength(3)
    for (const ended of [0, 1, 2]) run(ended).end()
    await expect.poll(() => runs.length).toBe(6)
    await clock.advance('10s')
    expect(runs).toHaveLength(6)
    expect(await queue.count({ state: 'running' })).toBe(3)
  })

  test('a worker hears at once of a place that another one has left', async ({ queue, start }) => {
    const { job, runs, run } = heldJob({ limits: [{ key: 'api', concurrency: 1 }] })
    await queue.enqueue(job, 1)
    const first = await start({ jobs: [job], queues: ['default'] })
    await expect.poll(() => runs.length).toBe(1)
    const waits = await queue.enqueue(job, 2, { queue: 'mail' })
    const second = await start({ jobs: [job], queues: ['mail'] })
    await expect.poll(() => waits.get()).toHaveProperty('waitsFor')
    expect([first.running, second.running]).toEqual([1, 0])
    run(0).end()
    await expect.poll(() => runs.length).toBe(2)
  })

  test('a key of null is no limit', async ({ queue, start }) => {
    const { job, runs } = heldJob({ limits: [{ key: () => null, concurrency: 1 }] })
    await queue.enqueueMany(job, [1, 2, 3])
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(3)
  })

  test('a key that is no text and no number is refused before anything is stored', async ({ queue }) => {
    const keys: [key: () => unknown, got: string][] = [
      [() => undefined, 'undefined'],
      [() => ({ id: 1 }), '{"id":1}'],
      [() => true, 'true'],
      [
        () => {
          throw new Error('no user')
        },
        "an error ('no user')",
      ],
    ]
    for (const [key, got] of keys) {
      const job = defineJob({ name: 'test.keyed', limits: [{ key: key as never, concurrency: 1 }] })
      await expect(queue.enqueue(job, { user: 'ada' })).rejects.toMatchObject({
        code: 'invalid_limit_key',
        message: expect.stringContaining(`The key of limit 'test.keyed' gave ${got} for the input of job`),
      })
    }
    const empty = defineJob({ name: 'test.keyed', limits: [{ key: () => '', concurrency: 1 }] })
    const what = "key of the limit 'test.keyed' of job 'test.keyed'"
    await expect(queue.enqueue(empty)).rejects.toMatchObject({
      ...{ code: 'invalid_name', facts: { what } },
      message: expect.stringContaining(`The ${what} is '', which is not valid: expected 1 to 512 characters`),
    })
    const inMany = queue.enqueueMany([{ job: empty, input: 1 }])
    await expect(inMany).rejects.toMatchObject({
      ...{ code: 'invalid_name', facts: { what: `${what} of the item at index 0` } },
    })
    expect(await queue.count()).toBe(0)
  })

  test('what a call says of limits stands in place of what the definition says', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs } = heldJob({ limits: [{ key: 'api', concurrency: 1 }] })
    await queue.enqueue(job, 1)
    await queue.enqueue(job, 2, { limits: [] })
    await queue.enqueue(job, 3, { limits: [{ key: 'other', concurrency: 1 }] })
    await queue.enqueue(job, 4, { limits: [{ key: 'other', concurrency: 1 }] })
    await start({ jobs: [job] })
    await expect.poll(() => runs.map(({ input }) => input)).toEqual([1, 2, 3])
    await clock.advance('10s')
    expect(runs).toHaveLength(3)
  })

  test('several limits at once: a job that is kept by one takes no place of another', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs } = heldJob({ limits: [PER_USER, { key: 'api', concurrency: 2 }] })
    await enqueueFor(queue, job, ['ada', 'ada', 'bob', 'eve'])
    await start({ jobs: [job] })
    await expect.poll(() => usersOf(runs)).toEqual(['ada', 'bob'])
    await clock.advance('10s')
    expect(usersOf(runs)).toEqual(['ada', 'bob'])
  })

  test('no more start in a window than the rate lets, each with its cost', async ({
    queue,
    start,
    clock,
  }) => {
    const starts: number[] = []
    const job = defineJob({
      name: 'test.rate',
      limits: [{ key: 'api', rate: { count: 10, per: '1m' }, cost: 4 }],
      run: () => void starts.push(clock.now()),
    })
    const began = clock.now()
    await queue.enqueueMany(job, [1, 2, 3, 4, 5])
    await start({ jobs: [job] })
    await expect.poll(() => starts.length).toBe(2)
    await clock.advance('59s')
    expect(starts).toHaveLength(2)
    await clock.advance('61s')
    await expect.poll(() => starts.length).toBe(5)
    const sinceMs = starts.map((at) => at - began)
    expect(sinceMs).toEqual([0, 0, 60_000, 60_000, 120_000])
  })

  test('a handler that is told to wait closes its key for all, and burns no attempt', async ({
    queue,
    start,
    clock,
  }) => {
    const ran: string[] = []
    let full = true
    const job = defineJob({
      name: 'test.closed',
      limits: [{ ...PER_USER, concurrency: 5 }],
      run(input, ctx) {
        ran.push(`${userOf(input)} ${ctx.attempt}`)
        if (full && userOf(input) === 'ada') throw new RateLimited('30s')
      },
    })
    const [ada] = await enqueueFor(queue, job as never, ['ada'])
    await start({ jobs: [job] })
    await expect.poll(() => ada?.get()).toMatchObject({ state: 'pending', attempt: 0 })
    await enqueueFor(queue, job as never, ['ada', 'bob'])
    await expect.poll(() => ran).toEqual(['ada 1', 'bob 1'])
    full = false
    await clock.advance('29s')
    expect(ran).toHaveLength(2)
    await clock.advance('2s')
    await expect.poll(() => ran).toEqual(['ada 1', 'bob 1', 'ada 1', 'ada 1'])
    expect(await ada?.get()).toMatchObject({ state: 'complete', attempt: 1, errors: [] })
  })

  test('a handler may say which of its limits is to wait, and until what time', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs, run } = heldJob({
      limits: [
        { ...PER_USER, concurrency: 9 },
        { key: 'api', concurrency: 9 },
      ],
    })
    await enqueueFor(queue, job, ['ada'])
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(1)
    run(0).fail(new RateLimited(new Date(clock.now() + 60_000), { limit: 'user' }))
    await expect
      .poll(() => queue.limits.keys('user'))
      .toMatchObject([{ key: 'ada', running: 0, waiting: 1, closedUntil: new Date(clock.now() + 60_000) }])
    await enqueueFor(queue, job, ['bob'])
    await expect.poll(() => usersOf(runs)).toEqual(['ada', 'bob'])
    await clock.advance('61s')
    await expect.poll(() => usersOf(runs)).toEqual(['ada', 'bob', 'ada'])
    expect(() => new RateLimited('soon' as never)).toThrow(/'RateLimited' is 'soon', expected a duration/)
  })

  test('a RateLimited of a limit that the job has not is told; that its key is null is meant', async ({
    queue,
  }) => {
    const limits: LimitOptions[] = [
      { key: 'net', concurrency: 9 },
      { ...PER_USER, key: () => null },
    ]
    const ask = defineJob({
      name: 'model.ask',
      limits,
      run(limit) {
        throw new RateLimited('10s', { limit: String(limit) })
      },
    })
    const told: unknown[] = []
    queue.on('call_error', ({ call, error }) => told.push([call, error]))
    const [slip] = await queue.enqueueMany(ask, ['nett', 'user', 'net'])
    await new Worker(queue, { jobs: [ask] }).runOnce()
    expect(told).toMatchObject([
      ['RateLimited', { code: 'limit_not_held', facts: { limit: 'nett', known: ['net', 'user'] } }],
    ])
    expect(await queue.logs(slip?.id ?? '')).toMatchObject([
      { level: 'warn', message: expect.stringContaining("Did you mean 'net'?") },
    ])
  })

  test('a job that a schedule enqueues has the limits of its definition', async ({ queue, start, clock }) => {
    const { job, runs, run } = heldJob({ limits: [{ key: 'api', concurrency: 1 }] })
    const often = { job, every: '1s', overlap: 'queue' } as const
    await start({ jobs: [job], schedules: { often } })
    await clock.advance('3s')
    await expect.poll(() => runs.length).toBe(1)
    await expect.poll(() => queue.count({ state: 'pending' })).toBeGreaterThanOrEqual(1)
    run(0).end()
    await expect.poll(() => runs.length).toBe(2)
  })

  test('what a pause kept from going on does so when the queue is resumed', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs, run } = heldJob({ limits: [{ key: 'api', concurrency: 1 }] })
    await queue.enqueue(job, 1)
    const late = await queue.enqueue(job, 2, { queue: 'mail' })
    await start({ jobs: [job] })
    await expect.poll(() => late.get()).toHaveProperty('waitsFor')
    await queue.pause('mail')
    run(0).end()
    await clock.settle()
    await queue.resume('mail')
    // No hint tells of it: the leader does, which hears at its next election that somebody waits.
    await clock.advance('11s')
    await expect.poll(() => runs.length).toBe(2)
  })

  test('runUntilIdle moves a virtual clock on to when a limit opens', async ({ queue, clock }) => {
    const job = defineJob({
      name: 'test.rate',
      limits: [{ key: 'api', rate: { count: 1, per: '1m' } }],
      run: () => {},
    })
    const began = clock.now()
    await queue.enqueueMany(job, [1, 2, 3])
    expect(await runUntilIdle(queue, { jobs: [job] })).toBe(3)
    expect(clock.now() - began).toBe(120_000)
  })

  test('a key function is called where the job is enqueued, not where it runs', async ({ queue, start }) => {
    const called: string[] = []
    const key = (input: unknown) => {
      called.push(userOf(input))
      return userOf(input)
    }
    const spec = defineJob({ name: 'test.split', limits: [{ ...PER_USER, key }] })
    const ran: string[] = []
    await queue.enqueue(spec, { user: 'ada' })
    expect(called).toEqual(['ada'])
    await start({ jobs: [spec.handle((input) => void ran.push(userOf(input)))] })
    await expect.poll(() => ran).toEqual(['ada'])
    expect(called).toEqual(['ada'])
  })

  test('a limit is shown with what it lets pass, who holds it and what waits', async ({
    queue,
    start,
    clock,
  }) => {
    const { job, runs } = heldJob({ limits: [PER_USER, { key: 'api', rate: { count: 9, per: '1m' } }] })
    const [first] = await enqueueFor(queue, job, ['ada', 'ada', 'bob'])
    const worker = await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(2)
    expect(await queue.limits.list()).toEqual([
      { name: 'api', declared: { rate: { count: 9, per: 60_000 } }, keys: 1, running: 2, waiting: 0 },
      { name: 'user', declared: { concurrency: 1 }, keys: 2, running: 2, waiting: 1 },
    ])
    const holder = { id: first?.id, worker: worker.id, since: new Date(clock.now()) }
    expect(await queue.limits.keys('user')).toMatchObject([
      { key: 'ada', running: 1, waiting: 1, holders: [holder] },
      { key: 'bob', running: 1, waiting: 0 },
    ])
    expect(await queue.limits.keys('user', { limit: 1 })).toHaveLength(1)
    expect(await queue.limits.keys('api')).toMatchObject([{ key: null, running: 2 }])
    expect(await queue.limits.get('none')).toBeNull()
  })

  test('a limit is changed live, for what waits already, and reset', async ({ queue, start }) => {
    const { job, runs, run } = heldJob({ limits: [{ key: 'api', concurrency: 1 }] })
    await queue.enqueueMany(job, [1, 2, 3, 4, 5])
    await start({ jobs: [job] })
    await expect.poll(() => runs.length).toBe(1)
    expect(await queue.limits.set('api', { concurrency: 3 })).toMatchObject({
      declared: { concurrency: 1 },
      override: { concurrency: 3 },
    })
    await expect.poll(() => runs.length).toBe(3)
    expect(await queue.limits.reset('api')).not.toHaveProperty('override')
    for (const ended of [0, 1]) run(ended).end()
    await expect.poll(() => queue.count({ state: 'running' })).toBe(1)
    expect(runs).toHaveLength(3)
    run(2).end()
    await expect.poll(() => runs.length).toBe(4)
  })
})
