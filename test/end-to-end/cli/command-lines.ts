import fc from 'fast-check'
import { COMMON_OPTIONS, type OptionSpec } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { anyCharacter } from '../../support/texts.ts'

/** What a command would wait for, for ever: another process, a person, the standard input. */
const WAITS = /^--(watch|wait)\b/

/** What makes a command that never ends by itself end at once. */
export const ENDINGS: Readonly<Record<string, readonly string[]>> = {
  dev: ['--processes', 'none'],
  work: ['--until-idle'],
}

/** Flags that take a value. */
export const VALUED: readonly string[] = [
  ...COMMON_OPTIONS,
  ...COMMANDS.flatMap(({ options = [] }) => options),
].flatMap(({ flags }) => {
  const [flag = '', value] = flags.split(' ')
  return value === undefined ? [] : [flag]
})

/** Words that mean something to one command or another, so that many lines are nearly right. */
const VALUES = [
  ...[
    'last',
    'default',
    'mail',
    'mail.send',
    'test.fails',
    'nobody.knows',
    '{"to":"ann"}',
    '{"to":5}',
    '{to:1}',
  ],
  ...[
    'pending',
    'failed',
    'complete',
    'runing',
    'failed,pending',
    'a,,b',
    '0',
    '1',
    '-1',
    '1.5',
    '1e3',
    '007',
  ],
  ...[
    '9007199254740993',
    'NaN',
    '5s',
    '5m',
    '-5s',
    '1d',
    '2026-05-01T08:00:00Z',
    '2026-02-30T08:00:00Z',
    'noon',
  ],
  ...[
    'name',
    'tag',
    'key',
    '',
    ' ',
    '\0',
    '\u001b[31m',
    'ü',
    '𝄞',
    '\ud800',
    '%',
    '*',
    "'",
    '--',
    '-x',
    '[]',
    'null',
    '--help',
    '-V',
  ],
  ...[
    '{"a":{"b":[1,2,{"c":null}]}}',
    '{"a":1,"a":2}',
    'millhand.yaml',
    'nowhere.yaml',
    'debug',
    'json',
    'true',
  ],
]

/** Where the jobs are; nothing outside of the folder, and no server that it would be waited for. */
const STORES = [
  'sqlite:jobs.db',
  'sqlite:none.db',
  'sqlite:',
  'memory:',
  'jobs.db',
  'mysql://a/b',
  'postgres://[',
  '',
]

const anyText = fc
  .oneof(
    { weight: 4, arbitrary: fc.constantFrom(...VALUES) },
    { weight: 1, arbitrary: fc.string({ unit: anyCharacter }) },
  )
  .filter((text) => text !== '-' && !/[/\\]/.test(text))

/** The words of one command line, most of which are nearly right. */
export function commandLines(ids: readonly string[]): fc.Arbitrary<string[]> {
  const anyArgument = fc.oneof(fc.constantFrom(...ids, ...ids.map((id) => id.slice(0, 30))), anyText)
  const anyFlag = fc.constantFrom(...COMMANDS.flatMap(({ options = [] }) => options)).chain(flagged)
  return fc.constantFrom(...COMMANDS).chain(({ name, arguments: given = [], options = [] }) => {
    const own = fc.constantFrom(...options, ...COMMON_OPTIONS).chain(flagged)
    const flags = fc.array(fc.oneof({ weight: 9, arbitrary: own }, { weight: 1, arbitrary: anyFlag }), {
      maxLength: 4,
    })
    const args = fc.array(anyArgument, { maxLength: given.length + 1 })
    const command = fc.oneof({ weight: 30, arbitrary: fc.constant(name) }, { weight: 1, arbitrary: anyText })
    return fc
      .tuple(command, args, flags)
      .map(([word, some, others]) => ended([word, ...some, ...others.flat()], ENDINGS[name]))
  })
}

/** A flag that lacks its value would take the ending for it, and the command would run for ever. */
function ended(words: string[], ending: readonly string[] | undefined): string[] {
  if (!ending) return words
  const isOpen = VALUED.includes(words.at(-1) ?? '')
  return [...words, ...(isOpen ? ['mail'] : []), ...ending]
}

function flagged({ flags }: OptionSpec): fc.Arbitrary<string[]> {
  const [flag = '', value] = flags.split(' ')
  if (WAITS.test(flag)) return fc.constant([])
  if (value === undefined) return fc.constant([flag])
  const anyValue = flag === '--store' ? fc.constantFrom(...STORES) : anyText
  return fc.tuple(anyValue, fc.nat(9)).map(([text, how]) => {
    if (how === 0) return [flag]
    return how < 3 ? [`${flag}=${text}`] : [flag, text]
  })
}
