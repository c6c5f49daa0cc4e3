/** Most items of one chunk: few enough that shifting them costs nothing, enough that the chunks are few. */
const CHUNK_ITEMS_MAX = 512

/**
 * Items in order. Adding and deleting cost a search and one short shift, whatever the size, so that a claim from
 * 100,000 jobs costs about what one from ten does. No two items may compare as equal.
 */
export class SortedSet<Item> implements Iterable<Item> {
  readonly #compare: (left: Item, right: Item) => number
  readonly #chunks: Item[][] = []

  constructor(compare: (left: Item, right: Item) => number) {
    this.#compare = compare
  }

  get first(): Item | undefined {
    return this.#chunks[0]?.[0]
  }

  add(item: Item): void {
    const at = Math.min(this.#chunkOf(item), this.#chunks.length - 1)
    const chunk = this.#chunks[at]
    if (!chunk) return void this.#chunks.push([item])
    chunk.splice(this.#placeIn(chunk, item), 0, item)
    if (chunk.length > CHUNK_ITEMS_MAX) this.#chunks.splice(at + 1, 0, chunk.splice(CHUNK_ITEMS_MAX / 2))
  }

  has(item: Item): boolean {
    const chunk = this.#chunks[this.#chunkOf(item)]
    const found = chunk?.[this.#placeIn(chunk, item)]
    return found !== undefined && this.#compare(found, item) === 0
  }

  delete(item: Item): void {
    const at = this.#chunkOf(item)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const place = this.#placeIn(chunk, item)
    const found = chunk[place]
    if (found === undefined || this.#compare(found, item) !== 0) return
    chunk.splice(place, 1)
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** In order. Collect what is to be changed before changing it: the set must not change during the walk. */
  *[Symbol.iterator](): Iterator<Item> {
    for (const chunk of this.#chunks) yield* chunk
  }

  /** The first chunk that does not end before `item`. */
  #chunkOf(item: Item): number {
    return firstNot(this.#chunks, (chunk) => this.#compare(chunk.at(-1) as Item, item) < 0)
  }

  #placeIn(chunk: readonly Item[], item: Item): number {
    return firstNot(chunk, (each) => this.#compare(each, item) < 0)
  }
}

/** Index of the first item that `before` does not hold for, where it holds for a first part of the list only. */
function firstNot<Item>(items: readonly Item[], before: (item: Item) => boolean): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (before(items[middle] as Item)) low = middle + 1
    else high = middle
  }
  return low
}
