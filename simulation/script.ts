import type { Chance } from './chance.ts'

/**
 * What clients do and what goes wrong, numbered in the order in which it comes. Some of it can be left out: what comes of
 * the rest is decided by its own number, so that a story that ends badly can be made shorter.
 */
export class Script {
  readonly #chance: Chance
  readonly #without: ReadonlySet<number>
  #count = 0

  constructor(chance: Chance, without: ReadonlySet<number>) {
    this.#chance = chance
    this.#without = without
  }

  /** How many there were so far, with those that were left out. */
  get length(): number {
    return this.#count
  }

  /** Chance for the next one; `undefined` where it is left out. */
  next(): Chance | undefined {
    this.#count += 1
    return this.#without.has(this.#count) ? undefined : this.#chance.at(this.#count)
  }
}
