import { Command, CommanderError } from 'commander'
import { ENQUEUE_HINTS } from '../job/elsewhere.ts'
import { nameHint } from '../kit/hint.ts'
import { VERSION } from '../kit/version.ts'
import { toCommand } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { COMMANDS_ELSEWHERE } from './elsewhere.ts'
import { cliError } from './errors.ts'
import { EXIT, EXIT_CODES_HELP, type ExitCode, exitCodeOf } from './exit.ts'
import { endWithOutput, flushOutput, standardTerminal } from './output.ts'
import { tell, tellCrashes } from './tell.ts'
import { flagOf, inCommandWords } from './words.ts'

/** Runs one command line and ends the process with its exit code. */
export async function runProgram(argv: readonly string[]): Promise<never> {
  endWithOutput()
  tellCrashes(standardTerminal(argv.includes('--json')))
  const code = await execute(argv)
  await flushOutput()
  // A module of the user's may have left a connection open; that must not keep the command from ending.
  process.exit(code)
}

/** Every command with its options. */
function buildProgram(onEnd: (code: ExitCode | undefined) => void): Command {
  const program = new Command('millhand')
    .description('Durable jobs: start workers, enqueue jobs, see what they do.')
    .version(VERSION)
    .addHelpText('after', `\n${EXIT_CODES_HELP}`)
  for (const spec of COMMANDS) program.addCommand(toCommand(spec, onEnd))
  for (const command of [program, ...program.commands]) {
    // What commander would say itself goes through `tell`, like every other error.
    command.exitOverride().configureOutput({ outputError: () => {} })
  }
  return program
}

/** Runs one command line in this process; gives its exit code. */
export async function execute(argv: readonly string[]): Promise<ExitCode> {
  let code: ExitCode | undefined
  const program = buildProgram((end) => {
    code = end
  })
  try {
    if (argv.length === 0) program.help({ error: true })
    requireHelped(argv)
    await program.parseAsync(argv, { from: 'user' })
    return code ?? EXIT.ok
  } catch (thrown) {
    if (thrown instanceof CommanderError && thrown.exitCode === 0) return EXIT.ok
    if (thrown instanceof CommanderError && thrown.code === 'commander.help') return EXIT.usage
    const error = thrown instanceof CommanderError ? usageError(thrown, argv) : thrown
    tell(inCommandWords(error, argv), standardTerminal(argv.includes('--json')))
    return exitCodeOf(error)
  }
}

/** Commander would show the help of all for a command that it does not know. @throws MillhandError `usage` */
export function requireHelped([first, command]: readonly string[]): void {
  if (first !== 'help' || command === undefined || command.startsWith('-')) return
  if (command === 'help' || COMMANDS.some(({ name }) => name === command)) return
  try {
    // What it says of the command alone, with the one that is near.
    buildProgram(() => {}).parse([command], { from: 'user' })
  } catch (thrown) {
    throw thrown instanceof CommanderError ? usageError(thrown, ['help']) : thrown
  }
}

/** What commander says, in the words of the other errors, with what was probably meant. */
export function usageError({ message }: CommanderError, argv: readonly string[]): Error {
  const command = COMMANDS.some(({ name }) => name === argv[0]) ? String(argv[0]) : ''
  const problem = message.replace(/^error: /, '').replace(/\n\((Did you mean .*\?)\)$/, '. $1')
  const hinted =
    otherCommand(problem) ?? `${problem}${elsewhere(problem, command)}${whichId(problem)}${byFilter(problem)}`
  return cliError('usage', { problem: hinted, command })
}

/** A command that other tools call so. */
function otherCommand(problem: string): string | undefined {
  const [said, name = ''] = /^unknown command '(.*?)'/.exec(problem) ?? []
  const meant = said === undefined ? undefined : COMMANDS_ELSEWHERE.get(name.toLowerCase())
  return meant === undefined ? undefined : `${said}. Did you mean ${meant}?`
}

/** Nobody knows an id by heart. */
function whichId(problem: string): string {
  return /^missing required argument 'id'$/.test(problem)
    ? ": give the beginning of one, or 'last' for the newest job"
    : ''
}

/** The commands beside it take ids. */
function byFilter(problem: string): string {
  return /^too many arguments for 'delete'/.test(problem)
    ? ' Jobs are deleted by a filter, such as --name or --tag.'
    : ''
}

/** What a flag is called here that another queue calls so. */
function elsewhere(problem: string, command: string): string {
  const [, flag] = /unknown option '--([\w-]+)'$/.exec(problem) ?? []
  if (command !== 'enqueue' || flag === undefined) return ''
  const { hint } = nameHint(ENQUEUE_HINTS, flag.replaceAll('-', ''))
  return hint === undefined
    ? ''
    : `.${hint.replaceAll(/'(\w+)'/g, (_, option) => `'${flagOf('enqueue', option)}'`)}`
}
