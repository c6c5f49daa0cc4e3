import type { DatabaseSync } from 'node:sqlite'

/**
 * The searchable index: `documents` with one row a file, `passages` with their text in SQLite full-text search, and
 * `applied`, the log of every time that a job wrote its document. Nothing in `passages` and `applied` is unique, on
 * purpose: a job that took effect twice has to show up as a duplicate, and not be hidden by a constraint.
 */
export function createIndex(db: DatabaseSync): void {
  db.exec(`
    create table if not exists documents (
      path text primary key, title text not null, words integer not null, passage_count integer not null,
      job_id text not null, indexed_at integer not null
    ) strict;
    create table if not exists applied (job_id text not null, path text not null) strict;
    create index if not exists applied_path on applied (path);
    create virtual table if not exists passages using fts5 (
      text, path unindexed, position unindexed, tokenize = 'porter unicode61 remove_diacritics 2'
    );
  `)
}

export interface IndexedDocument {
  path: string
  title: string
  words: number
  passages: Iterable<string>
  jobId: string
  indexedAt: Date
}

/**
 * Writes a document. Call it in the transaction that completes its job, so that both happen or neither; and split the
 * text before that transaction, since nobody else can write while it is open.
 */
export function addDocument(db: DatabaseSync, document: IndexedDocument): void {
  const { path, title, words, jobId, indexedAt } = document
  const insertPassage = db.prepare('insert into passages (text, path, position) values (?, ?, ?)')
  let position = 0
  for (const text of document.passages) {
    insertPassage.run(text, path, position)
    position += 1
  }
  db.prepare('insert or replace into documents values (?, ?, ?, ?, ?, ?)') //
    .run(path, title, words, position, jobId, indexedAt.getTime())
  db.prepare('insert into applied (job_id, path) values (?, ?)').run(jobId, path)
}

export interface SearchResult {
  path: string
  title: string
  /** Which passage of the document, counted from 0. */
  position: number
  /** The words around the match; what matched stands between `MATCH_START` and `MATCH_END`. */
  snippet: string
  /** Lower is better (bm25). */
  score: number
}

/** Control characters, since no document has any left after extraction: nothing in a text can pass for a match. */
export const MATCH_START = '\u0002'
export const MATCH_END = '\u0003'

const SNIPPET_TOKENS = 24

/** Passages looked at for each result wanted: a long document may hold the best dozen of them. */
const PASSAGES_PER_RESULT = 50

/** The best documents that have all the words in one passage, best first, each with its best passage. */
export function search(db: DatabaseSync, words: string, limit = 10): SearchResult[] {
  const query = matchExpression(words)
  if (query === '' || limit < 1) return []
  const statement = db.prepare(`
    select passages.path, documents.title, passages.position,
      snippet(passages, 0, '${MATCH_START}', '${MATCH_END}', '…', ${SNIPPET_TOKENS}) as snippet, passages.rank as score
    from passages join documents on documents.path = passages.path
    where passages match ? order by passages.rank limit ?`)
  const best = new Map<string, SearchResult>()
  for (const row of statement.iterate(query, limit * PASSAGES_PER_RESULT)) {
    const found = row as unknown as SearchResult
    if (!best.has(found.path)) best.set(found.path, { ...found, snippet: onOneLine(found.snippet) })
    if (best.size === limit) break
  }
  return [...best.values()]
}

function onOneLine(text: string): string {
  return text.replace(/\s+/gu, ' ')
}

/** Bounds what a pasted page of text costs. */
const QUERY_WORDS_MAX = 32

/**
 * What somebody typed, as a full-text query that cannot be wrong: every word is quoted, so that an operator, a column
 * name or a stray quote is a word to look for like any other.
 */
function matchExpression(words: string): string {
  return words
    .toWellFormed()
    .split(/[\s\p{Cc}]+/u)
    .filter((word) => /[\p{L}\p{N}]/u.test(word))
    .slice(0, QUERY_WORDS_MAX)
    .map((word) => `"${word.replaceAll('"', '""')}"`)
    .join(' ')
}

export interface IndexSummary {
  documents: number
  passages: number
  words: number
}

export function summary(db: DatabaseSync): IndexSummary {
  const totals = db.prepare(`select count(*) as documents, coalesce(sum(passage_count), 0) as passages,
    coalesce(sum(words), 0) as words from documents`)
  return { ...(totals.get() as unknown as IndexSummary) }
}
