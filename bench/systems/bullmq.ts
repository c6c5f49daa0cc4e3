import { loadPeer } from '../peers/load.ts'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System } from './system.ts'

/** BullMQ on Redis and on PostgreSQL; none where it is not installed. */
export async function findBullmq(): Promise<System[]> {
  const library = await loadPeer<Library>('bullmq')
  if (!library) return []
  const openOnPostgres = (optionsOf: OptionsOf) => async (connectionString: string) => {
    const classes = library.withBackend(library.createPostgresBackend)
    return new Bullmq(classes, { connectionString, max: CONNECTIONS, migrate: true }, optionsOf)
  }
  const openOnRedis = (optionsOf: OptionsOf) => async (url: string) =>
    new Bullmq(library, redisAt(url), optionsOf)
  return [
    withKeyed({ name: 'bullmq-redis', store: 'redis' }, openOnRedis),
    withKeyed({ name: 'bullmq-postgres', store: 'postgres', slow: true }, openOnPostgres),
  ]
}

/** What is passed with a job. */
type OptionsOf = (payload: Payload) => { readonly deduplication?: { readonly id: string } }

function withKeyed(
  parts: Omit<System, 'open' | 'keyed'>,
  open: (optionsOf: OptionsOf) => System['open'],
): System {
  const keyed: System = {
    ...parts,
    open: open(({ key }) => (key === undefined ? {} : { deduplication: { id: key } })),
  }
  return { ...parts, open: open(() => ({})), keyed }
}

/** The part of BullMQ that is used here. */
interface Library extends Classes {
  readonly createPostgresBackend: object
  withBackend(factory: object): Classes
}

interface Classes {
  readonly Queue: new (name: string, options: { connection: Connection }) => Queue
  readonly Worker: new (
    name: string,
    run: (job: Job) => Promise<void>,
    options: { connection: Connection; concurrency: number },
  ) => Worker
}

type Connection = Readonly<Record<string, unknown>>

interface Queue {
  on(event: 'error', listener: (error: Error) => void): void
  waitUntilReady(): Promise<unknown>
  add(name: string, data: Payload, options: object): Promise<unknown>
  addBulk(jobs: readonly { name: string; data: Payload; opts: object }[]): Promise<unknown>
  getJobCounts(...states: string[]): Promise<Record<string, number>>
  close(): Promise<void>
}

interface Job {
  readonly data: Payload
}

interface Worker {
  on(event: 'completed', listener: () => void): void
  on(event: 'error', listener: (error: Error) => void): void
  waitUntilReady(): Promise<unknown>
  close(): Promise<void>
}

const CONCURRENCY = 100
/** As many as graphile-worker has. */
const CONNECTIONS = 25
const BULK_JOBS = 1_000
/** What it calls a job that has not ended well. */
const UNFINISHED = ['wait', 'paused', 'active', 'delayed', 'prioritized', 'failed']

/** It keeps finished jobs unless told otherwise. */
class Bullmq implements OpenSystem {
  readonly #classes: Classes
  readonly #connection: Connection
  readonly #queue: Queue
  readonly #optionsOf: OptionsOf
  #reached = 0

  constructor(classes: Classes, connection: Connection, optionsOf: OptionsOf) {
    this.#optionsOf = optionsOf
    this.#classes = classes
    this.#connection = connection
    this.#queue = new classes.Queue(JOB_NAME, { connection })
    this.#queue.on('error', this.#onError)
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    for (let from = 0; from < payloads.length; from += BULK_JOBS) {
      const some = payloads.slice(from, from + BULK_JOBS)
      await this.#queue.addBulk(some.map((data) => ({ name: JOB_NAME, data, opts: this.#optionsOf(data) })))
    }
  }

  async enqueue(payload: Payload): Promise<void> {
    await this.#queue.add(JOB_NAME, payload, this.#optionsOf(payload))
  }

  async drain(count: number): Promise<void> {
    const all = Promise.withResolvers<void>()
    let left = count
    const worker = this.#worker(async () => {})
    worker.on('completed', () => {
      left -= 1
      if (left === 0) all.resolve()
    })
    await all.promise
    await worker.close()
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const worker = this.#worker(async ({ data }) => onStart(data))
    await worker.waitUntilReady()
    return () => worker.close()
  }

  async unfinished(): Promise<number> {
    const counts = await this.#queue.getJobCounts(...UNFINISHED)
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  }

  faults(): Faults {
    return { reached: this.#reached, retried: 0 }
  }

  close(): Promise<void> {
    return this.#queue.close()
  }

  #worker(run: (job: Job) => Promise<void>): Worker {
    const options = { connection: this.#connection, concurrency: CONCURRENCY }
    const worker = new this.#classes.Worker(JOB_NAME, run, options)
    worker.on('error', this.#onError)
    return worker
  }

  readonly #onError = (error: Error): void => {
    this.#reached += 1
    console.error(`BullMQ: ${error.message}`)
  }
}

/** A worker of BullMQ has to wait for Redis however long it takes. */
function redisAt(url: string): Connection {
  const { hostname: host, port, pathname } = new URL(url)
  return { host, port: Number(port), db: Number(pathname.slice(1)), maxRetriesPerRequest: null }
}
