import type { InstrumentedStore } from '../store/instrument.ts'

interface SleepOptions {
  readonly pollMs: number
  /** Told of each notice that comes while the ear is open. */
  readonly onNotice: () => void
  /** Told when there is nothing to do. */
  readonly onStarved: () => void
}

/**
 * How an idle claim loop sleeps: it opens its ear, looks once more, and then sleeps until it is told, until the next job
 * is due, or for the poll interval.
 */
export class Sleep {
  readonly #options: SleepOptions
  #stopListening: (() => void) | undefined
  /** When the next job is due; `undefined` where that has to be asked. */
  #nextDueAt: number | null | undefined
  /** Notices so far: one that comes while a claim is under way may be of a job that the claim did not see. */
  #notices = 0
  #starved = false

  constructor(options: SleepOptions) {
    this.#options = options
  }

  /** Whether the last look found nothing, and no notice has come since. */
  get starved(): boolean {
    return this.#starved
  }

  get notices(): number {
    return this.#notices
  }

  /** Something may have become ready. */
  notice(): void {
    this.#notices += 1
    this.#nextDueAt = undefined
    this.#starved = false
    this.#options.onNotice()
  }

  /**
   * How long to sleep, in milliseconds, after a claim that found nothing and began when there had been so many `notices`;
   * 0: look once more, since the ear was not open, or something has come.
   */
  async timeAfter(store: InstrumentedStore, notices: number): Promise<number> {
    const wasListening = this.#stopListening !== undefined
    this.#stopListening ??= store.listen('ready', () => this.notice())
    if (!wasListening) return 0
    const nextDueAt = this.#nextDueAt === undefined ? await store.jobs.nextDueAt() : this.#nextDueAt
    if (notices !== this.#notices) return 0
    this.#nextDueAt = nextDueAt
    const untilDueMs = nextDueAt === null ? Number.POSITIVE_INFINITY : nextDueAt - (await store.now())
    if (untilDueMs <= 0) this.#nextDueAt = undefined
    this.#starved = true
    this.#options.onStarved()
    return Math.max(0, Math.min(untilDueMs, this.#options.pollMs))
  }

  /** It has work, though no slot for more: were it still taken for starved, a slot that is freed would not wake it. */
  awake(): void {
    this.#starved = false
  }

  /** There is work again, or nobody asks for any more: the ear is closed. */
  end(): void {
    this.#starved = false
    this.#stopListening?.()
    this.#stopListening = undefined
    this.#nextDueAt = undefined
  }
}
