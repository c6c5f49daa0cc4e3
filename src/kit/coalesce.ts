import { Scope } from './scope.ts'
import { onNextTurn, onPromisesDone } from './turn.ts'

interface Waiting<Item, Result> {
  readonly item: Item
  readonly size: number
  readonly resolve: (result: Result) => void
  readonly reject: (error: unknown) => void
}

interface Bounds<Item> {
  /** So many items do not wait for the next turn. */
  readonly enough?: number
  readonly sizeOf?: (item: Item) => number
  readonly sizeMax?: number
}

/**
 * Natural batching: many callers, one call. A call flushes at once when nothing is in flight; what arrives during
 * a flush forms the next one. There is no timer and nothing to tune: the slower the flush, the larger the groups.
 * "At once" is the end of this turn of the event loop, so that calls made side by side go together.
 *
 * A group is flushed in the scope of whoever made the coalescer: its callers have each their own.
 *
 * Bounded by `groupMax`, the most items that one flush takes, and by `sizeMax`, the most that they come to, though one
 * item goes in any case. The flush returns one result an item, in order; an Error among them is that item's alone.
 *
 * `enough` items do not wait for the next turn, only for what is still to come out of promises. Between two turns V8
 * clears its young generation, and copies what is still held there; a worker that has written by then what it did in
 * the turn holds next to nothing.
 */
export class Coalescer<Item, Result> {
  readonly #flush: (items: Item[]) => Promise<(Result | Error)[]>
  readonly #groupMax: number
  readonly #scope = new Scope()
  readonly #bounds: Bounds<Item>
  #waiting: Waiting<Item, Result>[] = []
  #flushing = false
  #size = 0

  constructor(
    flush: (items: Item[]) => Promise<(Result | Error)[]>,
    groupMax: number,
    bounds: Bounds<Item> = {},
  ) {
    this.#flush = flush
    this.#groupMax = groupMax
    this.#bounds = bounds
  }

  /** How many items wait for a flush, those in flight not counted. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** What all items come to that are not flushed yet, those in flight too. */
  get size(): number {
    return this.#size
  }

  add(item: Item): Promise<Result> {
    return new Promise((resolve, reject) => {
      const size = this.#bounds.sizeOf?.(item) ?? 0
      this.#size += size
      const waiting = this.#waiting.push({ item, size, resolve, reject })
      if (this.#flushing) return
      if (waiting === 1) onNextTurn(() => this.#begin())
      if (waiting === this.#bounds.enough) onPromisesDone(() => this.#begin())
    })
  }

  #begin(): void {
    void this.#scope.run(() => this.#run())
  }

  async #run(): Promise<void> {
    // Under way, or done in the same turn already.
    if (this.#flushing || this.#waiting.length === 0) return
    this.#flushing = true
    await this.#flushGroup(this.#waiting.splice(0, this.#groupLength()))
    this.#flushing = false
    // A store that answers at once leaves no time for a group to form: let everything that is ready now arrive.
    if (this.#waiting.length > 0) onNextTurn(() => void this.#run())
  }

  /** How many of those that wait go next. */
  #groupLength(): number {
    const { sizeMax = Number.POSITIVE_INFINITY } = this.#bounds
    const most = Math.min(this.#waiting.length, this.#groupMax)
    if (this.#size <= sizeMax) return most
    let size = this.#waiting[0]?.size ?? 0
    for (let length = 1; length < most; length += 1) {
      size += this.#waiting[length]?.size ?? 0
      if (size > sizeMax) return length
    }
    return most
  }

  async #flushGroup(group: readonly Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#flush(group.map((each) => each.item))
      for (let index = 0; index < group.length; index += 1) {
        const { resolve, reject } = group[index] as Waiting<Item, Result>
        const result = results[index] as Result | Error
        if (result instanceof Error) reject(result)
        else resolve(result)
      }
    } catch (error) {
      for (const each of group) each.reject(error)
    } finally {
      if (this.#size > 0) for (const each of group) this.#size -= each.size
    }
  }
}
