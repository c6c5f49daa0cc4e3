import { testingError } from '../errors.ts'
import { type Course, run, type Swept } from './course.ts'
import type { Call, CrashPoint } from './doom.ts'
import { type Difference, differencesOf } from './end-state.ts'
import { shown } from './shown.ts'

interface Extent {
  readonly maxCalls: number
  readonly onProgress: ((progress: { readonly done: number; readonly of: number }) => void) | undefined
}

/** A crash after which the end was another one. */
export interface Finding extends CrashPoint {
  readonly what: Call['what']
  readonly differences: readonly Difference[]
}

interface Yield {
  readonly calls: readonly Call[]
  readonly crashes: number
  /** Calls in which it did not crash. */
  readonly leftOut: number
  readonly findings: readonly Finding[]
}

/**
 * Runs the handler without a crash, twice, and then once for each crash.
 *
 * @throws MillhandError `run_incomplete`, `not_repeatable`, and what `run` throws
 */
export async function sweep(swept: Swept, { maxCalls, onProgress }: Extent): Promise<Yield> {
  const { name } = swept.definition
  const whole = await run(swept, { number: 0 })
  if (!whole.end.complete) throw testingError('run_incomplete', { name, end: shown(whole.end.job) })
  const again = await run(swept, { number: 1 })
  requireSameCalls(name, whole, again)
  requireSameEnd(name, differencesOf(whole.end, again.end))
  const { calls } = whole
  const chosen = spread(calls.length, maxCalls)
  const points = chosen.flatMap((call) => pointsOf(call, calls[call]))
  const findings: Finding[] = []
  for (const [index, { what, ...point }] of points.entries()) {
    const course = await run(swept, { number: 2 + index, point })
    // After a call that others were made in or beside, some of those are made as well.
    const made = Math.max(point.call + 1, course.calls.length)
    requireSameCalls(name, { calls: calls.slice(0, made) }, course)
    const differences = differencesOf(whole.end, course.end)
    if (differences.length > 0) findings.push({ ...point, what, differences })
    onProgress?.({ done: index + 1, of: points.length })
  }
  return { calls, crashes: points.length, leftOut: calls.length - chosen.length, findings }
}

/** So many of the places from 0 on, the first and the last among them. */
function spread(length: number, max: number): number[] {
  if (length <= max) return Array.from({ length }, (_, place) => place)
  const step = (length - 1) / Math.max(1, max - 1)
  return Array.from({ length: max }, (_, place) => length - 1 - Math.round(step * place)).reverse()
}

function pointsOf(call: number, made: Call | undefined): (CrashPoint & Pick<Call, 'what'>)[] {
  return made ? made.moments.map((moment) => ({ call, moment, what: made.what })) : []
}

function requireSameCalls(
  name: string,
  expected: Pick<Course, 'calls'>,
  { calls }: Pick<Course, 'calls'>,
): void {
  for (let call = 0; call < Math.max(expected.calls.length, calls.length); call += 1) {
    const [before, now] = [expected.calls[call]?.what, calls[call]?.what]
    if (before === now) continue
    const problem = `call ${call + 1} was ${before ?? 'not made'} in one run, and ${now ?? 'not made'} in another`
    throw testingError('not_repeatable', { name, problem })
  }
}

function requireSameEnd(name: string, [first]: readonly Difference[]): void {
  if (!first) return
  const { part, expected, actual } = first
  const problem = `without any crash, '${part}' was ${shown(expected)} in one run, and ${shown(actual)} in another`
  throw testingError('not_repeatable', { name, problem })
}
