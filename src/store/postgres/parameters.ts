/** Calls of one statement in which no job comes twice: the second write of a job has to see the first. */
export function inWaves<Item extends { readonly seq: number }>(items: readonly Item[]): (readonly Item[])[] {
  // As most often.
  if (items.length > 0 && new Set(items.map(({ seq }) => seq)).size === items.length) return [items]
  return wavesBy(items, ({ seq }) => seq)
}

/** Waves in which nothing is there twice; what is `undefined` is in nobody's way. */
export function wavesBy<Item>(
  items: readonly Item[],
  pick: (item: Item) => string | number | undefined,
): (readonly Item[])[] {
  const waves: Item[][] = []
  const depths = new Map<string | number, number>()
  for (const item of items) {
    const label = pick(item)
    const depth = label === undefined ? 0 : (depths.get(label) ?? 0)
    if (label !== undefined) depths.set(label, depth + 1)
    const wave = waves[depth]
    if (wave) wave.push(item)
    else waves.push([item])
  }
  return waves
}

/**
 * One value of each item, for a parameter that is unnested beside others. Where there is none at all, it is null as a
 * whole: most jobs have none of most columns, and a thousand nulls cost as much as a thousand texts.
 */
export function column<Item, Value>(
  items: readonly Item[],
  pick: (item: Item) => Value | null | undefined,
): (Value | null)[] | null {
  const values = items.map((item) => pick(item) ?? null)
  return values.every((value) => value === null) ? null : values
}

/** From the first of their numbers to the last. */
export function rangeOf(items: readonly { readonly seq: number }[]): {
  readonly low: number
  readonly high: number
} {
  return {
    low: items.reduce((low, { seq }) => Math.min(low, seq), Number.MAX_SAFE_INTEGER),
    high: items.reduce((high, { seq }) => Math.max(high, seq), 0),
  }
}
