import { defineJob, isMillhandError, type MillhandError, type Queue, Worker } from 'millhand'
import { expect, test as plainTest } from 'vitest'
import { nextTurn } from '../../src/kit/turn.ts'
import { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { storeError } from '../../src/store/errors.ts'
import { openMemoryStore } from '../../src/store/memory/index.ts'
import type { Store } from '../../src/store/store.ts'
import { queueOn } from '../support/queue.ts'
import { describePostgres, describeSqlite, describeStores } from '../support/stores.ts'

const any = defineJob({ name: 'test.any', run: () => {} })

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index)

async function refusal(promise: Promise<unknown>): Promise<MillhandError<string, Record<string, unknown>>> {
  const error = await promise.then(
    () => new Error('was not refused'),
    (thrown: unknown) => thrown,
  )
  if (!isMillhandError(error)) throw error
  return error as MillhandError<string, Record<string, unknown>>
}

/** How many turns the event loop got during a call. */
async function turnsDuring(call: () => Promise<unknown>, onTurn: () => void): Promise<number> {
  let done = false
  const ended = call().finally(() => {
    done = true
  })
  let turns = 0
  for (; !done; turns += 1) {
    await nextTurn()
    onTurn()
  }
  await ended
  return turns
}

describeStores('many jobs in one call', (test) => {
  test('into a queue that becomes full: the error says exactly what is in', async ({ open }) => {
    const queue = await open({ pendingMax: 2_500 })
    const error = await refusal(queue.enqueueMany(any, numbers(3_000)))
    expect(error).toMatchObject({
      ...{ code: 'enqueue_incomplete', facts: { stored: 2_000, of: 3_000 }, cause: { code: 'queue_full' } },
      message: expect.stringMatching(/stored the first 2000 of 3000 jobs.*items from index 2000 on/s),
    })
    expect(await queue.count()).toBe(2_000)
    const ids = error.facts.ids as string[]
    const [first, last] = [await queue.get(ids[0] ?? ''), await queue.get(ids[1_999] ?? '')]
    expect([ids.length, first?.input, last?.input]).toEqual([2_000, 0, 1_999])
  })

  test('up to a thousand are stored all or none', async ({ open }) => {
    const queue = await open({ pendingMax: 999 })
    expect((await refusal(queue.enqueueMany(any, numbers(1_000)))).code).toBe('queue_full')
    expect(await queue.count()).toBe(0)
  })

  test('the input that is refused is named by its index, and nothing is stored', async ({ queue }) => {
    const inputs = [...numbers(1_500), Number.NaN]
    const error = await refusal(queue.enqueueMany(any, inputs))
    expect(error).toMatchObject({ code: 'not_serialisable', message: expect.stringMatching(/at index 1500/) })
    expect(await queue.count()).toBe(0)
  })

  test('the event loop goes on between the pieces, whatever is done', async ({ queue, clock }) => {
    const pieces = 4
    let ids: string[] = []
    const calls: Record<string, () => Promise<unknown>> = {
      enqueue: async () => {
        ids = (await queue.enqueueMany(any, numbers(pieces * 1_000))).map(({ id }) => id)
      },
      cancel: () => queue.cancel(ids),
      retry: () => queue.retry(ids),
      'cancel again': () => queue.cancel(ids),
      prune: () => queue.prune({ cancelled: 0 }),
    }
    let [since, most] = [0, 0]
    const onPiece = () => {
      since += 1
      most = Math.max(most, since)
    }
    queue.on('enqueue', onPiece)
    queue.on('cancel', onPiece)
    const onTurn = () => {
      since = 0
    }
    for (const [verb, call] of Object.entries(calls)) {
      clock.jump(1)
      expect(await turnsDuring(call, onTurn), verb).toBeGreaterThanOrEqual(pieces)
    }
    expect(most).toBe(1)
    expect(await queue.count()).toBe(0)
  })
})

for (const describeStore of [describeSqlite, describePostgres]) {
  describeStore('many jobs in a transaction', (test) => {
    test('a part that does not fit undoes nothing by itself; thrown on, it undoes all', async ({ open }) => {
      const queue = await open({ pendingMax: 1_500 })
      const inTransaction = (thrownOn: boolean) =>
        queue.transaction(async (tx) => {
          const error = await refusal(queue.enqueueMany(any, numbers(2_000), { tx }))
          expect(error).toMatchObject({ code: 'enqueue_incomplete', facts: { stored: 1_000, of: 2_000 } })
          if (thrownOn) throw error
        })
      await expect(inTransaction(true)).rejects.toMatchObject({ code: 'enqueue_incomplete' })
      expect(await queue.count()).toBe(0)
      await inTransaction(false)
      expect(await queue.count()).toBe(1_000)
    })
  })
}

/** A queue of whose store the test answers some calls itself. */
function queueWith(
  catch_: (store: Store) => {
    jobs?: Partial<Store['jobs']>
    catalog?: Partial<Store['catalog']>
    upkeep?: Partial<Store['upkeep']>
  },
): Queue {
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  const { jobs, catalog, upkeep } = catch_(store)
  return queueOn(
    {
      ...store,
      jobs: { ...store.jobs, ...jobs },
      catalog: { ...store.catalog, ...catalog },
      upkeep: { ...store.upkeep, ...upkeep },
    },
    clock,
  )
}

/** The call, but its `failing`-th time. */
function failingAt<Values extends unknown[], Result>(
  failing: number,
  call: (...values: Values) => Promise<Result>,
): (...values: Values) => Promise<Result> {
  let calls = 0
  return async (...values) => {
    calls += 1
    if (calls === failing) throw storeError('store_full', { location: 'memory:' })
    return call(...values)
  }
}

plainTest('where a piece fails, the pieces before it are done, and the error names them', async () => {
  const queue = queueWith(({ jobs, catalog, upkeep }) => ({
    jobs: { insert: failingAt(7, jobs.insert) },
    catalog: { cancel: failingAt(3, catalog.cancel), retry: failingAt(3, catalog.retry) },
    upkeep: { prune: failingAt(2, upkeep.prune) },
  }))
  const cancelled: string[] = []
  const pruned: number[] = []
  queue.on('cancel', (event) => void cancelled.push(...event.ids))
  queue.on('prune', ({ count }) => void pruned.push(count))
  const ids = (await queue.enqueueMany(any, numbers(6_000))).map(({ id }) => id)
  await expect(queue.enqueueMany(any, numbers(2_000))).rejects.toMatchObject({ code: 'store_full' })

  const stopped = await refusal(queue.cancel(ids))
  expect(stopped).toMatchObject({
    ...{ code: 'bulk_incomplete', facts: { verb: 'cancel', done: 2_000 }, cause: { code: 'store_full' } },
    message: expect.stringMatching(/The cancel stopped half way: The disk .* done to 2000 job/s),
  })
  expect(stopped.facts.ids).toEqual(cancelled)
  expect(await queue.count({ state: 'cancelled' })).toBe(2_000)
  // Asked again for all, it does the rest.
  expect(await queue.cancel(ids)).toHaveLength(4_000)

  expect(await refusal(queue.retry(ids))).toMatchObject({ facts: { verb: 'retry', done: 2_000 } })
  expect(await refusal(queue.prune({ cancelled: 0 }))).toMatchObject({
    facts: { verb: 'prune', done: 1_000 },
  })
  expect(pruned).toEqual([1_000])
})

plainTest('a job that is named twice is done once', async () => {
  const queue = queueWith(() => ({}))
  const ids = (await queue.enqueueMany(any, numbers(1_001))).map(({ id }) => id)
  expect(await queue.cancel([...ids, ...ids])).toEqual(ids)
})

plainTest('a name that only a worker knows is asked for once a call', async () => {
  let asked = 0
  const clock = new VirtualClock()
  const store = openMemoryStore({ clock })
  await store.workers.register({
    ...{ id: 'w', name: 'w', host: 'h', pid: 1, version: '0', concurrency: 1, leaseMs: 10_000 },
    ...{ names: ['test.elsewhere'], queues: null },
  } as never)
  const list = async () => {
    asked += 1
    return store.workers.list()
  }
  const queue = queueOn({ ...store, workers: { ...store.workers, list } }, clock)
  await queue.enqueueMany(numbers(50).map((input) => ({ job: 'test.elsewhere', input })))
  expect(asked).toBe(1)
})

plainTest('enqueues that come together go in groups of 8 MiB, and each is stored', async () => {
  const sizes: number[] = []
  const queue = queueWith(({ jobs }) => ({
    jobs: {
      insert: (group, most) => {
        sizes.push(group.reduce((sum, { input }) => sum + input.length, 0))
        return jobs.insert(group, most)
      },
    },
  }))
  const text = 'x'.repeat(1_000_000)
  await Promise.all(numbers(20).map(() => queue.enqueue(any, text)))
  await queue.enqueueMany(
    any,
    numbers(20).map(() => text),
  )
  expect(Math.max(...sizes)).toBeLessThanOrEqual(8 * 1024 * 1024)
  expect(sizes.length).toBeLessThanOrEqual(6)
  expect(await queue.count()).toBe(40)
})

plainTest('one job that the database refuses does not refuse those that came with it', async () => {
  let calls = 0
  const queue = queueWith(({ jobs }) => ({
    jobs: {
      insert: async (group, most) => {
        calls += 1
        if (group.some(({ input }) => input === '"bad"')) throw new RangeError('Invalid string length')
        return jobs.insert(group, most)
      },
    },
  }))
  const inputs = numbers(300).map((index) => (index === 123 ? 'bad' : index))
  const results = await Promise.allSettled(inputs.map((input) => queue.enqueue(any, input)))
  const rejected = results.flatMap((each, index) => (each.status === 'rejected' ? [{ index, ...each }] : []))
  expect(rejected).toMatchObject([
    {
      index: 123,
      reason: { code: 'store_refused', message: expect.stringMatching(/Invalid string length/) },
    },
  ])
  expect(await queue.count()).toBe(299)
  expect(calls).toBeLessThan(25)
})

plainTest('a list ends where its jobs come to 32 MiB, and the next page goes on there', async () => {
  const queue = queueWith(() => ({}))
  await queue.enqueueMany(any, numbers(200))
  await queue.enqueueMany(
    any,
    numbers(50).map(() => 'x'.repeat(1_000_000)),
  )
  const first = await queue.list({ limit: 10_000 })
  expect(first.length).toBeGreaterThan(30)
  expect(first.length).toBeLessThan(45)
  const rest = await queue.list({ limit: 10_000, before: first.at(-1)?.id ?? '' })
  expect(new Set([...first, ...rest].map(({ id }) => id)).size).toBe(250)
  expect(await queue.list({ before: rest.at(-1)?.id ?? '' })).toEqual([])
})

plainTest('a job whose output the database refuses fails and says so; its worker goes on', async () => {
  const echo = defineJob({ name: 'test.echo', run: (input) => input })
  const queue = queueWith(({ jobs }) => ({
    jobs: {
      settle: async (settlements, ...rest) => {
        if (settlements.some(({ output }) => output === '"bad"'))
          throw new RangeError('Invalid string length')
        return jobs.settle(settlements, ...rest)
      },
    },
  }))
  const told: string[] = []
  queue.on('complete', ({ id }) => void told.push(`complete ${id}`))
  queue.on('fail', ({ id, kind }) => void told.push(`fail ${id} ${kind}`))
  const [good, bad] = await queue.enqueueMany(echo, ['good', 'bad'])
  await new Worker(queue, { jobs: [echo] }).runUntilIdle()
  expect(await good?.get()).toMatchObject({ state: 'complete', output: 'good' })
  expect(await bad?.get()).toMatchObject({
    state: 'failed',
    failure: { kind: 'invalid_output', code: 'outcome_refused', attempt: 1 },
  })
  expect(told.toSorted()).toEqual([`complete ${good?.id}`, `fail ${bad?.id} invalid_output`])
})
