import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { COMMON_OPTIONS, type CommandSpec, type OptionSpec } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { EXIT_CODES_HELP } from '../../../src/cli/exit.ts'

const DOCUMENT = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8')

test('docs/cli.md has a section for every command, in the order of --help', () => {
  expect([...sections().keys()]).toEqual(COMMANDS.map(({ name }) => `millhand ${name}`))
})

test.each(
  COMMANDS.map((spec) => [spec.name, spec] as const),
)('%s is documented with its summary, flags and examples', (name, spec) => {
  const section = sections().get(`millhand ${name}`) ?? ''
  expect(section).toContain(`millhand ${[name, ...argumentsOf(spec)].join(' ')}`)
  expect(section.replaceAll('\n', ' ')).toContain(spec.summary)
  expect(rowsOf(section)).toEqual((spec.options ?? []).map(rowOf))
  for (const example of spec.examples) expect(section).toContain(example)
})

test('what every command takes, and the exit codes, are documented', () => {
  const before = DOCUMENT.slice(0, DOCUMENT.indexOf('\n## `millhand '))
  expect(rowsOf(before)).toEqual(COMMON_OPTIONS.map(rowOf))
  const codes = [...EXIT_CODES_HELP.matchAll(/^ {2}(\d+) +(.*)$/gm)].map(
    ([, exit, text]) => `| ${exit} | ${text} |`,
  )
  expect(before.split('\n').filter((line) => /^\| \d/.test(line))).toEqual(codes)
})

/** The text of each section that is about a command, by its heading. */
function sections(): Map<string, string> {
  const parts = DOCUMENT.split(/^## /m).slice(1)
  const titled = parts.map((part) => [/^`(.*)`\n/.exec(part)?.[1], part] as const)
  return new Map(titled.flatMap(([title, part]) => (title === undefined ? [] : [[title, part]])))
}

function rowsOf(text: string): string[] {
  return text.split('\n').filter((line) => line.startsWith('| `--'))
}

function rowOf({ flags, doc }: OptionSpec): string {
  return `| \`${flags}\` | ${doc} |`
}

function argumentsOf(spec: CommandSpec): string[] {
  return (spec.arguments ?? []).map(([name]) => name)
}
