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

/** Of an option whose values are these words: the nearest to the first that is none of them. */
export function nearestOf(words: readonly string[]): Hint {
  return (value) => {
    const given = Array.isArray(value) ? (listOf(value) ?? []) : [value]
    const wrong = given.find((each) => typeof each === 'string' && !words.includes(each))
    return wrong === undefined ? '' : didYouMean(String(wrong), words)
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
