import { nextTurn, onNextTurn } from './turn.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

/**
 * Natural batching: many callers, one call. A call flushes at once when nothing is in flight; what arrives during
 * a flush forms the next one. There is no timer and nothing to tune: the slower the flush, the larger the groups.
 * "At once" is the end of this turn of the event loop, so that calls made side by side go together.
 *
 * Bounded by `groupMax`, the most items that one flush takes. The flush returns one result an item, in order; an
 * Error among them is that item's alone.
 */
export class Coalescer<Item, Result> {
  readonly #flush: (items: Item[]) => Promise<(Result | Error)[]>
  readonly #groupMax: number
  #waiting: Waiting<Item, Result>[] = []
  #flushing = false

  constructor(flush: (items: Item[]) => Promise<(Result | Error)[]>, groupMax: number) {
    this.#flush = flush
    this.#groupMax = groupMax
  }

  /** How many items wait for a flush, those in flight not counted. */
  get waiting(): number {
    return this.#waiting.length
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ item, resolve, reject })
      if (!this.#flushing) {
        this.#flushing = true
        onNextTurn(() => void this.#run())
      }
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, this.#groupMax)
      try {
        const results = await this.#flush(group.map((each) => each.item))
        group.forEach((each, index) => {
          const result = results[index] as Result | Error
          if (result instanceof Error) each.reject(result)
          else each.resolve(result)
        })
      } catch (error) {
        for (const each of group) each.reject(error)
      }
      // A store that answers at once leaves no time for a group to form: let everything that is ready now arrive.
      await nextTurn()
    }
    this.#flushing = false
  }
}
