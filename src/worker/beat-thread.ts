import { parentPort } from 'node:worker_threads'
import type { WorkerOrder } from '../job/orders.ts'
import { sleep, systemClock } from '../kit/clock.ts'
import { asError } from '../kit/error.ts'
import { systemRandom } from '../kit/random.ts'
import { isTransient } from '../store/errors.ts'
import type { Beat } from '../store/workers.ts'
import { FAILED_BEAT } from './failed-beat.ts'
import { reachWaitMs } from './reach-wait.ts'

/**
 * The thread that beats a worker's lease, beside the event loop: a handler that computes for a minute does not lose
 * its jobs. It also watches the loop by its pulse. A loop that has been blocked for longer than the limit is taken
 * for an endless one: the thread stops beating, the lease lapses, and other workers get the jobs.
 */
export interface BeatThreadData {
  /** Run from the sources, the store's module to load: it exports `openBeat`. */
  readonly module: string | undefined
  readonly data: unknown
  readonly worker: string
  readonly leaseMs: number
  readonly beatMs: number
  readonly blockedLimitMs: number
  /** A counter that the event loop raises about once a beat. */
  readonly pulse: Int32Array
}

export type BeatMessage =
  /** It has its connection, and waits to be told to begin. */
  | { readonly kind: 'reached' }
  | { readonly kind: 'beat'; readonly beat: Beat }
  /** After an error: a beat got through again. */
  | { readonly kind: 'back' }
  | { readonly kind: 'blocked'; readonly blockedMs: number; readonly lapsing: boolean }
  | BeatError

export interface BeatError {
  readonly kind: 'error'
  readonly message: string
  /** The store was not reached, or the connection broke. */
  readonly away: boolean
  /** It takes no more connections. */
  readonly crowded: boolean
}

/** What the thread is told. */
export type BeatCommand = 'begin' | 'stop'

interface BeatConnection {
  /** Connects, so that the first beat need not; left out where there is nothing to connect to. */
  open?(): Promise<void>
  extend(worker: string, leaseMs: number): Promise<Beat>
  close(): Promise<void>
}

export type OpenBeat = (data: unknown) => BeatConnection

/** Pulses that may be missed before the loop counts as blocked. */
const PULSES_MISSED = 3

/** A busy store is asked again for so long, and for no more than this share of the lease, until that is worth telling. */
const PATIENCE_MS = 2_000
const PATIENCE = 1 / 3

/**
 * Between two tries: a random wait of up to so long. Where several processes write without a pause, the lock is free
 * for moments only, and whoever asks rarely or at regular times misses them: SQLite's own wait, which asks every
 * 100 ms in the end, gave up after 2 s twice in six drains of 100,000 jobs by four processes.
 */
const RETRY_MS = 20

/** All that the thread does. */
export async function beatUntilTold(settings: BeatThreadData, openBeat: OpenBeat): Promise<void> {
  const connection = openBeat(settings.data)
  const [begin, stop] = [new AbortController(), new AbortController()]
  parentPort?.on('message', (command: BeatCommand) => {
    begin.abort()
    if (command === 'stop') stop.abort()
  })
  const waitMs = (tries: number) =>
    reachWaitMs(tries, { hasBegun: begin.signal.aborted, beatMs: settings.beatMs })
  await reach(connection, waitMs, stop.signal)
  await aborted(begin.signal)
  const pulse = new Pulse(settings)
  const beats = new Beats()
  let failed = false
  while (!stop.signal.aborted) {
    const blockedMs = pulse.silentMs()
    const lapsing = blockedMs > settings.blockedLimitMs
    if (blockedMs > settings.beatMs * PULSES_MISSED) send({ kind: 'blocked', blockedMs, lapsing })
    const failedBefore = failed
    if (!lapsing) failed = !(await beats.next(connection, settings, stop.signal))
    if (failedBefore && !failed) send({ kind: 'back' })
    await sleep(systemClock, settings.beatMs * (failed ? FAILED_BEAT : 1), stop.signal)
  }
  await connection.close()
  parentPort?.close()
}

/** Connects, however often it takes: whoever started it decides for how long. */
async function reach(
  connection: BeatConnection,
  waitMs: (tries: number) => number,
  stop: AbortSignal,
): Promise<void> {
  for (let tries = 1; !stop.aborted; tries += 1) {
    try {
      await connection.open?.()
      return send({ kind: 'reached' })
    } catch (error) {
      tell(error)
      await sleep(systemClock, systemRandom() * waitMs(tries), stop)
    }
  }
}

/** The beats of a lease; of each it is told what the worker does not know yet. */
class Beats {
  /** What the worker was told last. */
  #order: WorkerOrder | undefined

  /** Whether the lease was extended, or is known to be lost. */
  async next(connection: BeatConnection, settings: BeatThreadData, stop: AbortSignal): Promise<boolean> {
    try {
      const beat = await extendPatiently(connection, settings, stop)
      const isNews = beat.lost || beat.cancelled.length > 0 || beat.order !== this.#order
      if (isNews) send({ kind: 'beat', beat })
      this.#order = beat.order
      return true
    } catch (error) {
      // The next beat tries again: the lease is several beats long.
      tell(error)
      return false
    }
  }
}

/**
 * Extends the lease between the writes of others. One that is away is not asked at every turn: the next beat is soon.
 *
 * @throws what the store threw, when it stayed busy for too long
 */
async function extendPatiently(
  connection: BeatConnection,
  { worker, leaseMs }: BeatThreadData,
  stop: AbortSignal,
): Promise<Beat> {
  const lastMs = systemClock.elapsed() + Math.min(PATIENCE_MS, leaseMs * PATIENCE)
  for (;;) {
    try {
      return await connection.extend(worker, leaseMs)
    } catch (error) {
      if (!isTransient(error) || error.away || stop.aborted || systemClock.elapsed() > lastMs) throw error
    }
    await sleep(systemClock, systemRandom() * RETRY_MS, stop)
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return sleep(systemClock, Number.POSITIVE_INFINITY, signal)
}

/** How long the event loop has not raised its counter. */
class Pulse {
  readonly #counter: Int32Array
  readonly #stepMaxMs: number
  #last = -1
  #lookedMs = systemClock.elapsed()
  #silentMs = 0

  constructor({ pulse, beatMs }: BeatThreadData) {
    this.#counter = pulse
    this.#stepMaxMs = beatMs * 2
  }

  silentMs(): number {
    const nowMs = systemClock.elapsed()
    const count = Atomics.load(this.#counter, 0)
    // A process that was stopped as a whole was not blocked: this thread stood still with it.
    const stepMs = Math.min(nowMs - this.#lookedMs, this.#stepMaxMs)
    this.#silentMs = count === this.#last ? this.#silentMs + stepMs : 0
    this.#last = count
    this.#lookedMs = nowMs
    return Math.round(this.#silentMs)
  }
}

function tell(error: unknown): void {
  const { away = false, crowded = false } = isTransient(error) ? error : {}
  send({ kind: 'error', message: asError(error).message, away, crowded })
}

function send(message: BeatMessage): void {
  parentPort?.postMessage(message)
}
