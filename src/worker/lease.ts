import { hostname } from 'node:os'
import type { WorkerOrder } from '../job/orders.ts'
import { isAble } from '../job/requirements.ts'
import { storableText } from '../job/text.ts'
import { sleep } from '../kit/clock.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import { VERSION } from '../kit/version.ts'
import type { QueueInternals } from '../queue/internals.ts'
import { isTransient, storeError, type TransientError } from '../store/errors.ts'
import type { CancelNotice } from '../store/workers.ts'
import { makeBeater } from './beat.ts'
import type { Beater } from './beater.ts'
import type { WorkerSettings } from './options.ts'

/** The random end of an id: it stands in every row that the worker claims, so that it is kept short. */
const WORKER_ID_CHARACTERS = 12

/** How long it may hold one of the two connections that it needs, and how long it leaves it to others: at random, up to this. */
const YIELD_MS = 2_000
/** A lease that could not be had back is asked for again after this. */
const RENEW_RETRY_MS = 1_000

interface LeaseEvents {
  readonly onCancelled: (notices: readonly CancelNotice[]) => void
  readonly onLost: (worker: string) => void
  /** Told what the worker is to do, when that is something else than before. */
  readonly onOrder: (order: WorkerOrder) => void
  /** Told whether the last beat failed. */
  readonly onMissed: (missed: boolean) => void
}

/**
 * A worker's right to what it has claimed: one row, registered at the start, beaten until the stop. When it was lost,
 * everything under it is over, and the worker goes on under a new one: the process lives.
 */
export class Lease {
  readonly #queue: QueueInternals
  readonly #settings: WorkerSettings
  readonly #events: LeaseEvents
  #worker = ''
  #beater: Beater | undefined
  #renewing: Promise<void> | undefined
  #stopped = new AbortController()
  /** Kept by the worker: it goes along when a lease was lost. */
  #order: WorkerOrder = 'run'

  constructor(queue: QueueInternals, settings: WorkerSettings, events: LeaseEvents) {
    this.#queue = queue
    this.#settings = settings
    this.#events = events
  }

  /** The worker's id under this lease; empty before the start. */
  get worker(): string {
    return this.#worker
  }

  /** Whether it was told from afar to claim no more, as far as it has heard of that: to be quiet, or to stop. */
  get isQuiet(): boolean {
    return this.#order !== 'run'
  }

  get name(): string {
    return storableText(this.#settings.name ?? `${hostname()}-${process.pid}`)
  }

  /** What is to stop does not wait for a store that is away: see `signal`. */
  async start(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    const stopped = new AbortController()
    const giveUp = () => {
      stopped.abort()
      void this.#beater?.stop()
    }
    this.#stopped = stopped
    this.#order = 'run'
    signal.addEventListener('abort', giveUp, { once: true })
    await this.#register().finally(() => signal.removeEventListener('abort', giveUp))
  }

  /**
   * Ends the lease; whatever it still holds goes back to its queue. A store that cannot be written does not keep the
   * worker from stopping: the lease lapses by itself.
   */
  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#renewing
    await this.#beater?.stop()
    this.#beater = undefined
    const worker = this.#worker
    this.#worker = ''
    if (worker !== '')
      await this.#queue.store.workers.deregister(worker).catch((error) => this.#report(error))
  }

  /**
   * The beat has its connection before there is a lease to lose. A server may have one left for that and none for the
   * queue, while others wait for a second one likewise: then it lets go of it for a moment, or none of them would start.
   */
  async #register(): Promise<void> {
    const { clock, random, openTimeoutMs, ids } = this.#queue
    const untilMs = clock.elapsed() + openTimeoutMs
    for (;;) {
      this.#stopped.signal.throwIfAborted()
      const worker = ids().slice(-WORKER_ID_CHARACTERS)
      const beater = this.#makeBeater(worker, untilMs - clock.elapsed())
      this.#beater = beater
      try {
        await beater.open()
        await this.#enter(worker)
        this.#worker = worker
        return beater.start()
      } catch (error) {
        await beater.stop()
        const crowd = crowdOf(error)
        if (!crowd) throw error
        if (clock.elapsed() >= untilMs) throw tooMany(this.#queue.store.location, crowd)
      }
      await sleep(clock, random() * YIELD_MS, this.#stopped.signal)
    }
  }

  /** Makes the lease. Gives up sooner than it would otherwise where the server takes no more connections. */
  async #enter(worker: string): Promise<void> {
    const { events, clock, random, store } = this.#queue
    const { leaseMs, concurrency, names, queues, schedules, ability } = this.#settings
    const crowded = new AbortController()
    const untilMs = clock.elapsed() + random() * YIELD_MS
    const stopWatching = events.on('store_retry', ({ error }) => {
      if (isTransient(error) && error.crowded && clock.elapsed() > untilMs) crowded.abort()
    })
    try {
      await store.until(AbortSignal.any([crowded.signal, this.#stopped.signal])).workers.register({
        id: worker,
        name: this.name,
        host: hostname(),
        pid: process.pid,
        version: VERSION,
        names,
        ...(isAble(ability) && { ability }),
        queues,
        concurrency,
        leaseMs,
        order: this.#order,
        ...(schedules.size > 0 && { schedules: [...schedules.keys()] }),
      })
    } finally {
      stopWatching()
    }
  }

  #makeBeater(worker: string, openMs: number): Beater {
    const { events, clock, store } = this.#queue
    const { leaseMs, beatMs, blockedLimitMs } = this.#settings
    // A beat that waits for a store that is away, or busy, ends with the lease.
    return makeBeater(store.until(this.#stopped.signal), {
      worker,
      openMs,
      leaseMs,
      beatMs,
      blockedLimitMs,
      clock,
      onBeat: ({ lost, cancelled, order }) => {
        if (!lost && order !== this.#order) this.#obey(worker, order)
        if (cancelled.length > 0) this.#events.onCancelled(cancelled)
        if (lost && worker === this.#worker) this.#renewing = this.#renew(worker)
      },
      onBlocked: (blockedMs, lapsing) => events.emit('loop_blocked', { worker, blockedMs, lapsing }),
      onError: (error) => events.emit('loop_error', { loop: 'beat', error }),
      onMissed: (missed) => this.#events.onMissed(missed),
    })
  }

  #obey(worker: string, order: WorkerOrder): void {
    this.#order = order
    this.#queue.events.emit('worker_order', { worker, order })
    this.#events.onOrder(order)
  }

  /** A lost lease cannot be had back: its jobs may run elsewhere. */
  async #renew(worker: string): Promise<void> {
    this.#worker = ''
    const beater = this.#beater
    this.#events.onLost(worker)
    await beater?.stop()
    while (!this.#stopped.signal.aborted) {
      try {
        return await this.#register()
      } catch (error) {
        if (!this.#stopped.signal.aborted) this.#report(error)
      }
      await sleep(this.#queue.clock, RENEW_RETRY_MS, this.#stopped.signal)
    }
  }

  /** A queue that was closed under its worker stops it: there is nothing to be done about that. */
  #report(error: unknown): void {
    if (isMillhandError(error, 'store_closed')) return
    this.#queue.events.emit('loop_error', { loop: 'lease', error: asError(error) })
  }
}

/** The fault of a call that was given up because the server takes no more connections. */
function crowdOf(error: unknown): TransientError | undefined {
  const cause = isMillhandError(error, 'store_busy') ? error.cause : undefined
  return isTransient(cause) && cause.crowded ? cause : undefined
}

function tooMany(location: string, { message }: TransientError): Error {
  return storeError('too_many_connections', { location, problem: message })
}
