/**
 * What a worker handles: a name itself, or a prefix, `video.youtube.*`, for every name that begins so. No job is named so, and no
 * job is matched by it but through its lane.
 */
export function isPrefix(name: string): boolean {
  return name.endsWith(PREFIX_END)
}

/** How a prefix ends. */
const PREFIX_END = '.*'

/** What every name begins with that the prefix stands for: with its dot, so that `video.*` is none of `videos.cut`. */
export function stemOf(prefix: string): string {
  return prefix.slice(0, -1)
}

/** Whether a name, or a prefix, is one of those that this name or prefix stands for. */
export function covers(handled: string, name: string): boolean {
  return handled === name || (isPrefix(handled) && name.startsWith(stemOf(handled)))
}

/** Whether a job of this name is handled; `null` stands for all names. */
export function handlesName(handled: readonly string[] | null, name: string): boolean {
  return handled === null || handled.includes(name) || handled.some((each) => covers(each, name))
}

/** The same of many names, looked up at once where they are exact. */
export function nameMatcher(handled: readonly string[] | null): (name: string) => boolean {
  if (handled === null) return () => true
  const exact = new Set(handled)
  const stems = handled.filter(isPrefix).map(stemOf)
  return (name) => exact.has(name) || stems.some((stem) => name.startsWith(stem))
}

/** Who handles a name: the one of that name, else the one of the longest prefix. */
export function mostSpecific<Handled>(
  known: ReadonlyMap<string, Handled>,
  name: string,
): Handled | undefined {
  const exact = known.get(name)
  if (exact !== undefined) return exact
  let best: string | undefined
  for (const each of known.keys()) {
    if (isPrefix(each) && covers(each, name) && each.length > (best?.length ?? 0)) best = each
  }
  return best === undefined ? undefined : known.get(best)
}

/** What of the handled names is within a role: of two of which one stands for the other, the narrower. */
export function within(role: readonly string[], handled: readonly string[]): string[] {
  const found = handled.flatMap((name) =>
    role.flatMap((part) => {
      if (covers(part, name)) return name
      return covers(name, part) ? part : []
    }),
  )
  return [...new Set(found)]
}
