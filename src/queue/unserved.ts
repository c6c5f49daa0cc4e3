import { type JobRecord, toJob } from '../job/job.ts'
import type { Clock, Timer } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { Scope } from '../kit/scope.ts'
import { isVirtualClock } from '../kit/virtual-clock.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { PageSize } from './pages.ts'
import { isServed } from './serving.ts'

interface Parts {
  readonly store: InstrumentedStore
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
}

interface Wait {
  /** When it is to be looked at; `Infinity`: not again. */
  atMs: number
  readonly seen: () => JobRecord | undefined
}

/** A worker that is just being started has claimed by then. */
const PATIENCE_MS = 5_000

/**
 * Tells of results that are waited for in vain: a while after the job is due, no live worker handles it. All waits share one
 * timer, which keeps no process, and one look; of the jobs of one name and queue, one is named. On a virtual clock a test starts
 * its workers when it likes.
 */
export class Unserved {
  readonly #parts: Parts
  readonly #scope = new Scope()
  readonly #waits = new Set<Wait>()
  #timer: Timer | undefined
  #ringsAtMs = Number.POSITIVE_INFINITY

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A result is waited for, until the returned function is called; `seen` gives the job as it was last read. */
  add(seen: () => JobRecord | undefined): () => void {
    const { clock } = this.#parts
    if (isVirtualClock(clock)) return () => {}
    const wait = { atMs: clock.elapsed() + PATIENCE_MS, seen }
    this.#waits.add(wait)
    this.#scope.run(() => this.#arm(wait.atMs))
    return () => void this.#waits.delete(wait)
  }

  #arm(atMs: number): void {
    if (atMs >= this.#ringsAtMs) return
    const { clock } = this.#parts
    this.#timer?.cancel()
    this.#ringsAtMs = atMs
    this.#timer = clock.timer(atMs - clock.elapsed(), () => this.#ring())
    this.#timer.unref?.()
  }

  #ring(): void {
    this.#ringsAtMs = Number.POSITIVE_INFINITY
    const nowMs = this.#parts.clock.elapsed()
    const over = [...this.#waits].filter(({ atMs }) => atMs <= nowMs)
    for (const wait of over) wait.atMs = Number.POSITIVE_INFINITY
    this.#armNext()
    const pending = over.filter(({ seen }) => seen()?.state === 'pending')
    // Whoever closes the queue meanwhile, or a store that is away, is told elsewhere.
    if (pending.length > 0 && this.#parts.events.has('no_worker')) this.#look(pending).catch(() => {})
  }

  #armNext(): void {
    this.#arm([...this.#waits].reduce((first, { atMs }) => Math.min(first, atMs), Number.POSITIVE_INFINITY))
  }

  async #look(waits: readonly Wait[]): Promise<void> {
    const { store, events } = this.#parts
    const [nowMs, workers] = [await store.now(), await store.workers.list()]
    this.#putOff(waits, nowMs)
    const due = waits.flatMap(({ seen }) => seen() ?? []).filter(({ dueAt }) => dueAt <= nowMs)
    const alone = due.filter((record) => !isServed(toJob(record), { workers, nowMs }))
    for (const [{ id, name, queue }, jobs] of alike(await this.#stillPending(alone)))
      events.emit('no_worker', { id, name, queue, jobs })
  }

  /** What is due later is looked at when somebody could have taken it. */
  #putOff(waits: readonly Wait[], nowMs: number): void {
    for (const wait of waits) {
      const dueInMs = (wait.seen()?.dueAt ?? 0) - nowMs
      if (dueInMs > 0) wait.atMs = this.#parts.clock.elapsed() + dueInMs + PATIENCE_MS
    }
    this.#armNext()
  }

  /** Looked at again: what was last read of them may be of before somebody took them. */
  async #stillPending(records: readonly JobRecord[]): Promise<JobRecord[]> {
    const ids = [...new Set(records.map(({ id }) => id))]
    const still: JobRecord[] = []
    const size = new PageSize()
    for (let from = 0, limit = 0; from < ids.length; from += limit) {
      limit = size.next()
      const page = await this.#parts.store.catalog.get(ids.slice(from, from + limit))
      size.saw(page)
      still.push(...page.filter(({ state, worker }) => state === 'pending' && worker === null))
    }
    return still
  }
}

/** The first of those of each name and queue, with how many there are. */
function alike(records: readonly JobRecord[]): Iterable<[JobRecord, number]> {
  const found = new Map<string, [JobRecord, number]>()
  for (const record of records) {
    const kind = JSON.stringify([record.name, record.queue])
    const [first, count] = found.get(kind) ?? [record, 0]
    found.set(kind, [first, count + 1])
  }
  return found.values()
}
