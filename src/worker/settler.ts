import { STATEMENT_CHARACTERS_MAX, STATEMENT_ROWS_MAX } from '../job/limits.ts'
import type { Settlement } from '../job/outcome.ts'
import { type Substitute, substitute } from '../job/unwritable.ts'
import { type Clock, sleep } from '../kit/clock.ts'
import { Coalescer } from '../kit/coalesce.ts'
import { asError, isMillhandError } from '../kit/error.ts'
import type { Settled } from '../store/jobs.ts'
import { isRefusal, mayBeRefusal } from '../store/refusal.ts'
import type { Store } from '../store/store.ts'
import { MovingMean } from './prefetch.ts'

/** After a store that could not be written: doubled up to 5 s. An outcome is kept until it is written or refused. */
const FIRST_BACKOFF_MS = 50
const LONGEST_BACKOFF_MS = 5_000

/** An error that says nothing of what was written may be the store's, and pass: for so long it is taken for that. */
const DOUBT_MS = 60_000

/** So many outcomes make a group that need not grow: the flush to the disk is small beside writing them. */
const ENOUGH = 100

/**
 * Writes outcomes, in groups. A store that is away for a minute costs a minute: outcomes wait, their jobs do not run
 * again as long as the lease is held. A group that is refused for what is in it is halved until only the bad one is
 * left; that job fails instead, and says why. If even that is refused, it is given up: no outcome keeps the others.
 */
export class Settler {
  /** Mean time that a group takes to be written. */
  readonly flushMs = new MovingMean()
  readonly #store: Store
  readonly #clock: Clock
  readonly #onError: (error: Error) => void
  readonly #groups: Coalescer<Settlement, Settled>
  readonly #abandoned = new AbortController()
  /** Made with the first one: nobody looks for what never was. */
  #substitutes: WeakMap<Settlement, Substitute> | undefined

  constructor(store: Store, options: { clock: Clock; onError: (error: Error) => void }) {
    this.#store = store
    this.#clock = options.clock
    this.#onError = options.onError
    this.#groups = new Coalescer((settlements) => this.#write(settlements), STATEMENT_ROWS_MAX, {
      enough: ENOUGH,
      sizeOf: ({ output, errors }) => (output?.length ?? 0) + (errors?.length ?? 0),
      sizeMax: STATEMENT_CHARACTERS_MAX,
    })
  }

  /** About how many bytes of outcomes are not written yet. */
  get waitingBytes(): number {
    return this.#groups.size
  }

  /** Resolves when the outcome is written or refused. */
  add(settlement: Settlement): Promise<Settled> {
    return this.#groups.add(settlement)
  }

  /** What was written in place of an outcome that could never be. */
  substituteOf(settlement: Settlement): Substitute | undefined {
    return this.#substitutes?.get(settlement)
  }

  /** Gives up on what cannot be written: the jobs are rescued when the lease has lapsed, and run again. */
  abandon(): void {
    this.#abandoned.abort()
  }

  async #write(settlements: readonly Settlement[], doubtMs = DOUBT_MS): Promise<Settled[]> {
    const startMs = this.#clock.elapsed()
    // One that was doubted before may have been written, and only its answer lost.
    let isRepeated = doubtMs === 0
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(backoffMs * 2, LONGEST_BACKOFF_MS)) {
      try {
        return await this.#settle(settlements, isRepeated)
      } catch (error) {
        isRepeated = true
        this.#onError(asError(error))
        // A closed store does not come back.
        const hopeless = this.#abandoned.signal.aborted || isMillhandError(error, 'store_closed')
        if (hopeless) return settlements.map(() => 'refused' as const)
        const doubted = mayBeRefusal(error) && this.#clock.elapsed() - startMs >= doubtMs
        if (doubted || isRefusal(error)) return this.#writeApart(settlements, asError(error))
      }
      await sleep(this.#clock, backoffMs, this.#abandoned.signal)
    }
  }

  async #settle(settlements: readonly Settlement[], isRepeated: boolean): Promise<Settled[]> {
    const startMs = this.#clock.elapsed()
    const results = await this.#store.jobs.settle(settlements, isRepeated)
    this.flushMs.add(this.#clock.elapsed() - startMs)
    return results
  }

  /** Whose fault it is, half by half. Nothing is doubted any more. */
  async #writeApart(settlements: readonly Settlement[], error: Error): Promise<Settled[]> {
    const [only] = settlements
    if (only && settlements.length === 1) return [await this.#writeSubstitute(only, error)]
    const middle = Math.ceil(settlements.length / 2)
    return [
      ...(await this.#write(settlements.slice(0, middle), 0)),
      ...(await this.#write(settlements.slice(middle), 0)),
    ]
  }

  async #writeSubstitute(settlement: Settlement, { message }: Error): Promise<Settled> {
    const nowMs = await this.#store.now().catch(() => this.#clock.now())
    const instead = substitute(settlement, message, nowMs)
    // Told in any case: an outcome was lost.
    this.#onError(instead.outcome.error)
    if (this.#isSubstitute(settlement)) return 'refused'
    this.#substitutes ??= new WeakMap()
    this.#substitutes.set(instead.settlement, instead)
    const [settled = 'refused'] = await this.#write([instead.settlement], 0)
    if (settled === 'settled') this.#substitutes.set(settlement, instead)
    return settled
  }

  #isSubstitute(settlement: Settlement): boolean {
    return this.substituteOf(settlement)?.settlement === settlement
  }
}
