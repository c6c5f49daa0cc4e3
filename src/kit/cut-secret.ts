/** So much of a secret is worth hiding. */
const PIECE_MIN = 4

/** What stands for a piece: says that something is left out, as the sign of a cut does. */
const MASK = '…'

/**
 * Where a text was cut: our own sign, or the one that V8 writes around what is no JSON. There may be quotes about it, and in
 * front of it half of a character, as what stands for such a half.
 */
const CUT = /(\uFFFD|\\ud[89ab][\da-f]{2})?["'`]?(?:…|\.{3})["'`]?/gi

/** A part of a text: from a place up to another. */
interface Part {
  readonly from: number
  readonly to: number
}

/** The sign of a cut. */
interface Cut extends Part {
  /** Up to where half of a character is, which belongs to what is in front of it. */
  readonly half: number
}

/** Where a text was cut before it came here. */
export function cutsIn(text: string): readonly Cut[] {
  return Array.from(text.matchAll(CUT), ({ 0: sign, 1: half = '', index }) => ({
    from: index,
    half: index + half.length,
    to: index + sign.length,
  }))
}

/**
 * A secret at the places where texts were cut: its begin in front of one, its end behind one, or what is between two. Each
 * character of a text is read twice at most, however long both are.
 */
export class CutSecret {
  readonly #secret: string
  readonly #begin: Matcher
  readonly #end: Matcher

  constructor(secret: string) {
    const units = Uint16Array.from({ length: secret.length }, (_, index) => secret.charCodeAt(index))
    this.#secret = secret
    this.#begin = new Matcher(units)
    this.#end = new Matcher(units.toReversed())
  }

  /** The text without the pieces of it at these cuts. */
  hiddenIn(text: string, cuts: readonly Cut[]): string {
    const pieces = [...this.#between(text, cuts), ...this.#before(text, cuts), ...this.#behind(text, cuts)]
    let shown = ''
    let from = 0
    for (const piece of pieces.toSorted((left, right) => left.from - right.from || right.to - left.to)) {
      if (piece.to <= from) continue
      if (piece.from >= from) shown += text.slice(from, piece.from) + MASK
      from = piece.to
      // One such sign is enough.
      if (text.startsWith(MASK, from)) from += MASK.length
    }
    return shown + text.slice(from)
  }

  *#between(text: string, cuts: readonly Cut[]): Generator<Part> {
    let from = Number.POSITIVE_INFINITY
    for (const { from: to, to: next } of cuts) {
      const length = to - from
      const fits = length >= PIECE_MIN && length < this.#secret.length
      if (fits && this.#secret.includes(text.slice(from, to))) yield { from, to }
      from = next
    }
  }

  *#before(text: string, cuts: readonly Cut[]): Generator<Part> {
    const reading = this.#begin.reading((place) => text.charCodeAt(place))
    for (const { from, half } of cuts) {
      const length = reading.upTo(from)
      if (length >= PIECE_MIN) yield { from: from - length, to: half }
    }
  }

  /** The same, read from the end. */
  *#behind(text: string, cuts: readonly Cut[]): Generator<Part> {
    const last = text.length
    const reading = this.#end.reading((place) => text.charCodeAt(last - 1 - place))
    for (let index = cuts.length - 1; index >= 0; index -= 1) {
      const from = (cuts[index] as Cut).to
      const length = reading.upTo(last - from)
      if (length >= PIECE_MIN) yield { from, to: from + length }
    }
  }
}

/** Finds how much of a word's begin ends at a place: what Knuth, Morris and Pratt do to find a word. */
class Matcher {
  readonly #word: Uint16Array
  /** Of each begin of the word, how long the next shorter one is with which it ends. */
  readonly #shorter: Uint32Array

  constructor(word: Uint16Array) {
    this.#word = word
    this.#shorter = new Uint32Array(word.length)
    for (let length = 1, matched = 0; length < word.length; length += 1) {
      matched = this.#next(matched, word[length] as number)
      this.#shorter[length] = matched
    }
  }

  /** A pass over a text from its begin on. */
  reading(unitAt: (place: number) => number): { upTo(place: number): number } {
    let [read, matched] = [0, 0]
    return {
      /** How much of the word ends there, never all of it; each place comes behind those before. */
      upTo: (place) => {
        const from = place - this.#word.length + 1
        if (from > read) [read, matched] = [from, 0]
        for (; read < place; read += 1) matched = this.#next(matched, unitAt(read))
        return matched
      },
    }
  }

  #next(before: number, unit: number): number {
    let matched = before
    while (matched > 0 && this.#word[matched] !== unit) matched = this.#shorter[matched - 1] as number
    return this.#word[matched] === unit ? matched + 1 : 0
  }
}
