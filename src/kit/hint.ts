import { listOf } from './list.ts'
import { didYouMean } from './suggest.ts'

/** The facts of an option that was refused. */
export interface RefusedOption {
  readonly component: string
  readonly option: string
  readonly expected: string
  readonly got: string
  readonly hint?: string
}

/** What was probably meant, as the end of a message; empty where nobody knows. */
export type Hint = (value: unknown) => string

/**
 * Of an option whose values are these words: what is meant by the first that is none of them, or the nearest to it.
 * `elsewhere` has in small letters what they are called in other places.
 */
export function nearestOf(words: readonly string[], elsewhere: Readonly<Record<string, string>> = {}): Hint {
  return (value) => {
    const given = Array.isArray(value) ? (listOf(value) ?? []) : [value]
    const wrong = given.find((each) => typeof each === 'string' && !words.includes(each))
    if (wrong === undefined) return ''
    const text = String(wrong)
    const known = text.toLowerCase()
    return Object.hasOwn(elsewhere, known) ? ` Did you mean '${elsewhere[known]}'?` : didYouMean(text, words)
  }
}

/** The hint of a field for what was given; what is given may throw when it is looked at. */
export function hintFor({ hint }: { readonly hint?: Hint }, value: unknown): string {
  try {
    return hint?.(value) ?? ''
  } catch {
    return ''
  }
}

/** What to do instead, by a name that is none here, in small letters. */
type NameHints = Readonly<Record<string, string>>

const HINTS: unique symbol = Symbol('hints')

/** The same table of options, which says of names that it has not what to do instead. */
export function withHints<Table extends object>(table: Table, hints: NameHints): Table {
  return Object.defineProperty(table, HINTS, { value: hints })
}

export function hintsOf({ [HINTS]: hints = {} }: { readonly [HINTS]?: NameHints }): NameHints {
  return hints
}

/** As a fact of an error: what to do instead of this name, where that is known. */
export function nameHint(hints: NameHints, name: string): { readonly hint?: string } {
  const known = name.toLowerCase()
  return Object.hasOwn(hints, known) ? { hint: hints[known] ?? '' } : {}
}

const NAME_CHARACTERS_SHOWN = 80

/** Nobody means a name of a megabyte, and to look for the one that is nearest to it would take for ever. */
export function shownName(option: string): string {
  return option.length > NAME_CHARACTERS_SHOWN ? `${option.slice(0, NAME_CHARACTERS_SHOWN)}…` : option
}
