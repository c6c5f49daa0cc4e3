import { Command, InvalidArgumentError, Option } from 'commander'
import { checkValue } from './checks.ts'
import { EXIT_CODES_HELP, type ExitCode } from './exit.ts'
import { standardTerminal } from './output.ts'
import type { Terminal } from './terminal.ts'

/** What every command takes. */
interface CommonOptions {
  readonly json?: boolean
  readonly store?: string
  readonly config?: string
}

export interface OptionSpec {
  /** As commander reads it: `--limit <count>`. */
  readonly flags: string
  readonly doc: string
  /** May be given several times; the command gets a list. */
  readonly many?: boolean
  /** With `many`: several may also be given with commas. Not for what may have a comma in it, such as a tag. */
  readonly commas?: boolean
}

/** One call of a command: what stood on the command line, and where to write. */
export interface Call<Options = object> {
  readonly command: string
  readonly args: readonly string[]
  readonly options: Options & CommonOptions
  readonly terminal: Terminal
}

/** A command, declared. `run` loads what is heavy when it is called, so that `--help` need not. */
export interface CommandSpec<Options = object> {
  readonly name: string
  /** Name as commander reads it (`<id...>`, `[json]`), and what it is. */
  readonly arguments?: readonly (readonly [name: string, doc: string])[]
  readonly summary: string
  readonly options?: readonly OptionSpec[]
  /** Takes neither `--store` nor `--config`, and says itself why not: its help does not offer them. */
  readonly placeless?: boolean
  /** Command lines that show it in use. */
  readonly examples: readonly string[]
  /** Gives the exit code where it is not 0. A method, so that commands with different options fit in one list. */
  run(call: Call<Options>): Promise<ExitCode | undefined>
}

const PLACE_OPTIONS: readonly OptionSpec[] = [
  {
    flags: '--store <url>',
    doc: 'where the jobs are: sqlite:FILE or postgres://… (default: what the configuration says)',
  },
  {
    flags: '--config <file>',
    doc: 'the configuration (default: the nearest millhand.config.ts or millhand.yaml)',
  },
]

const OUTPUT_OPTIONS: readonly OptionSpec[] = [
  { flags: '--json', doc: 'output for programs: one JSON document, or JSON lines for a stream' },
]

/** What every command takes, after its own options. */
export const COMMON_OPTIONS: readonly OptionSpec[] = [...PLACE_OPTIONS, ...OUTPUT_OPTIONS]

/** The commander's command of a declaration; its exit code goes to `onEnd`. */
export function toCommand(spec: CommandSpec, onEnd: (code: ExitCode | undefined) => void): Command {
  const command = new Command(spec.name).description(spec.summary)
  for (const [name, doc] of spec.arguments ?? []) command.argument(name, doc)
  for (const option of spec.options ?? []) command.addOption(toOption(option))
  for (const option of PLACE_OPTIONS) command.addOption(toOption(option).hideHelp(spec.placeless === true))
  for (const option of OUTPUT_OPTIONS) command.addOption(toOption(option))
  const examples = spec.examples.map((example) => `  $ ${example}`).join('\n')
  command.addHelpText('after', `\nExamples:\n${examples}\n\n${EXIT_CODES_HELP}`)
  return command.action(async () => {
    const options: CommonOptions = command.opts()
    const terminal = standardTerminal(options.json === true)
    onEnd(await spec.run({ command: spec.name, args: command.args, options, terminal }))
  })
}

function toOption({ flags, doc, many, commas }: OptionSpec): Option {
  const option = new Option(flags, doc)
  if (option.isBoolean()) return option
  return option.argParser((text: string, before?: string | readonly string[]) => {
    // Most often a variable of a script that is not set: to take it as nothing would choose or store something else.
    if (text.trim() === '') throw new InvalidArgumentError('It is empty.')
    if (!many && before !== undefined) throw new InvalidArgumentError(`It was given before, as '${before}'.`)
    const earlier = [before ?? []].flat()
    checkValue(flags, text, earlier)
    return many ? [...earlier, ...(commas ? partsOf(text) : [text])] : text
  })
}

function partsOf(text: string): string[] {
  const parts = text.split(',').map((part) => part.trim())
  if (parts.includes('')) throw new InvalidArgumentError('It has a comma with nothing beside it.')
  return parts
}
