/** Any part of a value: every property may be left out, at every depth. */
export type Partially<Value> = Value extends readonly unknown[]
  ? Value
  : Value extends object
    ? { readonly [Key in keyof Value]?: Partially<Value[Key]> }
    : Value

/** Whether `value` has everything that `part` has: objects may have more, lists and single values are the same. */
export function contains(value: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return (
      Array.isArray(value) &&
      value.length === part.length &&
      part.every((each, index) => contains(value[index], each))
    )
  }
  if (!isRecord(part)) return Object.is(value, part)
  if (!isRecord(value)) return false
  // What is undefined is not stored: to expect it is to expect that it is not there.
  return Object.entries(part).every(([key, inner]) => contains(value[key], inner))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
