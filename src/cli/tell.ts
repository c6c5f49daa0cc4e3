import { readSafely } from '../kit/brand.ts'
import { isMillhandError } from '../kit/error.ts'
import { withoutPassword } from '../kit/secrets.ts'
import { loggedError, textOf } from '../telemetry/logged-error.ts'
import { EXIT } from './exit.ts'
import { allFrames } from './frames.ts'
import type { Terminal } from './terminal.ts'

/** A configuration may have many things wrong with it; what is longer was said by a library. */
const MESSAGE_CHARACTERS = 20_000

/**
 * Tells of what nobody has caught, such as a promise that a handler left behind, and ends the process as Node would: only
 * not with the words of whatever it was as they are. Where a module of the user's listens for it, that decides.
 */
export function tellCrashes(terminal: Terminal): void {
  process.on('uncaughtException', (thrown) => {
    if (process.listenerCount('uncaughtException') > 1) return
    tell(thrown, terminal)
    process.exit(EXIT.failed)
  })
}

/** Says what went wrong: to people in a line, to programs as JSON. Never more of it than its words, and no password. */
export function tell(thrown: unknown, terminal: Terminal): void {
  const error = loggedError(thrown)
  const known = isMillhandError(thrown)
  const message = textOf(readSafely(thrown, 'message'), MESSAGE_CHARACTERS) || error.message
  const given = readSafely(error, 'code')
  const code = typeof given === 'string' ? given : 'unexpected'
  const facts = known ? withoutPasswords(thrown.facts) : {}
  terminal.fail(`${message} (${code})`, { error: { code, message, facts } })
  // An error that nobody foresaw is for whoever mends it: the stack says where it came from.
  if (code === 'unexpected') terminal.note(allFrames(error.stack ?? '').join('\n'))
}

function withoutPasswords(facts: object): object {
  const json = JSON.stringify(facts, (_, value) =>
    typeof value === 'string' ? withoutPassword(value) : value,
  )
  return JSON.parse(json)
}
