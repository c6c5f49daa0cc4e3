import { runInNewContext } from 'node:vm'
import { defineJob, type MatchingFilter, type OperationProgress, type Queue } from 'millhand'
import { runUntilIdle, virtualClock } from 'millhand/testing'
import { expect, test as plainTest } from 'vitest'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import type { Store } from '../../src/store/store.ts'
import { queueOn } from '../support/queue.ts'
import { describeStores } from '../support/stores.ts'

const mail = defineJob({ name: 'test.mail', retries: 0, run: () => {} })
const failing = defineJob({
  name: 'test.failing',
  retries: 0,
  run() {
    throw new Error('connect ECONNREFUSED')
  },
})

async function enqueue(queue: Queue, count: number, options: object = {}): Promise<void> {
  await queue.enqueueMany(
    mail,
    Array.from({ length: count }, () => ({})),
    options,
  )
}

describeStores('what is done to all that fit', (test) => {
  test('by a tag, and to no other job', async ({ queue }) => {
    await enqueue(queue, 3, { tags: ['user:1'] })
    await enqueue(queue, 2, { tags: ['user:2'] })
    const result = await queue.matching({ tag: 'user:1' }).cancel('the account was closed')

    expect(result).toMatchObject({ dryRun: false, jobs: 3, operation: expect.any(String) })
    expect(await queue.count({ state: 'pending' })).toBe(2)
    const [job] = await queue.list({ tag: 'user:1', state: 'cancelled' })
    expect(job?.reason).toBe('the account was closed')
  })

  test('by the text of an error: failed jobs run again, and those that fail at once not for ever', async ({
    queue,
  }) => {
    await queue.enqueueMany(failing, [{}, {}])
    await runUntilIdle(queue, { jobs: [failing] })
    expect(await queue.matching({ error: 'ECONNREFUSED' }).retry()).toMatchObject({ jobs: 2 })
    expect(await queue.matching({ state: 'failed', error: 'ETIMEDOUT' }).retry()).toMatchObject({ jobs: 0 })
    expect(await queue.count({ state: 'pending' })).toBe(2)
  })

  test('by a value within the input', async ({ queue }) => {
    await queue.enqueueMany(mail, [{ user: { id: 1 } }, { user: { id: 2 } }, null])
    const ofTwo = { job: mail, input: { 'user.id': 2 } }
    expect(await queue.list(ofTwo)).toMatchObject([{ input: { user: { id: 2 } } }])
    expect(await queue.matching(ofTwo).cancel()).toMatchObject({ jobs: 1 })
    expect(await queue.count({ state: 'pending' })).toBe(2)
    for (const input of [{}, { '': 1 }, { 'a..b': 1 }, { a: {} }, { a: Number.NaN }, { 'a.-1': 1 }, 'a'])
      await expect(queue.count({ input: input as never })).rejects.toMatchObject({ code: 'invalid_option' })
  })

  test('by age, as it was when the operation began', async ({ queue, clock }) => {
    await enqueue(queue, 2)
    await clock.advance('2h')
    await enqueue(queue, 1)
    const old = queue.matching({ olderThan: '1h' })
    expect(await old.cancel('old', { dryRun: true })).toEqual({ dryRun: true, jobs: 2 })
    expect(await old.cancel('old', { operation: 'nightly' })).toMatchObject({ jobs: 2 })
    await clock.advance('2h')
    expect(await old.cancel('old', { operation: 'nightly' })).toMatchObject({ jobs: 2 })
    expect(await queue.count({ state: 'pending' })).toBe(1)
  })

  test('settled jobs are deleted, and what waits stays', async ({ queue }) => {
    await enqueue(queue, 2, { queue: 'old' })
    await runUntilIdle(queue, { jobs: [mail] })
    await enqueue(queue, 1, { queue: 'old' })
    expect(await queue.matching({ queue: 'old' }).delete()).toMatchObject({ jobs: 2 })
    expect(await queue.list({ queue: 'old' })).toMatchObject([{ state: 'pending' }])
  })

  test('priority, due time and queue of what waits are changed', async ({ queue, clock }) => {
    await enqueue(queue, 2, { queue: 'slow' })
    const slow = queue.matching({ job: mail, queue: 'slow' })
    expect(await slow.reprioritise(7)).toMatchObject({ jobs: 2 })
    expect(await slow.reschedule('1h')).toMatchObject({ jobs: 2 })
    const at = new Date(clock.now() + 3_600_000)
    expect(await queue.list()).toMatchObject([
      { priority: 7, dueAt: at },
      { priority: 7, dueAt: at },
    ])
    expect(await slow.reschedule(new Date(clock.now()))).toMatchObject({ jobs: 2 })
    expect(await slow.move('fast')).toMatchObject({ jobs: 2 })
    expect(await queue.count({ queue: 'fast', scheduled: false })).toBe(2)
  })

  test('a dry run says how many it would be, changes nothing, and is no operation', async ({ queue }) => {
    await enqueue(queue, 3)
    expect(await queue.matching({ all: true }).cancel(undefined, { dryRun: true })).toEqual({
      dryRun: true,
      jobs: 3,
    })
    expect(await queue.count({ state: 'pending' })).toBe(3)
    expect(await queue.operations()).toEqual([])
  })

  test('who did what, and when, is kept', async ({ queue, clock }) => {
    await enqueue(queue, 1, { queue: 'mail' })
    const startedAt = new Date(clock.now())
    const { operation } = await queue.matching({ queue: 'mail', olderThan: '0s' }).reschedule('1m')
    await queue.matching({ queue: 'mail' }).cancel('gone', { by: 'ada', operation: 'ticket 7' })

    expect(await queue.operations()).toEqual([
      {
        ...{ id: 'ticket 7', verb: 'cancel', by: 'ada', filter: { queue: ['mail'] }, reason: 'gone' },
        ...{ jobs: 1, startedAt, finishedAt: expect.any(Date) },
      },
      {
        ...{ id: operation, verb: 'reschedule', filter: { queue: ['mail'], olderThan: 0 } },
        ...{ dueAt: new Date(startedAt.getTime() + 60_000), jobs: 0, startedAt },
        finishedAt: expect.any(Date),
      },
    ])
    expect(await queue.operations({ limit: 1 })).toMatchObject([{ id: 'ticket 7' }])
  })

  test('more than a thousand go in pieces, and each piece is told of', async ({ queue }) => {
    await enqueue(queue, 2_500)
    const seen: OperationProgress[] = []
    const onProgress = (progress: OperationProgress) => void seen.push(progress)
    await queue.matching({ name: 'test.mail' }).cancel('all', { operation: 'x', onProgress })

    expect(seen).toEqual([1_000, 2_000, 2_500].map((jobs) => ({ operation: 'x', jobs, total: 2_500 })))
  })

  test('one that was ended goes on where it stopped, and what came meanwhile is left', async ({ queue }) => {
    await enqueue(queue, 1_500)
    const stop = new AbortController()
    const ended = queue.matching({ name: 'test.mail' }).cancel('all', {
      ...{ operation: 'x', signal: stop.signal },
      onProgress: () => stop.abort(new Error('enough')),
    })
    await expect(ended).rejects.toMatchObject({
      ...{ code: 'operation_incomplete', facts: { operation: 'x', verb: 'cancel', problem: 'enough' } },
    })
    expect(await queue.operations()).toMatchObject([{ id: 'x', jobs: 1_000 }])
    expect((await queue.operations())[0]).not.toHaveProperty('finishedAt')
    await enqueue(queue, 1)

    expect(await queue.matching({ name: 'test.mail' }).cancel('all', { operation: 'x' })).toMatchObject({
      jobs: 1_500,
    })
    expect(await queue.count({ state: 'pending' })).toBe(1)
  })

  test('an id that is that of another operation is refused', async ({ queue }) => {
    await enqueue(queue, 1)
    await queue.matching({ queue: 'default' }).reprioritise(1, { operation: 'x' })
    for (const again of [
      () => queue.matching({ queue: 'other' }).reprioritise(1, { operation: 'x' }),
      () => queue.matching({ queue: 'default' }).reprioritise(2, { operation: 'x' }),
      () => queue.matching({ queue: 'default' }).cancel('gone', { operation: 'x' }),
    ])
      await expect(again()).rejects.toMatchObject({ code: 'operation_differs', facts: { operation: 'x' } })
    expect(await queue.list()).toMatchObject([{ state: 'pending', priority: 1 }])
  })
})

plainTest(
  'an operation that is forgotten half way says so, and not that it can be gone on with',
  async () => {
    const clock = virtualClock()
    const raw = openMemoryStore({ clock })
    let steps = 0
    const step: typeof raw.operations.step = async (piece) =>
      steps++ === 0 ? raw.operations.step(piece) : null
    const queue = queueOn({ ...raw, operations: { ...raw.operations, step } }, clock)
    await enqueue(queue, 1_500)
    await expect(queue.matching({ all: true }).cancel('all', { operation: 'x' })).rejects.toMatchObject({
      code: 'operation_forgotten',
      message:
        "The cancel stopped half way, done to 1000 job(s): the operation 'x' is not known any more, since newer ones have taken its place. " +
        'What is done stays. To go on, call it anew: its id would begin another one.',
      facts: { operation: 'x', verb: 'cancel', jobs: 1_000 },
    })
    await queue.close()
  },
)

plainTest('an answer that is lost: the call is made again, and nothing is done twice', async () => {
  const clock = virtualClock()
  const raw = openMemoryStore({ clock })
  let losing = true
  const store: Store = {
    ...raw,
    operations: {
      ...raw.operations,
      async step(piece) {
        const stepped = await raw.operations.step(piece)
        if (losing) throw new Error('the line broke.')
        return stepped
      },
    },
  }
  const queue = queueOn(store, clock)
  await queue.enqueueMany(failing, [{}, {}])
  await runUntilIdle(queue, { jobs: [failing] })
  const failed = queue.matching({ state: 'failed' })
  await expect(failed.retry({ operation: 'x' })).rejects.toMatchObject({ code: 'operation_incomplete' })
  await runUntilIdle(queue, { jobs: [failing] })
  losing = false

  expect(await failed.retry({ operation: 'x' })).toEqual({ operation: 'x', dryRun: false, jobs: 2 })
  expect(await queue.count({ state: 'failed' })).toBe(2)
  await queue.close()
})

plainTest('what waits may be due at a date of another realm', async () => {
  const queue = queueOn(openMemoryStore(), virtualClock())
  await queue.enqueueMany(mail, [1])
  await queue.matching({ all: true }).reschedule(runInNewContext('new Date(Date.UTC(2030, 0, 1))'))
  expect(await queue.list()).toMatchObject([{ dueAt: new Date(Date.UTC(2030, 0, 1)) }])
  await queue.close()
})

const empty = {} as Record<string, string>

plainTest.each<[string, MatchingFilter, string]>([
  ['nothing at all', {}, 'filter'],
  ['a variable that nobody has set', { queue: 'mail', tag: empty.user } as MatchingFilter, 'tag'],
  ['only that not all are meant', { all: false }, 'filter'],
])('a filter of %s is refused', async (_, filter, option) => {
  const queue = queueOn(openMemoryStore(), virtualClock())
  expect(() => queue.matching(filter)).toThrow(
    expect.objectContaining({ code: 'invalid_option', facts: expect.objectContaining({ option }) }),
  )
  await queue.close()
})

plainTest('what cannot be done is said before anything is', async () => {
  const queue = queueOn(openMemoryStore(), virtualClock())
  const pending = queue.matching({ state: 'pending' })
  const absent = undefined as never
  for (const call of [
    () => pending.delete(),
    () => pending.retry(),
    () => pending.reprioritise(1.5),
    () => pending.reprioritise(absent),
    () => pending.reschedule(new Date(Number.NaN)),
    () => pending.reschedule('soon' as never),
    () => pending.cancel(5 as never),
    () => pending.cancel('x', { by: '' }),
    () => queue.operations({ limit: 0 }),
  ])
    await expect(call()).rejects.toMatchObject({ code: 'invalid_option' })
  await expect(pending.move('a queue')).rejects.toMatchObject({ code: 'invalid_name' })
  await expect(pending.cancel('x', { operation: 'a\nb' })).rejects.toMatchObject({ code: 'invalid_name' })
  expect(await queue.operations()).toEqual([])
  await queue.close()
})

/** An object with a property that gives one thing first, and another one ever after. */
const changing = <Value>(name: string, [first, later]: readonly [Value, Value]): Record<string, Value> => {
  let reads = 0
  const get = () => (reads++ === 0 ? first : later)
  return Object.defineProperty({}, name, { get, enumerable: true })
}

plainTest.each<[string, () => MatchingFilter]>([
  ['a condition', () => changing<unknown>('tag', ['one', undefined])],
  ['a value within the input', () => ({ input: changing('user', ['one', 'two']) })],
  [
    'the name of a definition',
    () => ({ job: { ...mail, ...changing('name', ['test.mail', 'test.other']) } }),
  ],
])('a filter is read once, when it is given, and kept as it was then: %s', async (_, filterOf) => {
  const queue = queueOn(openMemoryStore(), virtualClock())
  await queue.enqueueMany(mail, [{ user: 'one' }], { tags: ['one'] })
  await queue.enqueueMany(failing, [{ user: 'two' }], { tags: ['two'] })
  const fitting = queue.matching(filterOf())
  expect(await fitting.cancel('one', { dryRun: true })).toEqual({ dryRun: true, jobs: 1 })
  expect(await fitting.cancel('one', { operation: 'x' })).toMatchObject({ jobs: 1 })
  expect(await fitting.cancel('one', { operation: 'x' })).toMatchObject({ jobs: 1 })
  expect(await queue.list({ state: 'pending' })).toMatchObject([{ name: 'test.failing' }])
  await queue.close()
})

plainTest('what is changed of a filter after the call changes nothing', async () => {
  const queue = queueOn(openMemoryStore(), virtualClock())
  await queue.enqueueMany(mail, [{ user: 'one' }, { user: 'two' }])
  const filter = { input: { user: 'one' }, job: { ...mail } as { name: string } & typeof mail }
  const [fitting, listed] = [queue.matching(filter), queue.list({ ...filter, newerThan: '1h' })]
  filter.input.user = 'nobody'
  filter.job.name = 'test.nothing'
  expect(await listed).toMatchObject([{ input: { user: 'one' } }])
  expect(await fitting.cancel()).toMatchObject({ jobs: 1 })
  await queue.close()
})
