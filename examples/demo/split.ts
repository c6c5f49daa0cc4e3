export interface SplitOptions {
  /** Longest passage in characters. Default 1000: some 150 words, what an excerpt can stand for. */
  charactersMax?: number
}

/**
 * Cuts a text into passages, as long as the limit allows, at the end of a paragraph if there is one in the second half
 * of what fits, else of a sentence, else of a line or word, else wherever the limit falls.
 *
 * A generator, so that a text of 20 MB costs one passage at a time.
 */
export function* splitPassages(text: string, { charactersMax = 1000 }: SplitOptions = {}): Generator<string> {
  let from = 0
  while (from < text.length) {
    const to = from + cutWithin(text.slice(from, from + charactersMax), charactersMax)
    const passage = text.slice(from, to).trim()
    if (passage !== '') yield passage
    from = to
  }
}

/** What a passage may end with, best first. Each pattern finds the places after which to cut. */
const borders = [/\n\n/g, /[.!?…]["'”’)\]]?\s|[。！？]/g, /\n/g, /\s/g]

function cutWithin(window: string, charactersMax: number): number {
  // The last piece of a text fits whole.
  if (window.length < charactersMax) return window.length
  for (const border of borders) {
    const cut = lastCut(window, border)
    if (cut > charactersMax / 2) return cut
  }
  return endsInsidePair(window) ? window.length - 1 : window.length
}

function lastCut(window: string, border: RegExp): number {
  let cut = 0
  for (const match of window.matchAll(border)) cut = match.index + match[0].length
  return cut
}

/** Whether a cut here would separate the two halves of one character outside the basic plane. */
function endsInsidePair(window: string): boolean {
  return window.length > 1 && /[\ud800-\udbff]$/.test(window)
}

/**
 * How many words a text has. Letters, digits and marks of any script; an apostrophe or hyphen inside a word is part of
 * it. Scripts that are written without spaces are cut into words by the rules of Unicode.
 */
export function countWords(text: string): number {
  let words = 0
  // Piece by piece, since a regular expression that runs over a word of ten million letters overflows its stack.
  for (const piece of splitPassages(text))
    words += unspacedScripts.test(piece) ? segment(piece) : spaced(piece)
  return words
}

const unspacedScripts =
  /[\p{sc=Han}\p{sc=Hiragana}\p{sc=Katakana}\p{sc=Thai}\p{sc=Lao}\p{sc=Khmer}\p{sc=Myanmar}]/u
const word = /[\p{L}\p{N}\p{M}]+(?:['’-][\p{L}\p{N}\p{M}]+)*/gu

function spaced(piece: string): number {
  return piece.match(word)?.length ?? 0
}

function segment(piece: string): number {
  let words = 0
  for (const part of new Intl.Segmenter(undefined, { granularity: 'word' }).segment(piece)) {
    if (part.isWordLike) words += 1
  }
  return words
}
