import { type Database, rowsAsJson } from '../database.ts'
import {
  batchesOf,
  MATCH_END,
  MATCH_START,
  onOneLine,
  RESULTS_DEFAULT,
  type SearchIndex,
  type SearchResult,
  SNIPPET_WORDS,
  wordsOf,
} from '../search-index.ts'

/** Passages looked at for each result wanted: a long document may hold the best dozen of them. */
const PASSAGES_PER_RESULT = 50

/** Full-text search of SQLite (FTS5), ranked by bm25. */
export class SqliteSearchIndex implements SearchIndex {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async create(): Promise<void> {
    await this.#database.execute(`create virtual table if not exists passages using fts5 (
      text, path unindexed, position unindexed, tokenize = 'porter unicode61 remove_diacritics 2')`)
  }

  async addPassages(path: string, passages: readonly string[]): Promise<void> {
    const given = this.#database.given({ text: 'text', position: 'bigint' })
    const statement = `insert into passages (text, path, position) select text, $2, position from ${given}`
    for (const batch of batchesOf(passages)) {
      await this.#database.rows(statement, rowsAsJson(batch.map((passage) => ({ ...passage }))), path)
    }
  }

  async search(words: string, limit = RESULTS_DEFAULT): Promise<SearchResult[]> {
    const query = matchExpression(words)
    if (query === '' || limit < 1) return []
    const statement = `select passages.path, documents.title, passages.position, passages.rank as score,
        snippet(passages, 0, '${MATCH_START}', '${MATCH_END}', '…', ${SNIPPET_WORDS}) as snippet
      from passages join documents on documents.path = passages.path
      where passages match $1 order by passages.rank limit $2`
    const rows = await this.#database.rows<SearchResult>(statement, query, limit * PASSAGES_PER_RESULT)
    const best = new Map<string, SearchResult>()
    for (const found of rows) {
      if (!best.has(found.path)) best.set(found.path, { ...found, snippet: onOneLine(found.snippet) })
    }
    return [...best.values()].slice(0, limit)
  }
}

/** Every word quoted, so that the query cannot be wrong. */
function matchExpression(typed: string): string {
  return wordsOf(typed)
    .map((word) => `"${word.replaceAll('"', '""')}"`)
    .join(' ')
}
