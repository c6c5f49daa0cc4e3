import { type Database, rowsAsJson } from '../database.ts'
import {
  batchesOf,
  onOneLine,
  RESULTS_DEFAULT,
  type SearchIndex,
  type SearchResult,
  SNIPPET_WORDS,
  wordsOf,
} from '../search-index.ts'
import { fold } from './fold.ts'
import { excerpt, HEADLINE_END, HEADLINE_START } from './headline.ts'

/** Around the match, as SQLite's snippets are; short words count as much as long ones. */
const HEADLINE = [
  `StartSel="${HEADLINE_START}", StopSel="${HEADLINE_END}"`,
  `MaxFragments=1, MaxWords=${SNIPPET_WORDS}, MinWords=${SNIPPET_WORDS - 1}, ShortWord=0`,
].join(', ')

/**
 * Full-text search of PostgreSQL. It gets the words folded, and its own configuration, since the ones that come with it
 * leave out stop words, know accents as letters and take `mill/stone` for a file: the same is found as in SQLite.
 */
export class PostgresSearchIndex implements SearchIndex {
  readonly #database: Database

  constructor(database: Database) {
    this.#database = database
  }

  async create(): Promise<void> {
    await this.#database.execute(`
      do $$ begin
        if not exists (select from pg_ts_config
            where cfgname = 'library' and cfgnamespace = current_schema()::regnamespace) then
          create text search dictionary library_stem (template = snowball, language = english);
          create text search configuration library (parser = default);
          alter text search configuration library
            add mapping for asciiword, word, numword, int, uint, float, sfloat with library_stem;
        end if;
      end $$;
      create table if not exists passages (
        path text not null, position bigint not null, text text not null, words tsvector not null
      );
      create index if not exists passages_words on passages using gin (words);
      create index if not exists passages_path on passages using hash (path);
    `)
  }

  async addPassages(path: string, passages: readonly string[]): Promise<void> {
    const given = this.#database.given({ text: 'text', position: 'bigint', folded: 'text' })
    const statement = `insert into passages (path, position, text, words)
      select $2, position, text, to_tsvector('library', folded) from ${given}`
    for (const batch of batchesOf(passages)) {
      const rows = batch.map(({ position, text }) => ({ position, text, folded: fold(text) }))
      await this.#database.rows(statement, rowsAsJson(rows), path)
    }
  }

  async search(words: string, limit = RESULTS_DEFAULT): Promise<SearchResult[]> {
    const query = searchExpression(words)
    if (query === '' || limit < 1) return []
    const statement = `with best as (
        select distinct on (path) path, position, text, -ts_rank(words, query, 1) as score
        from passages, websearch_to_tsquery('library', $1) as query where words @@ query
        order by path, score, position)
      select best.path, documents.title, best.position, best.score, best.text
      from best join documents on documents.path = best.path order by best.score, best.path limit $2`
    const found = await this.#database.rows<Omit<SearchResult, 'snippet'> & { text: string }>(
      statement,
      query,
      limit,
    )
    const snippets = await this.#snippets(
      query,
      found.map(({ text }) => text),
    )
    return found.map(({ text: _, ...rest }, index) => ({ ...rest, snippet: snippets[index] ?? '' }))
  }

  /** Of the results alone, since this takes a passage apart again. */
  async #snippets(query: string, texts: readonly string[]): Promise<string[]> {
    const given = this.#database.given({ number: 'bigint', folded: 'text' })
    const statement = `select ts_headline('library', folded, websearch_to_tsquery('library', $2), $3) as headline
      from ${given} order by number`
    const rows = rowsAsJson(texts.map((text, number) => ({ number, folded: fold(text) })))
    const headlines = await this.#database.rows<{ headline: string }>(statement, rows, query, HEADLINE)
    return headlines.map(({ headline }, index) => onOneLine(excerpt(texts[index] ?? '', headline)))
  }
}

/** Every word quoted: then `or` and a minus are words, and what one word falls into has to stand together. */
function searchExpression(typed: string): string {
  return wordsOf(typed)
    .map((word) => `"${fold(word)}"`)
    .join(' ')
}
