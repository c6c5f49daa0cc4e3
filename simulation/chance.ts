import { type Random, seededRandom } from '../src/kit/random.ts'

/** Decisions by chance, all of them from one seed. */
export class Chance {
  readonly #seed: number
  readonly random: Random
  #forks = 0

  constructor(seed: number) {
    this.#seed = seed
    this.random = seededRandom(seed)
  }

  /** Chance for somebody else: what they decide does not move what is decided here. */
  fork(): Chance {
    this.#forks += 1
    return this.at(this.#forks)
  }

  /** Chance for the thing of this number, whatever has been decided before it. */
  at(number: number): Chance {
    return new Chance(Math.imul(this.#seed ^ 0x9e3779b9, 0x85ebca6b) + Math.imul(number, 0xc2b2ae35))
  }

  /** True in so many of a hundred cases. */
  percent(share: number): boolean {
    return this.random() * 100 < share
  }

  /** A whole number from 0 to `limit - 1`. */
  below(limit: number): number {
    return Math.floor(this.random() * limit)
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item
  }

  shuffled<Item>(items: readonly Item[]): Item[] {
    const keyed = items.map((item) => ({ item, key: this.random() }))
    return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item)
  }

  /** One of the names, each as often as its weight says. */
  weighted<Name extends string>(weights: Readonly<Record<Name, number>>): Name {
    const entries = Object.entries<number>(weights) as [Name, number][]
    let rest = this.random() * entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      rest -= weight
      if (rest < 0) return name
    }
    return (entries.at(-1) as [Name, number])[0]
  }

  /**
   * The same names with other weights, from a quarter to four times as much: worlds that are all alike would find only
   * what is likely in all of them.
   */
  swayed<Name extends string>(weights: Readonly<Record<Name, number>>): Record<Name, number> {
    const entries = Object.entries<number>(weights).map(([name, weight]) => [
      name,
      weight * 16 ** (this.random() - 0.5),
    ])
    return Object.fromEntries(entries)
  }

  /** From 1 ms to the limit, short ones more often. */
  upToMs(limitMs: number): number {
    return Math.ceil(limitMs ** this.random())
  }
}
