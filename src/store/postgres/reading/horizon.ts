/**
 * What a look has seen of the feed: its newest change, and the transactions of its snapshot. All below `open` had ended,
 * none from `next` on had begun.
 */
export interface Seen {
  readonly last: number
  readonly open: number
  readonly next: number
}

/** The columns of `Seen`, for a select. */
export const SEEN = `coalesce((select max(number) from millhand.changes), 0) as last,
    pg_snapshot_xmin(pg_current_snapshot())::text::bigint as open,
    pg_snapshot_xmax(pg_current_snapshot())::text::bigint as next`

/**
 * Up to which change the feed is whole. Changes get their numbers while their jobs are locked, so that those of one job
 * are in order; but a transaction that has drawn a number may commit after one that has drawn a later one. Whoever
 * has seen a number knows that all before it are drawn, by transactions that had begun by then: once those have
 * ended, whoever looks sees all of them.
 */
export class Horizon {
  #whole = { last: 0, next: 0 }
  #awaited: Seen | undefined

  /** Gives the number up to which what this look has seen is whole. Looks may come in another order than they were made. */
  of(seen: Seen): number {
    if (seen.open === seen.next) return seen.last
    if (this.#awaited !== undefined && seen.open >= this.#awaited.next) {
      this.#whole = this.#awaited
      this.#awaited = undefined
    }
    this.#awaited ??= seen
    return seen.open >= this.#whole.next ? this.#whole.last : 0
  }
}
