import { preview } from './error.ts'

type Readers = Readonly<Record<string, { readonly parse: (value: unknown) => unknown }>>

/** The hint for a value that was given instead of options: the first option that takes it, where one does. */
export function misplaced(table: Readers, given: unknown): { readonly hint?: string } {
  if (given === undefined || given === null) return {}
  const option = Object.keys(table).find((name) => takes(table[name]?.parse, given))
  if (option === undefined) return {}
  const shown =
    typeof given === 'object' || typeof given === 'function' ? option : `${option}: ${preview(given)}`
  return { hint: ` Did you mean { ${shown} }?` }
}

function takes(parse: ((value: unknown) => unknown) | undefined, given: unknown): boolean {
  try {
    return parse?.(given) !== undefined
  } catch {
    // A proxy.
    return false
  }
}
