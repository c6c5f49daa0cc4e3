import { expect, test } from 'vitest'
import { TRANSITIONS } from '../../src/job/state.ts'
import { fileAt } from './reading/files.ts'

/** A transition as text: `cancel: pending -> cancelled`. */
const TABLE = Object.entries(TRANSITIONS)
  .flatMap(([verb, { from, to }]) => from.map((state) => `${verb}: ${state} -> ${to}`))
  .sort()

test('the table of transitions in ARCHITECTURE.md is the one of src/job/state.ts', () => {
  expect(rowsOf(fileAt('ARCHITECTURE.md').text)).toEqual(TABLE)
})

test('the diagram of states in ARCHITECTURE.md is the one of src/job/state.ts', () => {
  const drawn = diagramOf(fileAt('src/job/state.ts').text)
  expect(drawn).toContain('pending ──')
  expect(diagramOf(fileAt('ARCHITECTURE.md').text)).toBe(drawn)
})

/** The rows below `| verb | from | to |`, whatever columns follow; `from` may list several states. */
function rowsOf(markdown: string): string[] {
  const [, table = ''] = /^\| *verb *\| *from *\| *to *\|.*\n\|[-| :]+\n((?:\|.*\n?)+)/m.exec(markdown) ?? []
  const rows = table.split('\n').filter((row) => row !== '')
  return rows
    .map((row) => row.split('|').map((cell) => cell.replaceAll('`', '').trim()))
    .flatMap(([, verb, from = '', to]) => from.split(', ').map((state) => `${verb}: ${state} -> ${to}`))
    .sort()
}

/** The lines from `pending ──` to the one that ends in the corner, without what stands to their left. */
function diagramOf(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^ \* ?/, '').trimEnd())
  const first = lines.findIndex((line) => line.includes('pending ──'))
  const last = lines.findIndex((line) => line.endsWith('──┘'))
  return withoutIndent(lines.slice(Math.max(first, 0), last + 1)).join('\n')
}

function withoutIndent(lines: readonly string[]): string[] {
  const indent = Math.min(...lines.map((line) => line.search(/\S|$/)))
  return lines.map((line) => line.slice(indent))
}
