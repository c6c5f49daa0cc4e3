/** Consecutive pieces of a list: so many items at most, and as much as `sizeMax`, but one item in any case. */
export function* piecesOf<Item>(
  items: readonly Item[],
  { countMax, sizeMax, sizeOf }: { countMax: number; sizeMax: number; sizeOf: (item: Item) => number },
): Generator<readonly Item[], void> {
  let from = 0
  let size = 0
  for (const [index, item] of items.entries()) {
    const more = sizeOf(item)
    if (index > from && (index - from >= countMax || size + more > sizeMax)) {
      yield items.slice(from, index)
      from = index
      size = 0
    }
    size += more
  }
  if (from < items.length) yield items.slice(from)
}
