import type { JobRecord } from '../job/job.ts'
import type { Clock } from '../kit/clock.ts'
import { Scope } from '../kit/scope.ts'
import { Service } from '../kit/service.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import { PageSize } from './pages.ts'

/** Called with the job as it is now; `undefined` when there is no such job. */
export type OnRecord = (record: JobRecord | undefined) => void

/** Without any notice, waited-for jobs are looked at this often. */
const LOOK_INTERVAL_MS = 1_000
/** Looking at everything may take at most this share of the time, however many notices come. */
const LOOK_SHARE = 0.2

/**
 * Watches single jobs for those who wait for them. What this process changes is seen at once; what others change is
 * seen when the store notices it, and at the latest with the next look.
 */
export class JobWatch {
  readonly #store: InstrumentedStore
  readonly #clock: Clock
  readonly #watched = new Map<string, Set<OnRecord>>()
  readonly #dirty = new Set<string>()
  readonly #service: Service
  /** It goes on listening for others when whoever was the first to wait has gone. */
  readonly #scope = new Scope()
  readonly #pageSize = new PageSize()
  #lookAtAll = false
  #nextFullLookMs = 0
  #lastFullLookMs = 0
  #stops: (() => void)[] = []
  #closed = new AbortController()

  constructor(store: InstrumentedStore, clock: Clock, onError: (error: unknown) => void) {
    this.#store = store
    this.#clock = clock
    this.#service = new Service({ name: 'watch', clock, onError, runOnce: () => this.#look() })
  }

  /** Calls `onRecord` now and whenever the job may have changed, until the returned function is called. */
  add(id: string, onRecord: OnRecord): () => void {
    const listeners = this.#watched.get(id) ?? new Set()
    listeners.add(onRecord)
    this.#watched.set(id, listeners)
    this.#dirty.add(id)
    if (this.#service.running) this.#service.wake()
    else this.#scope.run(() => this.#start())
    return () => {
      listeners.delete(onRecord)
      if (listeners.size === 0 && this.#watched.get(id) === listeners) this.#watched.delete(id)
      if (this.#watched.size === 0) void this.close()
    }
  }

  async close(): Promise<void> {
    for (const stop of this.#stops.splice(0)) stop()
    this.#closed.abort()
    await this.#service.stop()
  }

  #start(): void {
    this.#closed = new AbortController()
    this.#stops = [
      this.#store.local.on('changed', ({ ids }) => this.#mark(ids)),
      this.#store.listen('changed', () => {
        this.#lookAtAll = true
        this.#service.wake()
      }),
    ]
    this.#service.start()
  }

  #mark(ids: readonly string[]): void {
    const before = this.#dirty.size
    for (const id of ids) if (this.#watched.has(id)) this.#dirty.add(id)
    if (this.#dirty.size > before) this.#service.wake()
  }

  async #look(): Promise<number> {
    const startMs = this.#clock.elapsed()
    const overdue = startMs >= this.#lastFullLookMs + LOOK_INTERVAL_MS
    const full = this.#dirty.size === 0 || overdue || (this.#lookAtAll && startMs >= this.#nextFullLookMs)
    if (full) this.#lastFullLookMs = startMs
    const ids = full ? [...this.#watched.keys()] : [...this.#dirty]
    if (full) this.#lookAtAll = false
    this.#dirty.clear()
    for (let from = 0, limit = 0; from < ids.length; from += limit) {
      limit = this.#pageSize.next()
      await this.#tell(ids.slice(from, from + limit))
    }
    if (this.#watched.size === 0) return Number.POSITIVE_INFINITY
    const tookMs = this.#clock.elapsed() - startMs
    if (full) this.#nextFullLookMs = startMs + tookMs / LOOK_SHARE
    return this.#lookAtAll ? Math.ceil(tookMs / LOOK_SHARE) : LOOK_INTERVAL_MS
  }

  async #tell(ids: string[]): Promise<void> {
    const { catalog } = this.#store.until(this.#closed.signal)
    const found = await catalog.get(ids)
    this.#pageSize.saw(found)
    const records = new Map(found.map((record) => [record.id, record]))
    for (const id of ids) {
      for (const listener of this.#watched.get(id) ?? []) listener(records.get(id))
    }
  }
}
