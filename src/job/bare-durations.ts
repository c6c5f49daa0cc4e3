import { readSafely } from '../kit/brand.ts'
import type { AnyJobSpec } from './typed.ts'

const DURATIONS = ['timeout', 'stallTimeout', 'expiresIn', 'deadline', 'keyScope'] as const

export type Bare = readonly (typeof DURATIONS)[number][]

/** The durations that were given without a unit, as milliseconds: it is easy to mean seconds by them. */
export const BARE: unique symbol = Symbol.for('millhand.bare')

/** Which durations of these options are given without a unit. */
export function bareIn(options: object): Bare {
  return DURATIONS.filter((option) => typeof readSafely(options, option) === 'number')
}

/** Which durations of a definition were given without a unit, and how many milliseconds they are. */
export function bareDurations(spec: AnyJobSpec): [option: string, ms: number][] {
  const bare = (readSafely(spec, BARE) ?? []) as Bare
  return bare.map((option) => [option, Number(readSafely(spec, `${option}Ms`))])
}

/** A number without a unit that is smaller was probably meant as seconds. */
const BARE_BELOW_MS = 1_000

/** Whether a length of time was probably meant in seconds. */
export function isBare(value: unknown): value is number {
  return typeof value === 'number' && value > 0 && value < BARE_BELOW_MS
}
