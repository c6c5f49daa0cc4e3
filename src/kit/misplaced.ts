import { readSafely } from './brand.ts'
import { descriptionOf } from './described.ts'
import { preview } from './error.ts'

/** By what it calls itself: one of another realm does, and all that JavaScript and Node bring have another name. */
const HOLDERS: ReadonlySet<string> = new Set(['[object Object]', '[object Module]'])

/** Whether it can be one with options in it; a list, a date or a definition is none, nor what cannot be looked at. */
export function holdsOptions(given: unknown): given is object {
  try {
    return HOLDERS.has(Object.prototype.toString.call(given)) && descriptionOf(given) === undefined
  } catch {
    // A proxy that was revoked.
    return false
  }
}

type Parse = (value: unknown) => unknown

type Readers = Readonly<Record<string, { readonly parse: Parse }>>

/** The hint for a value that was given instead of options: the first option that takes it, where one does. */
export function misplaced(table: Readers, given: unknown): { readonly hint?: string } {
  if (given === undefined || given === null || isUrl(given)) return {}
  const shown = Object.keys(table)
    .map((option) => shownIn(option, table[option]?.parse, given))
    .find((each) => each !== undefined)
  return shown === undefined ? {} : { hint: ` Did you mean { ${shown} }?` }
}

/** How it is written as this option, alone, in a list or by its name; `undefined` where the option does not take it. */
function shownIn(option: string, parse: Parse | undefined, given: unknown): string | undefined {
  const isInside = typeof given === 'object' || typeof given === 'function'
  if (takes(parse, given) && !takes(parse, {})) return isInside ? option : `${option}: ${preview(given)}`
  if (descriptionOf(given) === undefined) return undefined
  if (takes(parse, [given]) && !takes(parse, [{}])) return `${option}: [${option.replace(/s$/, '')}]`
  return option === 'name' && takes(parse, readSafely(given, 'name')) ? 'name: job.name' : undefined
}

/** It is in the wrong place, and of no option of its own. */
function isUrl(given: unknown): boolean {
  return typeof given === 'string' && given.includes('://')
}

function takes(parse: Parse | undefined, given: unknown): boolean {
  try {
    return parse?.(given) !== undefined
  } catch {
    // A proxy.
    return false
  }
}
