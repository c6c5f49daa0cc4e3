import type { Call } from './command.ts'
import { cliError, STANDARD_INPUT } from './errors.ts'

/** The input of a job, the second argument of a command; `-` is standard input. @throws MillhandError `invalid_json`, `inexact_json`, `usage` */
export async function readInput({ command, args }: Call): Promise<unknown> {
  const [, text] = args
  if (text === undefined) return undefined
  const { parseJson } = await import('./json-text.ts')
  if (text !== '-') return parseJson('The input', text)
  return parseJson(STANDARD_INPUT, await readStandardInput(command))
}

/** A payload may have 1 MiB as JSON; white space may make it longer, but what is this long was not meant. */
const STANDARD_INPUT_CHARACTERS_MAX = 16 * 1024 * 1024

async function readStandardInput(command: string): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += chunk
    if (text.length <= STANDARD_INPUT_CHARACTERS_MAX) continue
    const problem = `Standard input is longer than ${STANDARD_INPUT_CHARACTERS_MAX} characters`
    throw cliError('usage', { problem, command })
  }
  return text
}
