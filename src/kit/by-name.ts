import { listOf } from './list.ts'
import { holdsOptions } from './misplaced.ts'
import type { Field } from './options.ts'

/** An option that holds others by their names, each of which is read later: see `expected`. Gives a copy, of lists in it too. */
export function byNameField<Each>(expected: string): Field<Readonly<Record<string, Each>>, object> & {
  readonly fallback?: undefined
} {
  return {
    expected,
    // What is read later may throw, or be another by then.
    parse(value) {
      if (!holdsOptions(value)) return undefined
      return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, listOf(each) ?? each]))
    },
  }
}
