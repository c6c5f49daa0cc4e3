import { hostname } from 'node:os'
import { storableText } from '../job/text.ts'
import { asError } from '../kit/error.ts'
import type { QueueInternals } from '../queue/internals.ts'
import type { CancelNotice } from '../store/workers.ts'
import { type Beater, makeBeater } from './beat.ts'
import type { WorkerSettings } from './options.ts'
import { VERSION } from './version.ts'

/** The random end of an id: it stands in every row that the worker claims, so that it is kept short. */
const WORKER_ID_CHARACTERS = 12

interface LeaseEvents {
  readonly onCancelled: (notices: readonly CancelNotice[]) => void
  readonly onLost: (worker: string) => void
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

  constructor(queue: QueueInternals, settings: WorkerSettings, events: LeaseEvents) {
    this.#queue = queue
    this.#settings = settings
    this.#events = events
  }

  /** The worker's id under this lease; empty before the start. */
  get worker(): string {
    return this.#worker
  }

  get name(): string {
    return storableText(this.#settings.name ?? `${hostname()}-${process.pid}`)
  }

  async start(): Promise<void> {
    this.#stopped = new AbortController()
    await this.#register()
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

  get #claimsAnyName(): boolean {
    return this.#settings.fallback !== undefined || this.#settings.claimsUnknown
  }

  async #register(): Promise<void> {
    const worker = this.#queue.ids().slice(-WORKER_ID_CHARACTERS)
    const { leaseMs, concurrency, queues } = this.#settings
    await this.#queue.store.until(this.#stopped.signal).workers.register({
      id: worker,
      name: this.name,
      host: hostname(),
      pid: process.pid,
      version: VERSION,
      names: this.#claimsAnyName ? null : [...this.#settings.definitions.keys()],
      queues,
      concurrency,
      leaseMs,
    })
    this.#worker = worker
    this.#beater = this.#makeBeater(worker)
    this.#beater.start()
  }

  #makeBeater(worker: string): Beater {
    const { events, clock, store } = this.#queue
    const { leaseMs, beatMs, blockedLimitMs } = this.#settings
    return makeBeater(store, {
      worker,
      leaseMs,
      beatMs,
      blockedLimitMs,
      clock,
      onBeat: ({ lost, cancelled }) => {
        if (cancelled.length > 0) this.#events.onCancelled(cancelled)
        if (lost && worker === this.#worker) this.#renewing = this.#renew(worker)
      },
      onBlocked: (blockedMs, lapsing) => events.emit('loop_blocked', { worker, blockedMs, lapsing }),
      onError: (error) => events.emit('loop_error', { loop: 'beat', error }),
      onMissed: (missed) => this.#events.onMissed(missed),
    })
  }

  /** A lost lease cannot be had back: its jobs may run elsewhere. */
  async #renew(worker: string): Promise<void> {
    this.#worker = ''
    const beater = this.#beater
    this.#events.onLost(worker)
    try {
      await beater?.stop()
      if (!this.#stopped.signal.aborted) await this.#register()
    } catch (error) {
      this.#report(error)
      if (this.#stopped.signal.aborted) return
      this.#worker = worker
      this.#beater = this.#makeBeater(worker)
      this.#beater.start()
    }
  }

  #report(error: unknown): void {
    this.#queue.events.emit('loop_error', { loop: 'lease', error: asError(error) })
  }
}
