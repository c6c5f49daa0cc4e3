import { asError, isMillhandError } from '../kit/error.ts'
import { storeError } from './errors.ts'

/**
 * What was to be written cannot be, however often it is tried: it is too much, or the database refuses a value of it.
 * In a group, that may be the fault of one of its members.
 */

/** SQLSTATE classes: data that does not fit, a constraint, a limit of the program, an error that a trigger raised. */
const REFUSING_CLASS = /^(22|23|54|P0)...$/

/** Primary result codes of SQLite: too large, a constraint, a type that does not fit, a parameter out of range. */
const REFUSING_CODES: readonly unknown[] = [18, 19, 20, 25]

/** Whether it is known that a value was refused. */
export function isRefusal(error: unknown): boolean {
  // Of the runtime: a text that would be too long, a number that the client cannot send.
  if (error instanceof RangeError) return true
  if (isMillhandError(error)) return error.code === 'store_refused'
  const { code, errcode } = error as { code?: unknown; errcode?: unknown }
  return (
    REFUSING_CLASS.test(String(code)) ||
    code === 'ERR_INVALID_ARG_TYPE' ||
    (typeof errcode === 'number' && REFUSING_CODES.includes(errcode & 0xff))
  )
}

/** Whether the error may be a fault of what was to be written: nobody has said that it is one of the store's. */
export function mayBeRefusal(error: unknown): boolean {
  return !isMillhandError(error) || error.code === 'store_refused'
}

/** The error as a caller gets it: never one of the runtime or the database without a code of Millhand's. */
export function asRefusal(error: unknown, location: string): Error {
  if (isMillhandError(error)) return error
  return storeError('store_refused', { location, problem: asError(error).message }, { cause: error })
}
