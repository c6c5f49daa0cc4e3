import { cliError } from './errors.ts'
import { findBend } from './exact-json.ts'

/** How much of the text a message quotes. */
const NEAR_CHARACTERS = 20

/**
 * Reads JSON, or says where it ceases to be JSON, or would become something else than it says.
 *
 * @throws MillhandError `invalid_json`, `inexact_json`
 */
export function parseJson(what: string, text: string): unknown {
  const value = parse(what, text)
  const bend = findBend(text)
  if (bend) throw cliError('inexact_json', { what, problem: bend.problem, ...placeOf(text, bend.position) })
  return value
}

function parse(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const facts = { what, problem: problemOf(error), ...placeOf(text, problemPosition(text)) }
    throw cliError('invalid_json', facts, { cause: error })
  }
}

function placeOf(text: string, position: number): { line: number; column: number; near: string } {
  const before = text.slice(0, position).split('\n')
  const column = (before.at(-1) ?? '').length + 1
  const near =
    position >= text.length ? 'its end' : JSON.stringify(text.slice(position, position + NEAR_CHARACTERS))
  return { line: before.length, column, near }
}

/**
 * The first character that cannot stand where it does; the length of the text where more was expected. The engine
 * names the place for some mistakes only, but it can always tell a beginning that may go on from one that may not.
 */
function problemPosition(text: string): number {
  let fine = 0
  let broken = text.length + 1
  while (broken - fine > 1) {
    const middle = Math.floor((fine + broken) / 2)
    if (mayGoOn(text.slice(0, middle))) fine = middle
    else broken = middle
  }
  return fine
}

function mayGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const { message } = error as Error
    const at = /at position (\d+)/.exec(message)?.[1]
    return /end of JSON input|^Unterminated/.test(message) || Number(at) === beginning.length
  }
}

/** What the engine says, without the text and the place that it may quote. */
function problemOf(error: unknown): string {
  const [problem = ''] = (error as Error).message.split(/ in JSON| after JSON at|, |\.\.\./)
  return problem.charAt(0).toLowerCase() + problem.slice(1)
}
