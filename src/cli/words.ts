import type { Problem } from '../config/errors.ts'
import { isMillhandError, MillhandError } from '../kit/error.ts'
import type { RefusedOption } from '../kit/hint.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { sentence } from '../kit/sentence.ts'
import { SENTENCES, type Words } from './sentences.ts'

/**
 * Errors in the words of the command line: what is an option of a call to a program is a flag to whoever typed it, and what a
 * program would call is a command. Code and facts stay what they are.
 */
export function inCommandWords(thrown: MillhandError, argv: readonly string[]): MillhandError
export function inCommandWords(thrown: unknown, argv: readonly string[]): unknown
export function inCommandWords(thrown: unknown, argv: readonly string[]): unknown {
  if (!isMillhandError(thrown)) return thrown
  const words = WORDS[thrown.code]?.(thrown.facts as never, argv)
  if (words === undefined) return thrown
  return new MillhandError(thrown.code, withoutPassword(words), { facts: thrown.facts, cause: thrown.cause })
}

const WORDS: Readonly<Record<string, Words>> = {
  ...SENTENCES,
  invalid_option({ component, option, expected, got, hint = '' }: RefusedOption, argv) {
    const flag = flagOf(component, option)
    const beside = expected.replace(
      /(no|a|less than the) '(\w+)'(?= beside|,)/,
      (_, before, other) => `${before} ${flagOf('', other)}`,
    )
    const typed = ARGUMENTS[`${component}.${option}`] ?? (isGiven(flag, argv) ? flag : undefined)
    if (typed && TOGETHER.test(got)) return `${typed} is ${inFlags(got)}, expected ${inFlags(expected)}.`
    const values = listed(got)
    const shown = values?.map((value) => `'${value}'`).join(', ') ?? got
    return typed && `${typed} is ${shown}, expected ${withUnit(beside)}.${hint}`
  },
  config_invalid({ problems }: { problems: readonly Problem[] }, argv) {
    const told = problems.map((problem) => ofTheCommand(problem, argv))
    // Where all of it was typed, or stands in the environment, there is no configuration to mend.
    return told.every((each) => each !== undefined) ? told.join('\n') : undefined
  },
}

/** Of several options that exclude each other all are flags. */
const TOGETHER = /^given together with '/

function inFlags(text: string): string {
  return text.replaceAll(/'(\w+)'/g, (_, option) => flagOf('', option))
}

const FLAGS: Readonly<Record<string, string>> = {
  tags: '--tag',
  'result.timeout': '--wait-timeout',
  'limits.set.rate.count': '--rate',
  'limits.set.rate.per': '--rate',
  'drained.timeout': '--wait-timeout',
}

/** A flag takes no number without a unit. */
function withUnit(expected: string): string {
  return expected.replace(', or milliseconds', '')
}

/** Options of a call that are arguments of a command. */
const ARGUMENTS: Readonly<Record<string, string>> = {
  'matching.priority': 'The priority',
  'matching.due': 'The time',
}

/** The texts of a list, of which `got` is the JSON: a command makes one of a flag that may be given again. */
function listed(got: string): readonly string[] | undefined {
  try {
    const value: unknown = JSON.parse(got)
    const isList = Array.isArray(value) && value.length > 0
    return isList && value.every((each) => typeof each === 'string') ? value : undefined
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
  if (is !== undefined)
    return sentence(`${from} ${is}, ${from?.startsWith('--') ? withUnit(`${expected}`) : expected}`)
  if (path !== 'store') return undefined
  const told = message.startsWith('is ') ? ` ${message}` : `: ${message}`
  if (isGiven('--store', argv)) return sentence(`--store${told}`)
  return process.env.MILLHAND_STORE ? sentence(`MILLHAND_STORE${told}`) : undefined
}
