import { setTimeout as sleep } from 'node:timers/promises'
import { defineJob, openQueue, type Queue, Worker } from 'millhand'
import { monotonicMs, rate, within } from '../measure.ts'
import { SMALL_PAYLOAD } from '../systems/system.ts'

/** So much at a time is under way while the capacity is measured: more than the worker takes at once. */
const UNDER_WAY = 500
/** Until the first jobs are pruned, and the second time that is so the code is as warm as it gets. */
const WARM_UP_MS = 12_000
const MEASURED_MS = 15_000
/** One after the other, so that every arrival has its own moment, as requests have. */
const TICK_MS = 1
/** Whoever has not started all jobs by then does not keep up. */
const LATE_MS = 120_000
/** Finished jobs are kept only so long, so that what is kept comes to rest within a soak. */
const KEPT = '5s'
const PRUNE_INTERVAL = '1s'

const work = defineJob({ name: 'soak.work' })

/** A queue and a worker in this process, and jobs that arrive, run and are pruned. */
export class Mill implements AsyncDisposable {
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #pickupsMs: number[] = []
  readonly #arrivals = new Map<number, number>()
  #enqueued = 0
  #twice = 0
  #onStart: () => void = () => {}

  private constructor(queue: Queue) {
    this.#queue = queue
    const jobs = [work.handle(async (input) => this.#started(Number((input as { number: string }).number)))]
    const retention = { complete: KEPT } as const
    this.#worker = new Worker(queue, { jobs, retention, pruneInterval: PRUNE_INTERVAL })
  }

  static async open(url: string): Promise<Mill> {
    const mill = new Mill(await openQueue(url))
    await mill.#worker.start()
    return mill
  }

  get enqueued(): number {
    return this.#enqueued
  }

  /** Jobs that were acknowledged and have not been started. */
  get waiting(): number {
    return this.#arrivals.size
  }

  get twice(): number {
    return this.#twice
  }

  /** Jobs a second that are stored, run, settled and pruned side by side, as fast as they come. */
  async capacity(): Promise<number> {
    let [startMs, counted] = [Number.POSITIVE_INFINITY, 0]
    const endMs = monotonicMs() + WARM_UP_MS + MEASURED_MS
    const all = Promise.withResolvers<void>()
    this.#onStart = () => {
      const nowMs = monotonicMs()
      if (nowMs > endMs) return all.resolve()
      if (nowMs > endMs - MEASURED_MS) {
        startMs = Math.min(startMs, nowMs)
        counted += 1
      }
      void this.#enqueue(nowMs)
    }
    for (let job = 0; job < UNDER_WAY; job += 1) void this.#enqueue(monotonicMs())
    await all.promise
    this.#onStart = () => {}
    await this.rest()
    return rate(counted, endMs - startMs)
  }

  /** Lets so many jobs a second arrive by the clock, so that one who falls behind does not get fewer of them. */
  async load(perSecond: number, durationMs: number): Promise<void> {
    const beginMs = monotonicMs()
    const jobs = Math.round((durationMs / 1_000) * perSecond)
    for (let arrived = 0; arrived < jobs; ) {
      const atMs = beginMs + (arrived / perSecond) * 1_000
      if (atMs > monotonicMs()) {
        await sleep(TICK_MS)
        continue
      }
      arrived += 1
      void this.#enqueue(atMs)
    }
  }

  /** The times from arrival to start since this was last asked. */
  takePickups(): number[] {
    return this.#pickupsMs.splice(0)
  }

  rows(): Promise<number> {
    return this.#queue.count()
  }

  /** Until every job has been started. */
  async rest(): Promise<void> {
    const empty = async () => {
      while (this.waiting > 0) await sleep(TICK_MS)
    }
    await within(LATE_MS, `the start of the last ${this.waiting} jobs`, empty())
    this.takePickups()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.stop()
    await this.#queue.close()
  }

  async #enqueue(atMs: number): Promise<void> {
    const number = this.#enqueued
    this.#enqueued += 1
    this.#arrivals.set(number, atMs)
    await this.#queue.enqueue(work, { ...SMALL_PAYLOAD, number: `${number}` })
  }

  #started(number: number): void {
    const atMs = this.#arrivals.get(number)
    if (!this.#arrivals.delete(number) || atMs === undefined) this.#twice += 1
    else this.#pickupsMs.push(monotonicMs() - atMs)
    this.#onStart()
  }
}
