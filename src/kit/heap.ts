/** Items of which the least is always at hand: to add one or to take the least costs the logarithm of their number. */
export class Heap<Item> {
  readonly #isLess: (left: Item, right: Item) => boolean
  readonly #items: Item[] = []

  constructor(isLess: (left: Item, right: Item) => boolean) {
    this.#isLess = isLess
  }

  get size(): number {
    return this.#items.length
  }

  get least(): Item | undefined {
    return this.#items[0]
  }

  add(item: Item): void {
    const items = this.#items
    let at = items.length
    items.push(item)
    while (at > 0) {
      const parentAt = (at - 1) >> 1
      const parent = items[parentAt] as Item
      if (!this.#isLess(item, parent)) break
      items[at] = parent
      at = parentAt
    }
    items[at] = item
  }

  /** Takes the least out. */
  take(): Item | undefined {
    const least = this.#items[0]
    const last = this.#items.pop()
    if (last !== undefined && this.#items.length > 0) this.#sink(last)
    return least
  }

  /** To be called when the least has become greater. */
  sinkLeast(): void {
    const least = this.#items[0]
    if (least !== undefined) this.#sink(least)
  }

  /** Puts `item` where the least was, and moves it down to its place. */
  #sink(item: Item): void {
    const items = this.#items
    let at = 0
    for (;;) {
      let childAt = 2 * at + 1
      if (childAt >= items.length) break
      if (childAt + 1 < items.length && this.#isLess(items[childAt + 1] as Item, items[childAt] as Item))
        childAt += 1
      const child = items[childAt] as Item
      if (!this.#isLess(child, item)) break
      items[at] = child
      at = childAt
    }
    items[at] = item
  }
}
