import { isMillhandError } from '../src/kit/error.ts'
import { isTransient } from '../src/store/errors.ts'
import { Undone } from './actions.ts'

/** PostgreSQL's `deadlock_detected` (postgresql.org/docs/current/errcodes-appendix.html). */
const DEADLOCK = '40P01'

/** What a handler asks its database by itself: what it hears is of the driver, which has no code of the package's. */
const OF_HANDLERS = 'tx.write'

/**
 * What is wrong with the error of a call, or of whoever made one, in words: all that the package throws has a code, and none waits
 * for one who waits for it.
 */
export function strangenessOf(error: unknown, verb?: string): string[] {
  const isKnown =
    isMillhandError(error) || isTransient(error) || error instanceof Undone || verb === OF_HANDLERS
  return [
    ...(isKnown ? [] : [`met an error without a code: ${error}`]),
    ...(isDeadlock(error) ? [`met a deadlock: ${error}`] : []),
  ]
}

/** However deep it is in an error. */
function isDeadlock(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (error as { code?: unknown }).code === DEADLOCK || isDeadlock(error.cause)
}
