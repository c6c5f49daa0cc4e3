import { loadPeer } from '../peers/load.ts'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System, workUntil } from './system.ts'

/** pg-boss as its documentation advises for many small jobs; none where it is not installed. */
export async function findPgBoss(): Promise<System[]> {
  const library = await loadPeer<Library>('pg-boss')
  if (!library) return []
  const open = (policy: Policy) => (url: string) => Boss.open(library, url, policy)
  const plain: System = { name: 'pg-boss', store: 'postgres', open: open('standard') }
  return [{ ...plain, keyed: { ...plain, open: open('exclusive') } }]
}

/** The part of pg-boss that is used here. */
interface Library {
  readonly PgBoss: new (options: Readonly<Record<string, unknown>>) => PgBoss
}

interface PgBoss {
  on(event: 'error', listener: (error: Error) => void): void
  start(): Promise<unknown>
  stop(options: { graceful: boolean }): Promise<void>
  createQueue(name: string, options: { notify: boolean; policy: Policy }): Promise<void>
  send(name: string, data: Payload, options: Options): Promise<unknown>
  insert(name: string, jobs: readonly ({ data: Payload } & Options)[]): Promise<unknown>
  work(
    name: string,
    options: typeof TUNED,
    handler: (jobs: readonly Job[]) => Promise<void>,
  ): Promise<unknown>
  offWork(name: string, options: { wait: boolean }): Promise<void>
  getDb(): { executeSql(sql: string): Promise<{ rows: { count: string }[] }> }
}

/** What is there at a time of each key: any number, or one that waits or runs. */
type Policy = 'standard' | 'exclusive'

interface Options {
  readonly singletonKey?: string
}

interface Job {
  readonly data: Payload
}

/** A full batch is followed by the next one at once: else a drain would wait for the poll. */
const TUNED = {
  batchSize: 500,
  localConcurrency: 4,
  pollingIntervalSeconds: 0.5,
  burstWhenBatchFull: true,
}

/** As many as graphile-worker has. */
const CONNECTIONS = 25
const BULK_JOBS = 10_000

class Boss implements OpenSystem {
  readonly #boss: PgBoss
  readonly #policy: Policy
  #reached = 0

  constructor(boss: PgBoss, policy: Policy) {
    this.#boss = boss
    this.#policy = policy
    boss.on('error', (error) => {
      this.#reached += 1
      console.error(`pg-boss: ${error.message}`)
    })
  }

  static async open({ PgBoss }: Library, connectionString: string, policy: Policy): Promise<OpenSystem> {
    const boss = new PgBoss({ connectionString, max: CONNECTIONS, useListenNotify: true })
    const open = new Boss(boss, policy)
    await boss.start()
    await boss.createQueue(JOB_NAME, { notify: true, policy })
    return open
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    for (let from = 0; from < payloads.length; from += BULK_JOBS) {
      const some = payloads.slice(from, from + BULK_JOBS)
      await this.#boss.insert(
        JOB_NAME,
        some.map((data) => ({ data, ...this.#optionsOf(data) })),
      )
    }
  }

  async enqueue(payload: Payload): Promise<void> {
    await this.#boss.send(JOB_NAME, payload, this.#optionsOf(payload))
  }

  drain(count: number): Promise<void> {
    return workUntil(count, this)
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    await this.#boss.work(JOB_NAME, TUNED, async (jobs) => {
      for (const { data } of jobs) onStart(data)
    })
    return () => this.#boss.offWork(JOB_NAME, { wait: true })
  }

  async unfinished(): Promise<number> {
    const { rows } = await this.#boss
      .getDb()
      .executeSql(`select count(*) from pgboss.job where name = '${JOB_NAME}' and state <> 'completed'`)
    return Number(rows[0]?.count)
  }

  faults(): Faults {
    return { reached: this.#reached, retried: 0 }
  }

  close(): Promise<void> {
    return this.#boss.stop({ graceful: true })
  }

  #optionsOf({ key }: Payload): Options {
    return this.#policy === 'exclusive' && key !== undefined ? { singletonKey: key } : {}
  }
}
