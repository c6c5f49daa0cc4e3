import { loadPeer } from '../peers/load.ts'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System, workUntil } from './system.ts'

/** graphile-worker with the settings of its own benchmark; none where it is not installed. */
export async function findGraphileWorker(): Promise<System[]> {
  const library = await loadPeer<Library>('graphile-worker')
  if (!library) return []
  const open = (isKeyed: boolean) => (url: string) => GraphileWorker.open(library, url, isKeyed)
  const plain: System = { name: 'graphile-worker', store: 'postgres', open: open(false) }
  return [{ ...plain, keyed: { ...plain, open: open(true) } }]
}

/** The part of graphile-worker that is used here. */
interface Library {
  readonly Logger: new (factory: () => (level: string, message: string) => void) => Logger
  makeWorkerUtils(options: Options): Promise<WorkerUtils>
  run(options: Options & { noHandleSignals: boolean; taskList: TaskList }): Promise<Runner>
}

type Logger = object
type TaskList = Record<string, (payload: unknown) => Promise<void>>

interface Options {
  readonly logger: Logger
  readonly preset: { readonly worker: Readonly<Record<string, unknown>> }
}

interface Runner {
  stop(): Promise<void>
}

interface WorkerUtils {
  migrate(): Promise<void>
  addJob(identifier: string, payload: Payload, spec: object): Promise<unknown>
  addJobs(jobs: readonly { identifier: string; payload: Payload; jobKey?: string }[]): Promise<unknown>
  withPgClient<Result>(body: (client: Client) => Promise<Result>): Promise<Result>
  release(): Promise<void>
}

interface Client {
  query(sql: string): Promise<{ rows: { count: string }[] }>
}

/** What its page on performance measures with. */
const TUNED = {
  concurrentJobs: 24,
  maxPoolSize: 25,
  localQueue: { size: 500 },
  completeJobBatchDelay: 0,
  failJobBatchDelay: 0,
}

/** Jobs of one call: as fast as a larger one, and it does not hold a string of many megabytes. */
const BULK_JOBS = 10_000

interface Parts {
  readonly library: Library
  readonly options: Options
  readonly utils: WorkerUtils
  /** Whether a job is stored once for each key. */
  readonly isKeyed: boolean
}

class GraphileWorker implements OpenSystem {
  readonly #library: Library
  readonly #options: Options
  readonly #utils: WorkerUtils
  readonly #isKeyed: boolean

  constructor({ library, options, utils, isKeyed }: Parts) {
    this.#library = library
    this.#options = options
    this.#utils = utils
    this.#isKeyed = isKeyed
  }

  static async open(library: Library, connectionString: string, isKeyed: boolean): Promise<OpenSystem> {
    const logger = new library.Logger(() => (level, message) => {
      if (level === 'error') console.error(message)
    })
    const options = { logger, preset: { worker: { connectionString, ...TUNED } } }
    const utils = await library.makeWorkerUtils(options)
    await utils.migrate()
    return new GraphileWorker({ library, options, utils, isKeyed })
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    for (let from = 0; from < payloads.length; from += BULK_JOBS) {
      const some = payloads.slice(from, from + BULK_JOBS)
      await this.#utils.addJobs(
        some.map((payload) => ({ identifier: JOB_NAME, payload, ...this.#keyOf(payload) })),
      )
    }
  }

  async enqueue(payload: Payload): Promise<void> {
    // What is there stays as it is, as with the others.
    const spec = this.#isKeyed ? { ...this.#keyOf(payload), jobKeyMode: 'unsafe_dedupe' } : {}
    await this.#utils.addJob(JOB_NAME, payload, spec)
  }

  drain(count: number): Promise<void> {
    return workUntil(count, this)
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const taskList = { [JOB_NAME]: async (payload: unknown) => onStart(payload as Payload) }
    const runner = await this.#library.run({ ...this.#options, noHandleSignals: true, taskList })
    return () => runner.stop()
  }

  /** It keeps no history: a job that ends well is gone. */
  unfinished(): Promise<number> {
    return this.#utils.withPgClient(async (client) => {
      const { rows } = await client.query('select count(*) from graphile_worker._private_jobs')
      return Number(rows[0]?.count)
    })
  }

  faults(): Faults {
    return { reached: 0, retried: 0 }
  }

  close(): Promise<void> {
    return this.#utils.release()
  }

  #keyOf({ key }: Payload): { jobKey?: string } {
    return this.#isKeyed && key !== undefined ? { jobKey: key } : {}
  }
}
