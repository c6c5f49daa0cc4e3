import { type JobRecord, toJob } from '../job/job.ts'
import type { Clock } from '../kit/clock.ts'
import type { Emitter } from '../kit/emitter.ts'
import { Scope } from '../kit/scope.ts'
import { isVirtualClock } from '../kit/virtual-clock.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import type { MillhandEvents } from '../telemetry/events.ts'
import { isServed } from './serving.ts'

interface Parts {
  readonly store: InstrumentedStore
  readonly events: Emitter<MillhandEvents>
  readonly clock: Clock
}

interface Wait {
  readonly sinceMs: number
  readonly seen: () => JobRecord | undefined
}

/** A worker that is just being started has claimed by then. */
const PATIENCE_MS = 5_000

/**
 * Tells of results that are waited for in vain: after a while, no live worker handles the job. All waits share one timer, which
 * keeps no process, and one look; of the jobs of one name and queue, one is named. On a virtual clock a test starts its
 * workers when it likes.
 */
export class Unserved {
  readonly #parts: Parts
  readonly #scope = new Scope()
  readonly #waits = new Set<Wait>()
  #isArmed = false

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** A result is waited for, until the returned function is called; `seen` gives the job as it was last read. */
  add(seen: () => JobRecord | undefined): () => void {
    const { clock } = this.#parts
    if (isVirtualClock(clock)) return () => {}
    const wait = { sinceMs: clock.elapsed(), seen }
    this.#waits.add(wait)
    if (!this.#isArmed) this.#scope.run(() => this.#arm(PATIENCE_MS))
    return () => void this.#waits.delete(wait)
  }

  #arm(delayMs: number): void {
    this.#isArmed = true
    this.#parts.clock.timer(delayMs, () => this.#ring()).unref?.()
  }

  #ring(): void {
    this.#isArmed = false
    const nowMs = this.#parts.clock.elapsed()
    const over = [...this.#waits].filter(({ sinceMs }) => sinceMs + PATIENCE_MS <= nowMs)
    for (const wait of over) this.#waits.delete(wait)
    const [next] = this.#waits
    if (next) this.#arm(next.sinceMs + PATIENCE_MS - nowMs)
    const records = over.flatMap(({ seen }) => seen() ?? []).filter(({ state }) => state === 'pending')
    // Whoever closes the queue meanwhile, or a store that is away, is told elsewhere.
    if (records.length > 0 && this.#parts.events.has('no_worker')) this.#look(records).catch(() => {})
  }

  async #look(records: readonly JobRecord[]): Promise<void> {
    const { store, events } = this.#parts
    const [nowMs, workers] = [await store.now(), await store.workers.list()]
    const due = new Map(records.filter(({ dueAt }) => dueAt <= nowMs).map((record) => [record.id, record]))
    const alone = [...due.values()].filter((record) => !isServed(toJob(record), { workers, nowMs }))
    for (const [{ id, name, queue }, jobs] of alike(alone))
      events.emit('no_worker', { id, name, queue, jobs })
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
