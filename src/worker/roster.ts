import type { Attempt } from './attempt.ts'

/**
 * The attempts that are running, in no order. Not a `Set`: with every few additions, that one makes a new table, to
 * which the old one still points. Once an old table has lived long enough for the old generation, it keeps all later
 * ones alive, with the attempts that were in them, until the next full collection: measured with no-op jobs, 40 % of
 * all attempts, and a young generation that grew to its limit.
 */
export class Roster implements Iterable<Attempt> {
  readonly #attempts: Attempt[] = []

  get size(): number {
    return this.#attempts.length
  }

  add(attempt: Attempt): void {
    attempt.moveTo(this.#attempts.length)
    this.#attempts.push(attempt)
  }

  /** The last one takes its place: nothing is searched and nothing moves up. */
  delete(attempt: Attempt): void {
    if (this.#attempts[attempt.place] !== attempt) return
    const last = this.#attempts.pop() as Attempt
    if (last === attempt) return
    this.#attempts[attempt.place] = last
    last.moveTo(attempt.place)
  }

  /** Those of now: one that ends meanwhile does not disturb the walk. */
  [Symbol.iterator](): Iterator<Attempt> {
    return [...this.#attempts].values()
  }
}
