import { randomUUID } from 'node:crypto'
import { defineJob, type MillhandError, openQueue, type Queue, Worker } from 'millhand'
import pg from 'pg'
import { test as base, expect } from 'vitest'
import { PostgresServer } from '../support/postgres-server.ts'

/** Of the server: as a superuser, the tests have all of them. */
const CONNECTIONS = 20
const LEASE_MS = 4_000
const LEASE = { lease: LEASE_MS, beat: '300ms', rescueInterval: '100ms', pollInterval: '200ms' } as const
/** As patient as a test is with what has no promise of time in it. */
const PATIENT = { timeout: 60_000, interval: 50 } as const

/** `test`, with a server that takes few connections, and whoever opens queues on a schema of the test's own. */
const test = base
  // biome-ignore lint/correctness/noEmptyPattern: the test runner reads from the pattern what a fixture needs
  .extend('server', { scope: 'file' }, async ({}, { onCleanup }) => {
    const server = await PostgresServer.start([`max_connections=${CONNECTIONS}`])
    onCleanup(() => server.remove())
    return server
  })
  .extend('crowd', async ({ server }, { onCleanup }) => {
    const crowd = new Crowd(server.url)
    await crowd.open()
    onCleanup(() => crowd.leave())
    return crowd
  })
  .extend('open', ({ server }, { onCleanup }) => {
    const url = `${server.url}?schema=test_${randomUUID().replaceAll('-', '')}`
    const queues: Queue[] = []
    onCleanup(async () => void (await Promise.all(queues.map((queue) => queue.close()))))
    return async (openTimeout: number | '1m' = '1m') => {
      const queue = await openQueue(url, { openTimeout, logger: false })
      queues.push(queue)
      return queue
    }
  })
  .extend('work', ({ open: _ }, { onCleanup }) => {
    const workers: Worker[] = []
    onCleanup(async () => void (await Promise.all(workers.map((worker) => worker.stop({ timeout: 0 })))))
    return async (queue: Queue, job: ReturnType<typeof counting>['job']) => {
      const worker = new Worker(queue, { ...LEASE, jobs: [job], concurrency: 5 })
      workers.push(worker)
      await worker.start()
      return worker
    }
  })

/** Somebody else's connections: as many as there are. */
class Crowd {
  readonly #url: string
  readonly #clients: pg.Client[] = []

  constructor(url: string) {
    this.#url = url
  }

  /** Takes one, if there is one. */
  async open(): Promise<boolean> {
    const client = new pg.Client({ connectionString: this.#url, application_name: 'crowd' })
    client.on('error', () => {})
    try {
      await client.connect()
      this.#clients.push(client)
      return true
    } catch {
      return false
    }
  }

  async fill(): Promise<void> {
    while (await this.open());
  }

  async leave(): Promise<void> {
    for (const client of this.#clients.splice(1)) await client.end()
    await this.#clients.pop()?.end()
  }

  /** What is left of it is one connection, for the test to look through. */
  async thinOut(): Promise<void> {
    for (const client of this.#clients.splice(1)) await client.end()
  }

  async ask<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    const { rows } = (await this.#clients[0]?.query(sql, values)) ?? { rows: [] }
    return rows as Row[]
  }

  /** Connections by what they call themselves. */
  async count(name: string): Promise<number> {
    const sql = 'select count(*)::integer as count from pg_stat_activity where application_name = $1'
    const [row] = await this.ask<{ count: number }>(sql, [name])
    return row?.count ?? 0
  }
}

/** A job that counts how often each has run, and ends when it may. */
function counting(ends: Promise<void> = Promise.resolve()) {
  const runs = new Map<string, number>()
  const job = defineJob({
    name: 'test.count',
    async run(_input: unknown, ctx) {
      runs.set(ctx.job.id, (runs.get(ctx.job.id) ?? 0) + 1)
      const aborted = new Promise((_, reject) => {
        ctx.signal.addEventListener('abort', () => reject(ctx.signal.reason))
      })
      await Promise.race([ends, aborted])
    },
  })
  return { job, runs }
}

/** Resolves when each live worker has beaten for longer than two leases, from now on. */
async function outliveLeases(queue: Queue): Promise<void> {
  const beatAts = async () => (await queue.workers()).map(({ beatAt }) => beatAt)
  const latest = Math.max(...(await beatAts())) + 2 * LEASE_MS
  await expect.poll(async () => Math.min(...(await beatAts())), PATIENT).toBeGreaterThan(latest)
}

test('more workers than the server has connections for: every job runs once, and who gets none says so', async ({
  open,
  work,
}) => {
  const queue = await open()
  // Whoever looks on keeps a connection of its own, before the others take all.
  void queue.subscribe({ capacity: 1 }).next()
  const ends = Promise.withResolvers<void>()
  const { job, runs } = counting(ends.promise)
  const jobs = await queue.enqueueMany(job, Array.from({ length: 1_000 }))
  const lost: unknown[] = []
  const start = async () => {
    const own = await open(15_000)
    own.on('lease_lost', (event) => lost.push(event))
    return work(own, job)
  }
  const started = await Promise.allSettled(Array.from({ length: 16 }, start))
  const refused = started.flatMap((each) =>
    each.status === 'rejected' ? [each.reason as MillhandError] : [],
  )

  await outliveLeases(queue)
  ends.resolve()
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(jobs.length)
  expect([...runs.values()]).toEqual(jobs.map(() => 1))
  expect(lost).toEqual([])
  expect(refused.length).toBeGreaterThan(0)
  // Nine fit; those that wait for a second connection hold one that others wait for.
  expect(refused.length).toBeLessThan(13)
  for (const error of refused) {
    expect(error).toMatchObject({ code: 'too_many_connections' })
    expect(error.message).toMatch(/max_connections/)
  }
})

test('a worker whose beat gets no connection does not begin: it says so, and is gone', async ({
  crowd,
  open,
  work,
}) => {
  const queue = await open(300)
  const { job, runs } = counting()
  await queue.enqueue(job)
  await crowd.fill()

  await expect(work(queue, job)).rejects.toMatchObject({
    code: 'too_many_connections',
    message: expect.stringMatching(/no connection left: .*max_connections.*docs\/postgres\.md/),
  })
  expect(runs.size).toBe(0)
  await expect(open(0)).rejects.toMatchObject({ code: 'too_many_connections' })

  await crowd.thinOut()
  expect(await queue.workers()).toEqual([])
  await work(queue, job)
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(1)
})

test('a beat that lost its connection to others goes on through what the queue has, and no lease is lost', async ({
  crowd,
  open,
  work,
}) => {
  const queue = await open()
  const lost: unknown[] = []
  queue.on('lease_lost', (event) => lost.push(event))
  const ends = Promise.withResolvers<void>()
  const { job, runs } = counting(ends.promise)
  await work(queue, job)
  await queue.enqueue(job)
  await expect.poll(() => runs.size, PATIENT).toBe(1)
  // Those that it does not need are closed, or the beat would have them one by one.
  await expect.poll(() => crowd.count('millhand'), PATIENT).toBe(1)

  await expect
    .poll(async () => {
      const end = `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'millhand beat'`
      await Promise.all([crowd.ask(end), crowd.fill()])
      await crowd.fill()
      return crowd.count('millhand beat')
    }, PATIENT)
    .toBe(0)
  await outliveLeases(queue)
  expect(await crowd.count('millhand beat')).toBe(0)

  ends.resolve()
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(1)
  expect([...runs.values()]).toEqual([1])
  expect(lost).toEqual([])
  await crowd.thinOut()
  await expect.poll(() => crowd.count('millhand beat'), PATIENT).toBe(1)
})

test('a server without a connection left makes a busy worker slow, and nothing fails', async ({
  crowd,
  open,
  work,
}) => {
  const queue = await open()
  const { job, runs } = counting()
  await work(queue, job)
  await crowd.fill()

  const jobs = await queue.enqueueMany(job, Array.from({ length: 500 }))
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(jobs.length)
  expect([...runs.values()]).toEqual(jobs.map(() => 1))
})

test('a worker that rests has two connections: one for all it says and hears, and one for its beat', async ({
  crowd,
  open,
  work,
}) => {
  const queue = await open()
  const { job } = counting()
  await work(queue, job)
  await queue.enqueueMany(job, Array.from({ length: 500 }))
  await Promise.all(Array.from({ length: 8 }, () => queue.count()))
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(500)

  await expect.poll(() => crowd.count('millhand'), PATIENT).toBe(1)
  expect(await crowd.count('millhand beat')).toBe(1)
  // The one that is left is enough to go on with.
  await queue.enqueue(job)
  await expect.poll(() => queue.count({ state: 'complete' }), PATIENT).toBe(501)
})
