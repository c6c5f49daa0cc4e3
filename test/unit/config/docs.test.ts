import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type ConfigOption, OPTIONS, type Section } from '../../../src/config/options.ts'
import { documented } from '../../support/documented.ts'

const DOCUMENT = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8')

/** Where the options of a section are explained: in the interface that says what may be given. */
const INTERFACES: Readonly<Record<Section, readonly [path: string, name: string]>> = {
  top: ['src/config/define.ts', 'ConfigOptions'],
  worker: ['src/worker/options.ts', 'WorkerOptions'],
  queue: ['src/queue/open-options.ts', 'OpenOptions'],
  retention: ['src/job/retention.ts', 'RetentionOptions'],
  log: ['src/config/define.ts', 'LogOptions'],
}

test('docs/configuration.md has a row for every option, as the option tables and their interfaces have it', () => {
  const rows = DOCUMENT.split('\n').filter((line) => line.startsWith('| `'))
  expect(rows).toEqual(OPTIONS.map(rowOf))
})

test('what the interface says of an option ends with its default and its limits', () => {
  const wrong = OPTIONS.filter((option) => !explanationOf(option).endsWith(limitsOf(option)))
  expect(wrong.map((option) => `${option.path}: ${explanationOf(option)} …${limitsOf(option)}`)).toEqual([])
})

/** Path, meaning, what it takes, default, minimum, environment variable. */
function rowOf(option: ConfigOption): string {
  const { path, field, variable } = option
  const { expected, fallback } = field
  const meaning = explanationOf(option).slice(0, -limitsOf(option).length || undefined)
  const cells = [`\`${path}\``, meaning, takes(expected), code(fallback), minimum(expected), code(variable)]
  return `| ${cells.join(' | ')} |`.replaceAll(/ {2,}/g, ' ')
}

function explanationOf({ section, name }: ConfigOption): string {
  return documented(...INTERFACES[section]).get(name) ?? 'nothing'
}

/** The last sentence about an option: ` Default '10s', minimum '100ms'.` */
function limitsOf({ field: { expected, fallback } }: ConfigOption): string {
  if (fallback === undefined) return ''
  const [least = '', most] = [minimum(expected), maximum(expected)]
  const range = most
    ? `, from ${shown(Number(least))} to ${shown(Number(most))}`
    : least && `, minimum ${shown(least)}`
  return ` Default ${shown(fallback)}${range}.`
}

/** As it is written in code, so that it may be copied; a number as people read it. */
function shown(value: unknown): string {
  if (typeof value === 'string') return /^\d+$/.test(value) ? shown(Number(value)) : `\`'${value}'\``
  return typeof value === 'number' ? value.toLocaleString('en') : String(value)
}

/** What a field expects, without the examples and the limits that stand elsewhere. */
function takes(expected: string): string {
  if (expected.startsWith('a duration')) return 'duration'
  const most = maximum(expected)
  if (expected.startsWith('a whole number')) return `whole number${most ? `, up to ${most}` : ''}`
  return expected.replace(/^an? /, '').replaceAll("'", '`')
}

function minimum(expected: string): string {
  return /(?:of at least|from) (\d+(?:ms)?)/.exec(expected)?.[1] ?? ''
}

function maximum(expected: string): string {
  return / to (\d+)$/.exec(expected)?.[1] ?? ''
}

function code(value: unknown): string {
  return value === undefined ? '' : `\`${value}\``
}
