import { createHash } from 'node:crypto'
import type { NewJob } from './new-job.ts'
import type { ScheduleRule } from './schedule-rule.ts'

/** What is the same in every job of a schedule. */
export type ScheduledJob = Omit<NewJob, 'id' | 'key' | 'delayMs' | 'runAtMs' | 'limits'> & {
  /** Not of one that was set by a version before. */
  readonly limits?: string | null
}

/** By which the jobs of a schedule are listed. */
export function scheduleTag(name: string): string {
  return `schedule:${name}`
}

/** What the context of a job says of the tick that it is of. */
export const SCHEDULE_CONTEXT = 'schedule'

/** When a tick is to be run: later by its jitter, the same on every machine. */
export function dueOf(name: string, rule: ScheduleRule, tickMs: number): number {
  if (rule.jitterMs === 0) return tickMs
  const share =
    Number.parseInt(digest(`jitter\0${name}\0${tickMs}`).slice(0, SHARE_DIGITS), 16) / SHARE_VALUES
  return tickMs + Math.floor(share * rule.jitterMs)
}

const SHARE_DIGITS = 12
const SHARE_VALUES = 16 ** SHARE_DIGITS

/**
 * The job of one tick. Its id follows from the schedule and the tick: made twice, it is stored once. It is a UUID of
 * version 8, which begins with the time of the tick.
 */
export function jobOfTick(name: string, job: ScheduledJob, tickMs: number): NewJob {
  return jobAt(name, job, { id: idOfTick(name, tickMs), tickMs })
}

/** The job of a run that somebody asked for: of no tick, so that its id is given. */
export function jobAt(name: string, job: ScheduledJob, at: { id: string; tickMs: number }): NewJob {
  return {
    ...{ limits: null, ...job },
    id: at.id,
    key: null,
    context: contextAt(name, job.context, at.tickMs),
    delayMs: 0,
    runAtMs: null,
  }
}

/** As JSON: what travels with the job, and the tick. */
export function contextAt(name: string, context: string | null, tickMs: number): string {
  const given = context === null ? {} : JSON.parse(context)
  return JSON.stringify({ ...given, [SCHEDULE_CONTEXT]: { name, tickAt: new Date(tickMs).toISOString() } })
}

const TIME_DIGITS = 12

function idOfTick(name: string, tickMs: number): string {
  const time = tickMs.toString(16).padStart(TIME_DIGITS, '0')
  const hash = digest(`tick\0${name}\0${tickMs}`)
  const variant = (0x8 + (Number.parseInt(hash.slice(3, 4), 16) % 4)).toString(16)
  return `${time.slice(0, 8)}-${time.slice(8)}-8${hash.slice(0, 3)}-${variant}${hash.slice(4, 7)}-${hash.slice(7, 19)}`
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
