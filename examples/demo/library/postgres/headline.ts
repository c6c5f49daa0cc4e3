import { MATCH_END, MATCH_START } from '../search-index.ts'
import { fold } from './fold.ts'

/** What `ts_headline` puts around a match: a folded text has no brackets of its own. */
export const HEADLINE_START = '['
export const HEADLINE_END = ']'

const BRACKETS = /([[\]])/
const CUT = '…'

/** What `ts_headline` made of the folded text, in the letters of the text itself. */
export function excerpt(text: string, headline: string): string {
  const from = fold(text).indexOf(headline.replaceAll(new RegExp(BRACKETS, 'g'), ''))
  let to = Math.max(0, from)
  let marked = ''
  for (const part of headline.split(BRACKETS)) {
    if (part === HEADLINE_START) marked += MATCH_START
    else if (part === HEADLINE_END) marked += MATCH_END
    else {
      marked += text.slice(to, to + part.length)
      to += part.length
    }
  }
  return restOf(text.slice(0, Math.max(0, from))) + marked + restOf(text.slice(to))
}

/** Marks around the words stay, words that do not fit are an ellipsis. */
function restOf(text: string): string {
  return /[\p{L}\p{N}]/u.test(text) ? CUT : text
}
