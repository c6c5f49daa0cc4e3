import { loadPeer } from '../peers/load.ts'
import { type Connection, connectionTo } from './plainjob-connection.ts'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System } from './system.ts'

/** plainjob with the loop of its own benchmark; `undefined` where it is not installed. */
export async function findPlainjob(): Promise<System | undefined> {
  const library = await loadPeer<Library>('plainjob')
  return library && { name: 'plainjob', store: 'file', open: async (file) => new Plainjob(library, file) }
}

/** The part of plainjob that is used here: it is not installed with the project, which has to compile without it. */
interface Library {
  defineQueue(options: { connection: Connection; logger: Logger }): Queue
  defineWorker(name: string, run: (job: Job) => Promise<void>, options: WorkerOptions): Worker
}

interface Queue {
  add(name: string, data: unknown): { id: number }
  addMany(name: string, data: unknown[]): { ids: number[] }
  countJobs(filter?: { status: number }): number
  close(): void
}

interface Job {
  readonly data: string
}

interface WorkerOptions {
  readonly queue: Queue
  readonly logger: Logger
  readonly pollIntervall: number
  readonly onCompleted: () => void
}

interface Worker {
  start(): Promise<void>
  stop(): Promise<void>
}

type Logger = Record<'error' | 'warn' | 'info' | 'debug', (message: string) => void>

/** As in its own benchmark: only what is wrong is told. */
const QUIET: Logger = { error: console.error, warn: console.error, info: () => {}, debug: () => {} }

/** Its default is a second; it notices a new job only by polling. */
const POLL_MS = 10

const DONE = 2

class Plainjob implements OpenSystem {
  readonly #library: Library
  readonly #queue: Queue

  constructor(library: Library, file: string) {
    this.#library = library
    this.#queue = library.defineQueue({ connection: connectionTo(file), logger: QUIET })
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    this.#queue.addMany(JOB_NAME, [...payloads])
  }

  async enqueue(payload: Payload): Promise<void> {
    this.#queue.add(JOB_NAME, payload)
  }

  async drain(count: number): Promise<void> {
    const all = Promise.withResolvers<void>()
    let left = count
    const worker = this.#worker({
      run: async () => {},
      onCompleted: () => {
        left -= 1
        if (left === 0) all.resolve()
      },
    })
    const ended = worker.start()
    await all.promise
    await worker.stop()
    await ended
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const worker = this.#worker({ run: async ({ data }) => onStart(JSON.parse(data)), onCompleted: () => {} })
    const ended = worker.start()
    return async () => {
      await worker.stop()
      await ended
    }
  }

  async unfinished(): Promise<number> {
    return this.#queue.countJobs() - this.#queue.countJobs({ status: DONE })
  }

  faults(): Faults {
    return { reached: 0, retried: 0 }
  }

  async close(): Promise<void> {
    this.#queue.close()
  }

  #worker({ run, onCompleted }: { run: (job: Job) => Promise<void>; onCompleted: () => void }): Worker {
    const options = { queue: this.#queue, logger: QUIET, pollIntervall: POLL_MS, onCompleted }
    return this.#library.defineWorker(JOB_NAME, run, options)
  }
}
