import { type Database, rowsAsJson } from './database.ts'
import type { Library } from './library.ts'

/**
 * The searchable library: `documents` with one row a file, `passages` with their text in full-text search, and
 * `applied`, the log of every time that a job wrote its document. Nothing in `passages` and `applied` is unique, on
 * purpose: a job that took effect twice has to show up as a duplicate, and not be hidden by a constraint.
 */
export async function createDocuments({ database, index }: Library): Promise<void> {
  await database.execute(`
    create table if not exists documents (
      path text not null, title text not null, words bigint not null, passage_count bigint not null,
      job_id text not null, indexed_at bigint not null
    );
    create index if not exists documents_path on documents ${database.hashed} (path);
    create table if not exists applied (job_id text not null, path text not null);
    create index if not exists applied_path on applied ${database.hashed} (path);
  `)
  await index.create()
}

export interface IndexedDocument {
  path: string
  title: string
  words: number
  passages: readonly string[]
  jobId: string
  indexedAt: Date
}

/**
 * Writes a document. Call it in the transaction that completes its job, so that both happen or neither; and split the
 * text before that transaction, since in SQLite nobody else can write while it is open.
 */
export async function addDocument({ database, index }: Library, document: IndexedDocument): Promise<void> {
  const { path, title, words, passages, jobId, indexedAt } = document
  await index.addPassages(path, passages)
  await database.rows('delete from documents where path = $1', path)
  const given = database.given({
    path: 'text',
    title: 'text',
    words: 'bigint',
    passage_count: 'bigint',
    job_id: 'text',
    indexed_at: 'bigint',
  })
  const row = { path, title, words, passage_count: passages.length, job_id: jobId, indexed_at: +indexedAt }
  const statement = `insert into documents (path, title, words, passage_count, job_id, indexed_at)
    select path, title, words, passage_count, job_id, indexed_at from ${given}`
  await database.rows(statement, rowsAsJson([row]))
  await database.rows('insert into applied (job_id, path) values ($1, $2)', jobId, path)
}

export interface Totals {
  documents: number
  passages: number
  words: number
}

export async function totals({ database }: Library): Promise<Totals> {
  const [row] = await database.rows<Totals>(`select count(*) as documents,
    coalesce(sum(passage_count), 0) as passages, coalesce(sum(words), 0) as words from documents`)
  return { documents: 0, passages: 0, words: 0, ...row }
}

/** Removes documents; one look through all the passages, however many they are, and none where there is nothing to remove. */
export async function removeDocuments({ database }: Library, paths: readonly string[]): Promise<void> {
  const indexed = await existing(database, paths)
  if (indexed.length === 0) return
  const given = database.given({ path: 'text' })
  for (const table of ['passages', 'documents', 'applied']) {
    await database.rows(`delete from ${table} where path in (select path from ${given})`, rowsAsJson(indexed))
  }
}

function existing(database: Database, paths: readonly string[]): Promise<{ path: string }[]> {
  const given = database.given({ path: 'text' })
  const statement = `select path from ${given} where path in (select path from applied)`
  return database.rows(statement, rowsAsJson(paths.map((path) => ({ path }))))
}
