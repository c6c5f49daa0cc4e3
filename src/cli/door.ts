import { escaped } from '../kit/visible.ts'
import { harmless } from './text-width.ts'

/**
 * What of a text may reach a terminal. Everything that the command line writes goes through here: names, messages and
 * arguments are whatever somebody has put into a row, and a terminal acts on some of that.
 */

const ESCAPE = '\u001b'

/** What `paint` makes, and nothing else: styles change how a text looks, not what it does. */
const STYLES = new RegExp(`(${ESCAPE}\\[(?:1|2|22|3[1236]|39)m)`)

/** Lines for people, in which only the styles of `paint` are left of what a terminal acts on. */
export function painted(text: string): string {
  if (!text.includes(ESCAPE)) return harmless(text)
  return text
    .split(STYLES)
    .map((part, index) => (index % 2 === 1 ? part : harmless(part)))
    .join('')
}

/** What JSON leaves as it is and a terminal acts on; all of it can only stand inside of texts. */
const UNESCAPED = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu

/** JSON text with these as escapes: the same value, and harmless where a person looks at it. */
export function harmlessJson(json: string): string {
  return json.replaceAll(UNESCAPED, escaped)
}

/** A value as JSON that a terminal does not act on. */
export function toJson(value: unknown, indent?: number): string {
  return harmlessJson(JSON.stringify(value, null, indent) ?? 'null')
}
