import { alike, type DefinedLimit, type Limit } from '../job/limit.ts'
import { within } from '../kit/clock.ts'
import { Scope } from '../kit/scope.ts'
import type { Store } from '../store/store.ts'

/** Limits that a process remembers to have written: of more, those are forgotten that came first. */
const REMEMBERED_MAX = 10_000
/** How long a queue that is closed waits for limits that are on their way to be written. */
const CLOSE_WAIT_MS = 2_000

/** The limits that this process has written, so that it writes each once. */
export class DeclaredLimits {
  readonly #store: Pick<Store, 'limits' | 'insideTransaction'>
  readonly #onError: (error: unknown) => void
  readonly #known = new Map<string, Limit>()
  readonly #scope = new Scope()
  readonly #writing = new Set<Promise<void>>()

  constructor(store: Pick<Store, 'limits' | 'insideTransaction'>, onError: (error: unknown) => void) {
    this.#store = store
    this.#onError = onError
  }

  /**
   * Writes those that are not known yet, or let something else pass than before; `undefined` where nobody has to wait for
   * that. Inside a transaction nobody may: the write waits for its end. Until it is written, its jobs wait at their gates.
   */
  declare(limits: readonly DefinedLimit[] | undefined, tx?: object): Promise<void> | undefined {
    const news = limits?.map(({ limit }) => limit).filter((limit) => !this.#knows(limit)) ?? []
    if (news.length === 0) return undefined
    if (tx === undefined && !this.#store.insideTransaction()) return this.#write(news)
    this.#writeLater(news)
    return undefined
  }

  /** What was to be written later is, or a moment has passed. */
  async written(): Promise<void> {
    if (this.#writing.size > 0) await within(CLOSE_WAIT_MS, Promise.all(this.#writing))
  }

  #knows(limit: Limit): boolean {
    const known = this.#known.get(limit.name)
    return known !== undefined && (known === limit || alike(known, limit))
  }

  /** In a scope of its own: it is no part of the transaction that it waits for. */
  #writeLater(limits: readonly Limit[]): void {
    const writing = this.#scope.run(() => this.#write(limits)).catch(this.#onError)
    this.#writing.add(writing)
    void writing.then(() => this.#writing.delete(writing))
  }

  async #write(limits: readonly Limit[]): Promise<void> {
    await this.#store.limits.declare([...new Map(limits.map((limit) => [limit.name, limit])).values()])
    for (const limit of limits) this.#known.set(limit.name, limit)
    for (const name of this.#known.keys()) {
      if (this.#known.size <= REMEMBERED_MAX) break
      this.#known.delete(name)
    }
  }
}
