import type { InstrumentedStore } from '../store/instrument.ts'

/**
 * How an idle claim loop sleeps: it opens its ear, looks once more, and then sleeps until it is told, until the next job
 * is due, or for the poll interval.
 */
export class Sleep {
  readonly #pollMs: number
  readonly #onNotice: () => void
  #stopListening: (() => void) | undefined
  /** When the next job is due; `undefined` where that has to be asked. */
  #nextDueAt: number | null | undefined
  /** Notices so far: one that comes while a claim is under way may be of a job that the claim did not see. */
  #notices = 0

  /** `onNotice`: told of each notice that comes while the ear is open. */
  constructor(pollMs: number, onNotice: () => void) {
    this.#pollMs = pollMs
    this.#onNotice = onNotice
  }

  get notices(): number {
    return this.#notices
  }

  /** Something may have become ready. */
  notice(): void {
    this.#notices += 1
    this.#nextDueAt = undefined
    this.#onNotice()
  }

  /**
   * How long to sleep, in milliseconds, after a claim that found nothing and began when there had been so many `notices`;
   * 0: look once more, since the ear was not open, or something has come. `undefined` says that it is starved besides.
   */
  async timeAfter(
    store: InstrumentedStore,
    notices: number,
  ): Promise<number | { readonly starvedMs: number }> {
    const wasListening = this.#stopListening !== undefined
    this.#stopListening ??= store.listen('ready', () => this.notice())
    if (!wasListening) return 0
    const nextDueAt = this.#nextDueAt === undefined ? await store.jobs.nextDueAt() : this.#nextDueAt
    if (notices !== this.#notices) return 0
    this.#nextDueAt = nextDueAt
    const untilDueMs = nextDueAt === null ? Number.POSITIVE_INFINITY : nextDueAt - (await store.now())
    if (untilDueMs <= 0) this.#nextDueAt = undefined
    return { starvedMs: Math.max(0, Math.min(untilDueMs, this.#pollMs)) }
  }

  /** There is work again. */
  end(): void {
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#nextDueAt = undefined
  }
}
