import { readSafely } from '../../../kit/brand.ts'

/**
 * SQLite holds whole numbers of 64 bits, and `node:sqlite` throws where one is larger than JavaScript's. Millhand writes
 * none; somebody's hand may have. Such a row is to be shown and failed by itself, rather than to stop whoever reads it.
 */

/** Whether a read has met one. */
export function isTooLarge(error: unknown): boolean {
  return readSafely(error, 'code') === 'ERR_OUT_OF_RANGE'
}

/** What was read as large integers, as numbers: those that are too large are the largest that there is. */
export function withNumbers<Result>(read: Result): Result {
  if (typeof read === 'bigint') return clamped(Number(read)) as Result
  if (Array.isArray(read)) return read.map(withNumbers) as Result
  if (typeof read !== 'object' || read === null) return read
  return Object.fromEntries(Object.entries(read).map(([name, value]) => [name, withNumbers(value)])) as Result
}

/** What is counted up from there is still a whole number. */
const MOST = 2 ** 52

function clamped(value: number): number {
  return Math.min(MOST, Math.max(-MOST, value))
}
