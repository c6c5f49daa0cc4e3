/** Longer than any that options name; one may say of itself that it has four billion elements, all of them holes. */
const LIST_MAX = 100_000

/**
 * A copy of a list that somebody has passed, read once: what is looked at later is what was looked at now. `undefined`
 * where it is none, or too long.
 */
export function listOf(value: unknown, max: number = LIST_MAX): readonly unknown[] | undefined {
  if (!Array.isArray(value)) return undefined
  const { length } = value
  return Number.isInteger(length) && length <= max ? Array.from({ length }, (_, at) => value[at]) : undefined
}
