import { asError } from './error.ts'

/**
 * Calls once for many items. Where that fails by a fault that may be one of theirs, each half is called for by itself,
 * and so on until the fault is the error of one item alone: a bad one in a thousand costs twenty calls. Any other fault
 * is everybody's, and thrown.
 */
export async function halving<Item, Result>(
  items: readonly Item[],
  call: (items: readonly Item[]) => Promise<readonly (Result | Error)[]>,
  isTheirs: (error: unknown) => boolean,
): Promise<(Result | Error)[]> {
  try {
    return [...(await call(items))]
  } catch (error) {
    if (!isTheirs(error)) throw error
    if (items.length === 1) return [asError(error)]
  }
  const middle = Math.ceil(items.length / 2)
  return [
    ...(await halving(items.slice(0, middle), call, isTheirs)),
    ...(await halving(items.slice(middle), call, isTheirs)),
  ]
}
