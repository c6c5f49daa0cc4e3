/** What one extractor found. `emptyReason` says why there may be no text in it, where that is not plain to see. */
export type RawText =
  | { kind: 'raw'; title: string; text: string; emptyReason?: string }
  | { kind: 'failure'; reason: string }

/**
 * Text as it may be stored, searched and shown: no control characters (a document must not be able to send escape
 * sequences to somebody's terminal), no lone surrogates, accents as a part of their letter, one space between words, one blank line between paragraphs.
 *
 * Every pattern here is a run and nothing after it, so that no input makes it slower than its length: a pattern such as
 * / *\n/ needs minutes for ten million spaces.
 */
export function tidyText(text: string): string {
  let tidy = ''
  for (const piece of pieces(text)) tidy += tidyPiece(piece)
  return tidy.trim()
}

/** Tidied at once, 20 MB of text took 540 MB of memory (measured); piece by piece what is left over is soon reused. */
const PIECE_CHARACTERS = 256 * 1024

/**
 * No white space, pair of surrogates or letter with accents is cut in two, so that the pieces can be tidied one by one; only a run of
 * white space longer than a piece is, and may leave a blank line too many.
 */
const uncut = /[\s\p{Cc}\p{Cs}\p{M}]/u

function* pieces(text: string): Generator<string> {
  let from = 0
  while (from < text.length) {
    let to = from + PIECE_CHARACTERS
    const last = to + PIECE_CHARACTERS
    while (to < last && uncut.test(text.charAt(to))) to += 1
    yield text.slice(from, to)
    from = to
  }
}

function tidyPiece(piece: string): string {
  return piece
    .toWellFormed()
    .replace(/\p{L}\p{M}{1,4}/gu, composed)
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .replace(/[^\P{Cc}\n]/gu, ' ')
    .replace(/[^\S\n]+/gu, ' ')
    .replaceAll(' \n', '\n')
    .replaceAll('\n ', '\n')
    .replace(/\n{3,}/g, '\n\n')
}

/** A letter and its accents as one character, where there is one. Of a few marks: to sort many takes very long. */
function composed(letter: string): string {
  return letter.normalize('NFC')
}

const TITLE_CHARACTERS_MAX = 200

/** A title: the same on one line, cut to what a table or a list can show. */
export function tidyTitle(title: string): string {
  const line = tidyText(title.slice(0, TITLE_CHARACTERS_MAX * 2)).replaceAll(/\n+/g, ' ')
  return line.slice(0, TITLE_CHARACTERS_MAX).replace(/[\ud800-\udbff]$/, '')
}
