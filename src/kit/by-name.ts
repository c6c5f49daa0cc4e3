import { type Field, isObject } from './options.ts'

/** An option that holds others by their names, each of which is read later: see `expected`. Gives a copy. */
export function byNameField<Each>(expected: string): Field<Readonly<Record<string, Each>>, object> & {
  readonly fallback?: undefined
} {
  return {
    expected,
    // What is read later may throw, or be another by then.
    parse: (value) => (isObject(value) && !Array.isArray(value) ? { ...(value as object) } : undefined),
  }
}
