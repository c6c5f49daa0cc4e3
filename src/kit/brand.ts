/**
 * Two copies of the package may meet in one process: that of a library and that of its user, the command line of one
 * installation and the configuration of another. A class of the one is no class of the other, and its private members are
 * not to be read. So what goes from hand to hand says what it is, under a symbol that all copies share. The value is the
 * version of its shape: it rises when a copy of before could not use it any more.
 *
 * Safe to ask of anything: what a handler throws or returns may be a proxy that has been revoked.
 */
export function hasBrand(value: unknown, brand: symbol, version = 1): boolean {
  return readSafely(value, brand) === version
}

/** A property of a value that may be hostile: `undefined` where it is no object, or where its getter throws. */
export function readSafely(value: unknown, name: PropertyKey): unknown {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return undefined
  try {
    return Reflect.get(value, name)
  } catch {
    return undefined
  }
}
