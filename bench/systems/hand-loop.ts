import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { openQueue } from 'millhand'
import { type Faults, JOB_NAME, type OpenSystem, type Payload, type System } from './system.ts'

/**
 * The limit: the statements that a job must cost on Millhand's own schema, in a loop written by hand. Batches of 200;
 * inserts and outcomes are flushed to the disk, claims are not. No validation, no handlers, no lease, no events.
 */
export const handLoop: System = {
  name: 'hand-loop',
  store: 'file',
  limit: true,
  open: async (file) => {
    // Opening the queue makes the schema.
    const queue = await openQueue(`sqlite:${file}`)
    await queue.close()
    return new HandLoop(file)
  },
}

const BATCH = 200
const POLL_MS = 1
/** The longest wait for the lock; it is drawn by lot, so that processes which met once do not meet again. */
const BUSY_WAIT_MS = 4
const SQLITE_BUSY = 5

/** The number of its one lane, which the queue that makes the schema has not given to another. */
const LANE = 1

const INSERT = `insert into millhand_jobs (id, name, queue, state, waits, lane, priority, due_at, retries, created_at, input)
  values (?, '${JOB_NAME}', 'default', 'pending', 1, ${LANE}, 0, ?, 3, ?, ?)`

const READY = `select seq, id, epoch, input from millhand_jobs
  where waits = 1 and lane = ${LANE} order by priority desc, due_at, seq limit ${BATCH}`

const TAKE = `update millhand_jobs set state = 'running', waits = null, lane = null, worker = ?, started_at = ?,
  epoch = epoch + 1, attempt = attempt + 1 where seq = ?`

const SETTLE = `update millhand_jobs set state = 'complete', worker = null, outcome = 'done', finished_at = ?
  where seq = ? and state = 'running' and worker = ? and epoch = ?`

interface Claimed {
  readonly seq: number
  readonly id: string
  readonly epoch: number
  readonly input: string
}

class HandLoop implements OpenSystem {
  readonly #db: DatabaseSync
  readonly #worker = `hand-loop-${process.pid}`
  readonly #insert: StatementSync
  readonly #ready: StatementSync
  readonly #take: StatementSync
  readonly #settle: StatementSync
  #ids = 0
  #retried = 0

  constructor(file: string) {
    this.#db = new DatabaseSync(file)
    this.#db.exec('pragma journal_mode = wal')
    this.#insert = this.#db.prepare(INSERT)
    this.#ready = this.#db.prepare(READY)
    this.#take = this.#db.prepare(TAKE)
    this.#settle = this.#db.prepare(SETTLE)
  }

  async enqueueMany(payloads: readonly Payload[]): Promise<void> {
    for (let from = 0; from < payloads.length; from += BATCH)
      this.#insertBatch(payloads.slice(from, from + BATCH))
  }

  async enqueue(payload: Payload): Promise<void> {
    this.#insertBatch([payload])
  }

  async drain(count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const jobs = this.#claim()
      this.#settleBatch(jobs)
      left -= jobs.length
    }
  }

  async work(onStart: (payload: Payload) => void): Promise<() => Promise<void>> {
    const stop = new AbortController()
    const ended = this.#workUntil(stop.signal, onStart)
    return () => {
      stop.abort()
      return ended
    }
  }

  async unfinished(): Promise<number> {
    const row = this.#db
      .prepare("select count(*) as count from millhand_jobs where state <> 'complete'")
      .get()
    return Number(row?.count)
  }

  faults(): Faults {
    return { reached: 0, retried: this.#retried }
  }

  async close(): Promise<void> {
    this.#db.close()
  }

  async #workUntil(stop: AbortSignal, onStart: (payload: Payload) => void): Promise<void> {
    while (!stop.aborted) {
      const jobs = await this.#patiently(() => this.#claim())
      for (const { input } of jobs) onStart(JSON.parse(input))
      if (jobs.length > 0) await this.#patiently(() => this.#settleBatch(jobs))
      await (jobs.length > 0 ? nextTurn() : sleep(POLL_MS))
    }
  }

  /** Tries again while another process has the lock, without blocking the event loop for it. */
  async #patiently<Result>(attempt: () => Result): Promise<Result> {
    for (;;) {
      try {
        return attempt()
      } catch (error) {
        if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error
        this.#retried += 1
      }
      await sleep(Math.random() * BUSY_WAIT_MS)
    }
  }

  #claim(): Claimed[] {
    return this.#transaction('normal', () => {
      const jobs = this.#ready.all() as unknown as Claimed[]
      const now = Date.now()
      for (const { seq } of jobs) this.#take.run(this.#worker, now, seq)
      return jobs
    })
  }

  #settleBatch(jobs: readonly Claimed[]): void {
    this.#transaction('full', () => {
      const now = Date.now()
      for (const { seq, epoch } of jobs) this.#settle.run(now, seq, this.#worker, epoch + 1)
    })
  }

  #insertBatch(payloads: readonly Payload[]): void {
    this.#transaction('full', () => {
      const now = Date.now()
      for (const payload of payloads) this.#insert.run(this.#nextId(), now, now, JSON.stringify(payload))
    })
  }

  /** As long as Millhand's, and in rising order as well: the index on it costs the same. */
  #nextId(): string {
    this.#ids += 1
    return `${process.pid}-${this.#ids}`.padStart(36, '0')
  }

  #transaction<Result>(synchronous: 'normal' | 'full', body: () => Result): Result {
    this.#db.exec(`pragma synchronous = ${synchronous}`)
    this.#db.exec('begin immediate')
    try {
      const result = body()
      this.#db.exec('commit')
      return result
    } catch (error) {
      this.#db.exec('rollback')
      throw error
    }
  }
}
