import { writeSync } from 'node:fs'
import { oneLine } from './visible.ts'

const STANDARD_ERROR = 2

/**
 * Writes one line for people, of which a terminal acts on nothing. It never throws, and no listener hears of a reader
 * that has gone: what only tells of work must not end it.
 */
export function writeStandardError(line: string): void {
  try {
    writeSync(STANDARD_ERROR, `${oneLine(line)}\n`)
  } catch {}
}
