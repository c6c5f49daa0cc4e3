import { randomUUID } from 'node:crypto'
import { DatabaseSync } from 'node:sqlite'
import pg from 'pg'
import { afterAll, inject, onTestFinished } from 'vitest'
import {
  addDocument,
  createDocuments,
  type IndexedDocument,
} from '../../../examples/demo/library/documents.ts'
import { createInventory } from '../../../examples/demo/library/inventory.ts'
import { type Library, libraryOn } from '../../../examples/demo/library/library.ts'

/** How to get an empty library, on each database. */
export const libraries: readonly (readonly [string, () => Promise<Library>])[] = [
  ['SQLite', emptyOnSqlite],
  ['PostgreSQL', emptyOnPostgres],
]

async function emptyOnSqlite(): Promise<Library> {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => db.close())
  return created(libraryOn(db))
}

let client: pg.Client | undefined

/** On one schema for all cases of a file: to empty it is cheaper than to make one. */
async function emptyOnPostgres(): Promise<Library> {
  client ??= await connect()
  const library = await created(libraryOn(client))
  await client.query('truncate passages, documents, applied, files')
  return library
}

async function connect(): Promise<pg.Client> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  const opened = new pg.Client({
    connectionString: inject('postgres'),
    options: `-c search_path=${schema}`,
  })
  await opened.connect()
  await opened.query(`create schema ${schema}`)
  afterAll(async () => {
    client = undefined
    await opened.query(`drop schema ${schema} cascade`)
    await opened.end()
  })
  return opened
}

async function created(library: Library): Promise<Library> {
  await createDocuments(library)
  await createInventory(library)
  return library
}

export function document(path: string, ...passages: string[]): IndexedDocument {
  return { path, title: `About ${path}`, words: 10, passages, jobId: `job-${path}`, indexedAt: new Date(0) }
}

/** Adds a document with these passages. */
export function add(library: Library, path: string, ...passages: string[]): Promise<void> {
  return addDocument(library, document(path, ...passages))
}
