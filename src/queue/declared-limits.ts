import { alike, type DefinedLimit, type Limit } from '../job/limit.ts'
import type { QueueSettings } from '../job/queue-settings.ts'
import { within } from '../kit/clock.ts'
import { Scope } from '../kit/scope.ts'
import type { InstrumentedStore } from '../store/instrument.ts'
import { requireAsSet, settingsSet } from './limits-set.ts'

/** Limits that a process remembers to have written: of more, those are forgotten that came first. */
const REMEMBERED_MAX = 10_000
/** How long a queue that is closed waits for limits that are on their way to be written. */
const CLOSE_WAIT_MS = 2_000

/** A limit that is on its way to the store. */
interface OnItsWay {
  readonly limit: Limit
  readonly written: Promise<void>
}

type LimitStore = Pick<InstrumentedStore, 'limits' | 'queues' | 'insideTransaction' | 'until'>

/** The limits that this process has written, so that it writes each once. */
export class DeclaredLimits {
  readonly #store: LimitStore
  readonly #onError: (error: unknown) => void
  readonly #known: Map<string, Limit>
  readonly #scope = new Scope()
  readonly #onTheirWay = new Set<OnItsWay>()

  constructor(store: LimitStore, onError: (error: unknown) => void, known = new Map<string, Limit>()) {
    this.#store = store
    this.#onError = onError
    this.#known = known
  }

  /** The same, for somebody who will not wait for a store that is away after `signal` has aborted. */
  until(signal: AbortSignal): DeclaredLimits {
    return new DeclaredLimits(this.#store.until(signal), this.#onError, this.#known)
  }

  /**
   * Writes those that are not known yet, or let something else pass than before; `undefined` where nobody has to wait for
   * that. Inside a transaction nobody may: the write waits for its end. Until it is written, its jobs wait at their gates. What is
   * set for a queue otherwise stays so, and that is told: an enqueue need not fail for it.
   */
  declare(limits: readonly DefinedLimit[] | undefined, tx?: object): Promise<void> | undefined {
    const news = limits?.map(({ limit }) => limit).filter((limit) => !this.#knows(limit)) ?? []
    if (news.length === 0) return undefined
    const written = this.#write([...new Map(news.map((limit) => [limit.name, limit])).values()])
    if (tx === undefined && !this.#store.insideTransaction()) return written
    written.catch(this.#onError)
    return undefined
  }

  /** These were set for a queue, and written with it. */
  wasSet(limits: readonly DefinedLimit[]): void {
    this.#keep(limits.map(({ limit }) => limit))
  }

  /** What was to be written later is, or a moment has passed. */
  async written(): Promise<void> {
    const written = [...this.#onTheirWay].map((each) => each.written)
    if (written.length > 0) await within(CLOSE_WAIT_MS, Promise.allSettled(written))
  }

  #knows(limit: Limit): boolean {
    const known = this.#known.get(limit.name)
    return known !== undefined && (known === limit || alike(known, limit))
  }

  /** What is on its way already is waited for: first jobs that come together write their limits once. */
  async #write(limits: readonly Limit[]): Promise<void> {
    const before = limits.map((limit) => [...this.#onTheirWay].find((each) => isSame(each.limit, limit)))
    const news = limits.filter((_, index) => before[index] === undefined)
    const written = before.map((each) => each?.written)
    await Promise.all(news.length === 0 ? written : [...written, this.#send(news)])
  }

  /** In a scope of its own: others wait for it, and it is no part of a transaction that it waits for. */
  #send(limits: readonly Limit[]): Promise<void> {
    const written = this.#scope.run(() => this.#declareUnset(limits)).then(() => this.#keep(limits))
    const sent = limits.map((limit): OnItsWay => ({ limit, written }))
    for (const each of sent) this.#onTheirWay.add(each)
    const arrive = () => sent.forEach((each) => void this.#onTheirWay.delete(each))
    written.then(arrive, arrive)
    return written
  }

  async #declareUnset(limits: readonly Limit[]): Promise<void> {
    const set = await settingsSet(this.#store)
    const agreed = limits.filter((limit) => this.#isAsSet(set, limit))
    if (agreed.length > 0) await this.#store.limits.declare(agreed)
  }

  #isAsSet(set: ReadonlyMap<string, QueueSettings>, limit: Limit): boolean {
    try {
      requireAsSet(set, [{ name: 'a definition or a call', limits: [{ limit, key: limit.name, cost: 1 }] }])
      return true
    } catch (error) {
      this.#onError(error)
      return false
    }
  }

  #keep(limits: readonly Limit[]): void {
    for (const limit of limits) this.#known.set(limit.name, limit)
    for (const name of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED_MAX) break
      this.#known.delete(name)
    }
  }
}

function isSame(one: Limit, other: Limit): boolean {
  return one.name === other.name && alike(one, other)
}
