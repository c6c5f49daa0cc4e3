/** Full-text search over the passages of documents: the part that every database does in its own way. */
export interface SearchIndex {
  /** Makes the table `passages` (path, position, text) with its index, where there is none. */
  create(): Promise<void>
  /** Adds the passages of a document, in their order. */
  addPassages(path: string, passages: readonly string[]): Promise<void>
  /** The best documents that have all the words in one passage, best first, each with its best passage. */
  search(words: string, limit?: number): Promise<SearchResult[]>
}

export interface SearchResult {
  path: string
  title: string
  /** Which passage of the document, counted from 0. */
  position: number
  /** The words around the match on one line; what matched stands between `MATCH_START` and `MATCH_END`. */
  snippet: string
  /** Lower is better. */
  score: number
}

export const RESULTS_DEFAULT = 10

/** Control characters, since no document has any left after extraction: nothing in a text can pass for a match. */
export const MATCH_START = '\u0002'
export const MATCH_END = '\u0003'

export const SNIPPET_WORDS = 24

/** Passages of one statement: a text of 20 MB is not turned into JSON as a whole. */
const BATCH_PASSAGES = 500

/** A passage, and its place in the document. */
export interface Passage {
  position: number
  text: string
}

export function* batchesOf(passages: readonly string[]): Generator<Passage[]> {
  for (let from = 0; from < passages.length; from += BATCH_PASSAGES) {
    const batch = passages.slice(from, from + BATCH_PASSAGES)
    yield batch.map((text, index) => ({ position: from + index, text }))
  }
}

export function onOneLine(text: string): string {
  return text.replace(/\s+/gu, ' ')
}

/** Bounds what a pasted page of text costs. */
const QUERY_WORDS_MAX = 32

/** The words that somebody typed: an operator, a column name or a stray quote is nothing but a word to look for. */
export function wordsOf(typed: string): string[] {
  return typed
    .toWellFormed()
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, QUERY_WORDS_MAX)
}
