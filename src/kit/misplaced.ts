import { preview } from './error.ts'

/** By what it calls itself: one of another realm does, and all that JavaScript and Node bring have another name. */
const HOLDERS: ReadonlySet<string> = new Set(['[object Object]', '[object Module]'])

/** Whether it can be one with options in it; a list or a date is none. */
export function holdsOptions(given: unknown): given is object {
  return HOLDERS.has(Object.prototype.toString.call(given))
}

type Readers = Readonly<Record<string, { readonly parse: (value: unknown) => unknown }>>

/** The hint for a value that was given instead of options: the first option that takes it, where one does. */
export function misplaced(table: Readers, given: unknown): { readonly hint?: string } {
  if (given === undefined || given === null || isUrl(given)) return {}
  const option = Object.keys(table).find((name) => takes(table[name]?.parse, given))
  if (option === undefined) return {}
  const shown =
    typeof given === 'object' || typeof given === 'function' ? option : `${option}: ${preview(given)}`
  return { hint: ` Did you mean { ${shown} }?` }
}

/** It is in the wrong place, and of no option of its own. */
function isUrl(given: unknown): boolean {
  return typeof given === 'string' && given.includes('://')
}

function takes(parse: ((value: unknown) => unknown) | undefined, given: unknown): boolean {
  try {
    return parse?.(given) !== undefined
  } catch {
    // A proxy.
    return false
  }
}
