import { CommanderError } from 'commander'
import { expect, onTestFinished, test } from 'vitest'
import { toCommand } from '../../../src/cli/command.ts'
import { devCommand } from '../../../src/cli/commands/dev.ts'
import { enqueueCommand } from '../../../src/cli/commands/enqueue.ts'
import { COMMANDS } from '../../../src/cli/commands/index.ts'
import { schedulesCommand } from '../../../src/cli/commands/schedules.ts'
import { readerOf } from '../../../src/cli/commands/stats.ts'
import { COMMANDS_ELSEWHERE, noneOf } from '../../../src/cli/elsewhere.ts'
import { requireHelped, usageError } from '../../../src/cli/program.ts'
import { Terminal } from '../../../src/cli/terminal.ts'
import { openTestQueue } from '../../../src/testing/index.ts'
import { KeptStream } from './stream.ts'

const terminal = new Terminal({ stdout: new KeptStream(), stderr: new KeptStream(), env: {}, json: false })

test('flags of enqueue that make no sense are refused before anything is read', async () => {
  const refused = (options: object) =>
    enqueueCommand.run({ command: 'enqueue', args: ['a', '-'], options, terminal })
  await expect(refused({ waitTimeout: '1s' })).rejects.toThrow(/^--wait-timeout is for --wait\. /)
  await expect(refused({ delay: '1s', runAt: 'x' })).rejects.toThrow(/give one of them\. /)
})

test('a time of stats without what it counts by is refused, by whatever it may be', async () => {
  const { queue } = await openTestQueue()
  onTestFinished(() => queue.close())
  expect(() => readerOf({ newerThan: '1h' }, queue)).toThrow(/^--newer-than is for --by\. /)
})

test('a command is named as it is typed', async () => {
  const dev = devCommand.run({ command: 'dev', args: [], options: { processes: '0' }, terminal })
  await expect(dev).rejects.toThrow(/ See 'millhand dev --help'\.$/)
  const both = { delay: '1s', runAt: 'x' }
  const enqueue = enqueueCommand.run({ command: 'enqueue', args: ['a'], options: both, terminal })
  await expect(enqueue).rejects.toThrow(/ See 'millhand enqueue --help'\.$/)
})

test('a command that other tools call otherwise is refused with what it is called here', () => {
  const problemOf = (word: string) =>
    usageError(new CommanderError(1, 'x', `error: unknown command '${word}'`), [word])
  expect(problemOf('start').message).toMatch(
    /^unknown command 'start'\. Did you mean work, or dev while you write\? /,
  )
  expect(problemOf('Promote').message).toMatch(/Did you mean reschedule now\? /)
  expect(problemOf('list').message).toMatch(/Did you mean jobs\? /)
  expect(problemOf('constructor').message).toMatch(/^unknown command 'constructor'\. See /)
})

test('what is meant by the word of another tool is a command of ours, and no word is one already', () => {
  const ours = COMMANDS.map(({ name }) => name)
  for (const [word, meant] of COMMANDS_ELSEWHERE) {
    expect(ours, word).not.toContain(word)
    const [first = ''] = meant.split(/[ ,]/)
    expect([...ours, '--version'], `${word}: ${meant}`).toContain(first)
  }
})

test('a missing id is refused with what can be given for one', () => {
  const missing = new CommanderError(1, 'x', "error: missing required argument 'id'")
  expect(usageError(missing, ['job']).message).toMatch(
    /or 'last' for the newest job\. See 'millhand job --help'\.$/,
  )
})

test('an id in a place where only a filter is taken is refused with that', () => {
  const told = "error: too many arguments for 'delete'. Expected 0 arguments but got 1: last."
  expect(usageError(new CommanderError(1, 'x', told), ['delete']).message).toMatch(
    /by a filter, such as --name/,
  )
})

test('a word that a command does not take is refused with the one that is near, or that is meant by it', () => {
  expect(noneOf('puase', ['list', 'pause'])).toBe("'puase' is none of list, pause. Did you mean 'pause'?")
  expect(noneOf('delete', ['set', 'remove'])).toMatch(/Did you mean 'remove'\?$/)
  expect(noneOf('pause', ['run', 'quiet', 'stop'])).toMatch(/Did you mean 'quiet'\?$/)
  expect(noneOf('constructor', ['run', 'quiet', 'stop'])).toBe("'constructor' is none of run, quiet, stop.")
})

test('the help of a command offers no flag that it refuses', () => {
  const helpOf = (name: string) =>
    COMMANDS.filter((spec) => spec.name === name)
      .map((spec) => toCommand(spec, () => {}).helpInformation())
      .join()
  for (const flag of ['--store', '--config', '--json']) expect(helpOf('jobs')).toContain(flag)
  for (const flag of ['--store', '--config']) expect(helpOf('init')).not.toContain(flag)
  expect(helpOf('init')).toContain('--json')
})

test('help of a command that is none is refused with what was meant', () => {
  expect(() => requireHelped(['help', 'xyzzy'])).toThrow(
    /^unknown command 'xyzzy'\. See 'millhand --help'\.$/,
  )
  expect(() => requireHelped(['help', 'list'])).toThrow(/Did you mean jobs\?/)
  expect(() => requireHelped(['help', 'jbos'])).toThrow(/^unknown command 'jbos'\. Did you mean jobs\? See /)
  for (const words of [['help'], ['help', 'jobs'], ['help', 'help'], ['jobs', 'nope']]) requireHelped(words)
})

test('a flag that says nothing of what is done to a schedule is refused', async () => {
  const refused = (args: string[], options: object) =>
    schedulesCommand.run({ command: 'schedules', args, options, terminal })
  await expect(refused(['pause', 's1'], { cron: '* * * * *' })).rejects.toThrow(/^--cron is for set\. /)
  await expect(refused(['next', 's1'], { timeZone: 'UTC' })).rejects.toThrow(/^--time-zone is for set\. /)
  await expect(refused([], { every: '5m' })).rejects.toThrow(/^--every is for set\. /)
  await expect(refused(['set', 's1', 'a'], {})).rejects.toThrow(
    /^set needs one of --cron, --every and --at\. /,
  )
  await expect(refused(['set', 's1', 'a'], { every: '5m', count: '3' })).rejects.toThrow(
    /^--count is for next\. /,
  )
})

test('a word that says nothing of what is done to a schedule is refused', async () => {
  const refused = (...args: string[]) =>
    schedulesCommand.run({ command: 'schedules', args, options: {}, terminal })
  await expect(refused('pause', 's1', 'mail.send')).rejects.toThrow(
    /^pause takes a name alone, and no 'mail.send'\. /,
  )
  await expect(refused('remove', 's1', 's2')).rejects.toThrow(/^remove takes a name alone, and no 's2'\. /)
  await expect(refused('list', 's1')).rejects.toThrow(/^list shows all, and takes no 's1'\. /)
})
