import { expect, test } from 'vitest'
import { toCommand } from '../../../src/cli/command.ts'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { dueOf } from '../../../src/cli/commands/reschedule.ts'
import { numberOr } from '../../../src/cli/filter.ts'

/** What commander makes of a line; nothing is run. */
function parse(name: string, ...words: string[]): object {
  const spec = COMMANDS.find((each) => each.name === name)
  if (!spec) throw new Error(`no command ${name}`)
  const command = toCommand(spec, () => {})
  command
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .action(() => {})
  return command.parse(words, { from: 'user' }).opts()
}

test('a value that is empty is refused: a variable of a script that is not set would choose something else', () => {
  for (const words of [['--error', ''], ['--name='], ['--tag', ' '], ['--store', '']]) {
    expect(() => parse('cancel', ...words)).toThrow(/It is empty/)
  }
})

test('a flag that may be given once is refused the second time, and not overwritten', () => {
  expect(() => parse('jobs', '--tag', 'a', '--tag', 'b')).toThrow(/It was given before, as 'a'/)
  expect(parse('jobs', '--name', 'a', '--name', 'b', '--json')).toEqual({ name: ['a', 'b'], json: true })
})

test('several are also given with commas, but for tags, which may have one in them', () => {
  const line = ['--state', 'failed, running', '--state', 'pending', '--name=a,b']
  expect(parse('jobs', ...line)).toEqual({ state: ['failed', 'running', 'pending'], name: ['a', 'b'] })
  expect(parse('enqueue', 'a', '--tag', 'b,c')).toEqual({ tag: ['b,c'] })
  expect(parse('enqueue', 'a', '--requires', 'gpu, version>=2')).toEqual({ requires: ['gpu', 'version>=2'] })
  expect(() => parse('jobs', '--state', 'failed,')).toThrow(/a comma with nothing beside it/)
})

test('what a job requires is never dropped without a word, where a variable of a list is not set', () => {
  for (const words of [',', 'gpu,', ',gpu'])
    expect(() => parse('enqueue', 'a', '--requires', words)).toThrow(/a comma with nothing beside it/)
})

test('a flag that nobody knows is refused with the one that was meant', () => {
  expect(() => parse('retry', '--nmae', 'x')).toThrow(/Did you mean --name\?/)
  expect(() => parse('pause', 'mail', 'reports')).toThrow(/too many arguments/)
})

test('a duration without a unit is refused with what may have been meant, by every flag that takes one', () => {
  const flags = COMMANDS.flatMap(({ name, arguments: words = [], options = [] }) => {
    const needed = words.filter(([word]) => word.startsWith('<')).map(() => 'a')
    return options.flatMap(({ flags }) => (flags.includes('<duration>') ? [{ name, needed, flags }] : []))
  })
  expect(flags.length).toBeGreaterThan(10)
  for (const { name, needed, flags: given } of flags) {
    const [flag = ''] = given.split(' ')
    expect(() => parse(name, 'a', flag, '5'), `${name} ${flag}`).toThrow(
      /It has no unit\. Say '5s' for seconds/,
    )
    expect(() => parse(name, flag, '0.5')).toThrow(/'0\.5ms'/)
    expect(Object.values(parse(name, ...needed, flag, '0'))).toEqual(['0'])
  }
})

test('a duration that is only one of several things a flag or an argument takes needs a unit as well', async () => {
  expect(() => parse('enqueue', 'a', '--key-scope', '30')).toThrow(/It has no unit\. Say '30s' for seconds/)
  expect(parse('enqueue', 'a', '--key-scope', 'forever')).toEqual({ keyScope: 'forever' })
  expect(() => parse('limits', 'set', 'a', '--rate', '60/1')).toThrow(/It has no unit\. Say '1s'/)
  expect(parse('limits', 'set', 'a', '--rate', '60/1m')).toEqual({ rate: '60/1m' })
  expect(() => dueOf('0.5')).toThrow(/'0\.5' has no unit\. Say '0\.5s' for seconds, or '0\.5ms', .* See /)
  expect([dueOf('now'), dueOf('0'), dueOf('2h')]).toEqual([0, 0, '2h'])
})

test('a condition without a value, or a second one for the same place, is refused', () => {
  for (const slip of ['user.id', '=42', ''])
    expect(() => parse('cancel', '--input', slip), slip).toThrow(/such as user\.id=42|It is empty/)
  expect(() => parse('jobs', '--input', 'user.id=1', '--input', 'to=a', '--input', 'user.id=2')).toThrow(
    /It was given before, as 'user\.id=1': no job has both/,
  )
  expect(parse('jobs', '--input', 'a=1', '--input', 'b=')).toEqual({ input: ['a=1', 'b='] })
})

test('a number that would be rounded is no number', () => {
  expect(
    ['5', '-1.5', '1.0', '0.99999999999999999999', '12345678901234567890', '1e3', '0x10'].map(numberOr),
  ).toEqual([...[5, -1.5, 1, '0.99999999999999999999', '12345678901234567890', '1e3', '0x10']])
})
