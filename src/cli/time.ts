import { cliError } from './errors.ts'

/** Date and time with a zone, to the millisecond: what a `Date` can hold. */
const TIME = /^(\d{4}-\d{2}-\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3})0*)?)?(Z|[+-]\d{2}:\d{2})$/

const EXPECTED = 'a time with its zone, such as 2026-05-01T08:00:00Z or 2026-05-01T10:00:00+02:00'

/** Reads a time of a flag; what would be taken for another one is refused. @throws MillhandError `usage` */
export function readTime(flag: string, text: string, command = 'enqueue'): Date {
  const problem = problemWith(text)
  if (problem === undefined) return new Date(text)
  throw cliError('usage', {
    problem: `${flag} is '${text}': ${problem}, expected ${EXPECTED}`,
    command,
  })
}

function problemWith(text: string): string | undefined {
  const [found, day = '', hours, minutes, seconds = '0', , zone = ''] = TIME.exec(text) ?? []
  if (found === undefined) return whatIsMissing(text)
  if (!isDay(day)) return 'there is no such day'
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59)
    return 'there is no such time of day'
  return zone === 'Z' || isOffset(zone) ? undefined : 'there is no such zone'
}

function whatIsMissing(text: string): string {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return 'it has no time of day and no zone'
  if (/^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/.test(text)) return 'it has no zone'
  if (/\.\d{4,}/.test(text)) return 'it is finer than a millisecond'
  return 'it is no time'
}

/** JavaScript takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day)
}

/** From -12:00 to +14:00. */
function isOffset(zone: string): boolean {
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number)
  return minutes < 60 && hours * 60 + minutes <= (zone.startsWith('-') ? 12 : 14) * 60
}
