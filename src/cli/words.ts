import type { Problem } from '../config/errors.ts'
import { isMillhandError, MillhandError, preview } from '../kit/error.ts'
import type { RefusedOption } from '../kit/hint.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { didYouMean } from '../kit/suggest.ts'

/**
 * Errors in the words of the command line: what is an option of a call to a program is a flag to whoever typed it, and what a
 * program would call is a command. Code and facts stay what they are.
 */
export function inCommandWords(thrown: unknown, argv: readonly string[]): unknown {
  if (!isMillhandError(thrown)) return thrown
  const words = WORDS[thrown.code]?.(thrown.facts as never, argv)
  if (words === undefined) return thrown
  return new MillhandError(thrown.code, withoutPassword(words), { facts: thrown.facts, cause: thrown.cause })
}

type Words = (facts: never, argv: readonly string[]) => string | undefined

const WORDS: Readonly<Record<string, Words>> = {
  invalid_option({ component, option, expected, got, hint = '' }: RefusedOption, argv) {
    const flag = flagOf(component, option)
    const beside = expected.replace(/no '(\w+)' beside/, (_, other) => `no ${flagOf('', other)} beside`)
    const values = listed(got)
    const shown = values?.map((value) => `'${value}'`).join(', ') ?? got
    return isGiven(flag, argv) ? `${flag} is ${shown}, expected ${beside}.${hint}` : undefined
  },
  unknown_job({ name, known }: { name: string; known: readonly string[] }, [command = '']) {
    const where =
      command === 'run' ? 'the configuration has no handler' : 'no configuration and no live worker has one'
    return known.length === 0
      ? `No job is named ${preview(name)}: ${where}. Name the configuration with --config, and the module of the job in its 'jobs'.`
      : `No job is named ${preview(name)}.${didYouMean(name, known)} Known here: ${known.join(', ')}. ` +
          "A new one has to be exported by a module in 'jobs' of the configuration."
  },
  missing_handler: ({ name }: { name: string }, [command]) =>
    command === 'run'
      ? `Job '${name}' has no handler here, only a definition. Add the module with its handler to 'jobs' of the configuration.`
      : undefined,
  result_timeout: (facts: { id: string; timeoutMs: number; state: string }) =>
    `Job '${facts.id}' is still ${facts.state} after ${facts.timeoutMs} ms. The job goes on; 'millhand explain ${facts.id}' says why it waits.`,
  output_unreadable: ({ id, name }: { id: string; name: string }) =>
    `Job '${name}' (${id}) is complete, and what stands in the store as its output is not JSON: somebody has changed the row. ` +
    `'millhand job ${id}' shows it as it is; mend the row, or run the job again.`,
  config_invalid({ problems }: { problems: readonly Problem[] }, argv) {
    const told = problems.map((problem) => ofTheCommand(problem, argv))
    // Where all of it was typed, or stands in the environment, there is no configuration to mend.
    return told.every((each) => each !== undefined) ? told.join('\n') : undefined
  },
}

const FLAGS: Readonly<Record<string, string>> = {
  tags: '--tag',
  'result.timeout': '--wait-timeout',
  'limits.set.rate.count': '--rate',
  'limits.set.rate.per': '--rate',
  'drained.timeout': '--wait-timeout',
}

/** The texts of a list, of which `got` is the JSON: a command makes one of a flag that may be given again. */
function listed(got: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(got)
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined
  } catch {
    return undefined
  }
}

/** The flag that an option of a call is given by. */
export function flagOf(component: string, option: string): string {
  const named = FLAGS[`${component}.${option}`] ?? FLAGS[option]
  return named ?? `--${option.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

function isGiven(flag: string, argv: readonly string[]): boolean {
  return argv.some((word) => word === flag || word.startsWith(`${flag}=`))
}

/** A value that a flag or a variable has set: the words of the configuration name it in brackets. */
const FROM_OUTSIDE = /^(is .*) \((--[a-z-]+|MILLHAND_[A-Z_]+)\), (expected .*)$/s

function ofTheCommand({ path, message }: Problem, argv: readonly string[]): string | undefined {
  const [, is, from, expected] = FROM_OUTSIDE.exec(message) ?? []
  if (is !== undefined) return sentence(`${from} ${is}, ${expected}`)
  if (path !== 'store') return undefined
  if (isGiven('--store', argv)) return sentence(`--store ${message}`)
  return process.env.MILLHAND_STORE ? sentence(`MILLHAND_STORE ${message}`) : undefined
}

function sentence(text: string): string {
  return text.replace(/[^.?]$/, '$&.')
}
