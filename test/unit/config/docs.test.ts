import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ConfigOption, OPTIONS } from '../../../src/config/options.ts'

const DOCUMENT = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')

test('docs/configuration.md has a row for every option, as the option tables have it', () => {
  const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(OPTIONS.map(rowOf))
})

/** Path, meaning, what it takes, default, minimum, environment variable. */
function rowOf({ path, field, variable }: ConfigOption): string {
  const { doc, expected, fallback } = field
  const cells = [`\`${path}\``, doc, takes(expected), code(fallback), minimum(expected), code(variable)]
  return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ')
}

/** What a field expects, without the examples and the limits that stand elsewhere. */
function takes(expected: string): string {
  if (expected.startsWith('a duration')) return 'duration'
  const range = / to (\d+)$/.exec(expected)?.[1]
  if (expected.startsWith('a whole number'))
    return `whole number${range === undefined ? '' : `, up to ${range}`}`
  return expected.replace(/^an? /, '').replaceAll("'", '`')
}

function minimum(expected: string): string {
  return /(?:of at least|from) (\d+(?:ms)?)/.exec(expected)?.[1] ?? ''
}

function code(value: unknown): string {
  return value === undefined ? '' : `\`${value}\``
}
