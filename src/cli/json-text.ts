import { cliError } from './errors.ts'

/** How much of the text a message quotes. */
const NEAR_CHARACTERS = 20

/** Reads JSON, or says where it ceases to be JSON. @throws MillhandError `invalid_json` */
export function parseJson(what: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const position = problemPosition(text)
    const before = text.slice(0, position).split('\n')
    const column = (before.at(-1) ?? '').length + 1
    const near =
      position >= text.length ? 'its end' : JSON.stringify(text.slice(position, position + NEAR_CHARACTERS))
    throw cliError(
      'invalid_json',
      { what, problem: problemOf(error), line: before.length, column, near },
      { cause: error },
    )
  }
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
