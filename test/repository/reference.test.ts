import { expect, test } from 'vitest'
import { FAILURE_KINDS } from '../../src/job/failure.ts'
import { TRANSITIONS } from '../../src/job/state.ts'
import { documented } from '../support/documented.ts'
import { constantsOf } from './reading/constants.ts'
import { fileAt, filesLike, lineOf } from './reading/files.ts'

test.each([
  ['docs/define-job.md', 'src/job/job-options.ts', 'JobOptions'],
  ['docs/enqueue.md', 'src/job/enqueue-options.ts', 'EnqueueOptions'],
  ['docs/invoke.md', 'src/job/invoke-options.ts', 'InvokeOptions'],
  ['docs/worker.md', 'src/worker/options.ts', 'WorkerOptions'],
  ['docs/events.md', 'src/queue/subscribe.ts', 'SubscribeOptions'],
  ['docs/many-at-once.md', 'src/queue/api/matching.ts', 'MatchingOptions'],
])('%s has a row for every option of %s, and for no other', (page, path, name) => {
  expect(firstCells(page, 'option').toSorted()).toEqual([...documented(path, name).keys()].toSorted())
})

test('docs/guide.md has every filter', () => {
  const named = rowsBelow('docs/guide.md', 'filter').flatMap(([cell = '']) => unquoted(cell))
  expect(named.toSorted()).toEqual([...documented('src/queue/filter.ts', 'FilterOptions').keys()].toSorted())
})

test('every call of a queue says what it does, where an editor shows it', () => {
  const calls = filesLike(/^src\/queue\/api\//).flatMap(({ path, text }) =>
    [...text.matchAll(/^export interface (\w+)/gm)].flatMap(([, name = '']) => [...documented(path, name)]),
  )
  expect(calls.map(([call]) => call)).toEqual(
    expect.arrayContaining(['enqueueMany', 'get', 'retry', 'stats']),
  )
  expect(calls.filter(([, said]) => said === '')).toEqual([])
})

test('docs/errors.md has every kind of failure that something makes', () => {
  const rows = rowsBelow('docs/errors.md', 'kind').map(([kind]) => kind)
  expect(rows).toEqual(FAILURE_KINDS)
})

test('docs/events.md has every event, with the level at which it is logged', () => {
  const levels = constantsOf(/^src\/telemetry\/logger\.ts$/).find(({ name }) => name === 'LEVELS')?.value
  const rows = rowsBelow('docs/events.md', 'event').map(([event = '', , level]) => [
    unquoted(event)[0],
    level,
  ])
  expect(Object.fromEntries(rows)).toEqual(levels)
})

test('docs/states.md has every verb, with the states between which it goes', () => {
  const rows = rowsBelow('docs/states.md', 'verb').map(([verb = '', from = '', to]) => [verb, from, to])
  const made = Object.entries(TRANSITIONS).map(([verb, { from, to }]) => [verb, from.join(', '), to])
  expect(rows).toEqual(made)
})

/** What the code has a place for and does not do: no document may promise it. */
const UNMADE =
  /`waiting`|`dependency`|waits_for_dependencies|depends on (?:has|have|did)|millhand (?:flows|supervise|generate|dashboard)\b|ctx\.waitFor\b|queue\.send\(|define(?:Flow|Batch|Schedule)\b/g

test('no document for users speaks of what does not exist', () => {
  const found = filesLike(/^(README\.md|docs\/[^/]+\.md)$/).flatMap(({ path, text }) =>
    [...text.matchAll(UNMADE)].map(({ 0: words, index }) => `${path}:${lineOf(text, index)}: ${words}`),
  )
  expect(found).toEqual([])
})

/** The names in the first cells of a table: several may share a row. */
function firstCells(page: string, title: string): string[] {
  return rowsBelow(page, title).flatMap(([cell = '']) => unquoted(cell))
}

/** The cells of every table whose first title is this one. */
function rowsBelow(page: string, title: string): string[][] {
  const table = new RegExp(`^\\| ${title} \\|.*\\n\\|[-|]+\\n((?:\\|.*\\n)+)`, 'gm')
  const rows = [...fileAt(page).text.matchAll(table)].flatMap(([, text = '']) => text.trimEnd().split('\n'))
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  )
}

function unquoted(cell: string): string[] {
  return [...cell.matchAll(/`(\w+)`/g)].map(([, name = '']) => name)
}
