import { alike, type DefinedLimit, type Limit } from '../job/limit.ts'
import type { Store } from '../store/store.ts'

/** Limits that a process remembers to have written: of more, those are forgotten that came first. */
const REMEMBERED_MAX = 10_000

/** The limits that this process has written, so that it writes each once. */
export class DeclaredLimits {
  readonly #store: Pick<Store, 'limits'>
  readonly #known = new Map<string, Limit>()

  constructor(store: Pick<Store, 'limits'>) {
    this.#store = store
  }

  /** Writes those that are not known yet, or let something else pass than before; `undefined` where that is none. */
  declare(limits: readonly DefinedLimit[] | undefined): Promise<void> | undefined {
    const news = limits?.map(({ limit }) => limit).filter((limit) => !this.#knows(limit)) ?? []
    return news.length === 0 ? undefined : this.#write(news)
  }

  #knows(limit: Limit): boolean {
    const known = this.#known.get(limit.name)
    return known !== undefined && (known === limit || alike(known, limit))
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
