import { DatabaseSync } from 'node:sqlite'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { audit } from '../../../examples/demo/audit.ts'
import {
  addDocument,
  createIndex,
  type IndexedDocument,
  MATCH_END,
  MATCH_START,
  search,
  summary,
} from '../../../examples/demo/search-index.ts'

function emptyIndex(): DatabaseSync {
  const db = new DatabaseSync(':memory:')
  onTestFinished(() => db.close())
  createIndex(db)
  return db
}

function document(path: string, ...passages: string[]): IndexedDocument {
  return { path, title: `About ${path}`, words: 10, passages, jobId: `job-${path}`, indexedAt: new Date(0) }
}

function found(db: DatabaseSync, words: string): string[] {
  return search(db, words).map(({ path }) => path)
}

test('a search finds the passage that has all the words, and marks them', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'The wheel turns.', 'The stones are lifted at night.'))
  addDocument(db, document('b', 'The wheel stands still at night.'))
  expect(search(db, 'night stones')).toEqual([
    {
      path: 'a',
      title: 'About a',
      position: 1,
      snippet: `The ${MATCH_START}stones${MATCH_END} are lifted at ${MATCH_START}night${MATCH_END}.`,
      score: expect.any(Number),
    },
  ])
})

test('the better document comes first, each document once, at most as many as asked for', () => {
  const db = emptyIndex()
  addDocument(db, document('weak', `Wheel. ${'Other words. '.repeat(50)}`))
  addDocument(db, document('strong', 'Wheel, wheel, wheel.', 'The wheel again.'))
  expect(found(db, 'wheel')).toEqual(['strong', 'weak'])
  expect(search(db, 'wheel', 1)).toHaveLength(1)
  expect(search(db, 'wheel', 0)).toEqual([])
})

test('case, accents and English endings do not matter', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'Drei Mühlen am Café; milling'))
  for (const words of ['MUHLEN', 'mühlen', 'cafe', 'mills']) expect(found(db, words)).toEqual(['a'])
})

test.each([
  '"',
  '""',
  '"wheel',
  "'; drop table passages; --",
  'wheel OR',
  'NOT wheel',
  'AND',
  'NEAR(wheel',
  'NEAR(wheel stone, 5)',
  'path:wheel',
  'wheel*',
  '*',
  '^wheel',
  '-wheel',
  '{text} : wheel',
  '(',
  'wheel + ',
  'wheel\0"',
  '\ud800',
  '𞤀 new script',
  '?1 :a @b $c',
  'x '.repeat(10_000),
])('%j is a harmless query', (words) => {
  const db = emptyIndex()
  addDocument(db, document('a', 'The wheel turns.'))
  expect(() => search(db, words)).not.toThrow()
  expect(summary(db).documents).toBe(1)
})

test('whatever is typed is no syntax error', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'The wheel turns.'))
  const pieces = fc.constantFrom(
    '"',
    "'",
    '*',
    '(',
    ')',
    ':',
    '^',
    '-',
    '+',
    'AND',
    'NEAR',
    'wheel',
    ' ',
    '\0',
    'é',
  )
  const typed = fc.oneof(
    fc.string(),
    fc.array(pieces).map((parts) => parts.join('')),
  )
  fc.assert(fc.property(typed, (words) => Array.isArray(search(db, words))))
})

test('operators are words to look for', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'stop and go'))
  expect(found(db, 'stop AND go')).toEqual(['a'])
  expect(found(db, 'stop OR nothing')).toEqual([])
})

test('the summary counts documents, passages and words', () => {
  const db = emptyIndex()
  expect(summary(db)).toEqual({ documents: 0, passages: 0, words: 0 })
  addDocument(db, document('a', 'one', 'two'))
  addDocument(db, document('b'))
  expect(summary(db)).toEqual({ documents: 2, passages: 2, words: 20 })
})

test('an index that exists is opened as it is', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'one'))
  createIndex(db)
  expect(summary(db).documents).toBe(1)
})

const clean = { lost: 0, duplicates: 0, unexpected: 0 }
const files = [
  { path: 'a', indexed: true },
  { path: 'b', indexed: true },
  { path: 'empty', indexed: false },
]

test('an index with every file once is clean', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'one', 'two'))
  addDocument(db, document('b', 'three'))
  expect(audit(db, files)).toEqual(clean)
})

test('a file that never arrived is lost', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'one'))
  expect(audit(db, files)).toEqual({ ...clean, lost: 1 })
})

test('a file of which a passage is missing is lost', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'one', 'two'))
  addDocument(db, document('b', 'three'))
  db.exec(`delete from passages where text = 'two'`)
  expect(audit(db, files)).toEqual({ ...clean, lost: 1 })
})

test('a document that was written again counts as a duplicate each time', () => {
  const db = emptyIndex()
  addDocument(db, document('b', 'three'))
  for (let time = 0; time < 3; time += 1) addDocument(db, document('a', 'one', 'two'))
  expect(audit(db, files)).toEqual({ ...clean, duplicates: 2 })
})

test('text of a file that was skipped or failed is unexpected', () => {
  const db = emptyIndex()
  addDocument(db, document('a', 'one'))
  addDocument(db, document('b', 'two'))
  addDocument(db, document('empty', 'three'))
  expect(audit(db, files)).toEqual({ ...clean, unexpected: 1 })
})
