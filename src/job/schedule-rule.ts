import { Cron } from 'croner'

/**
 * When a schedule ticks, as it is stored. A tick is a time in milliseconds since the epoch: whoever computes it gets the
 * same, whatever the machine and its time zone.
 */
export type ScheduleRule = (CronRule | EveryRule | AtRule) & {
  /** Each tick is put off by a part of this, which follows from the schedule's name and the tick. */
  readonly jitterMs: number
}

interface CronRule {
  readonly cron: string
  readonly timeZone: string
}

interface EveryRule {
  readonly everyMs: number
}

interface AtRule {
  readonly atMs: number
}

const SECOND_MS = 1_000

/**
 * The first tick after a time; `null` where there is none. What `cron` names in the hour that a change to summer time
 * leaves out comes when that hour would have ended; a time that comes twice counts once, the first time, where the
 * pattern names one hour.
 */
export function tickAfter(rule: ScheduleRule, afterMs: number): number | null {
  if ('atMs' in rule) return rule.atMs > afterMs ? rule.atMs : null
  if ('everyMs' in rule) return (Math.floor(afterMs / rule.everyMs) + 1) * rule.everyMs
  return cronOf(rule).nextRun(new Date(afterMs))?.getTime() ?? null
}

/** The newest ticks up to a time and with it, newest first; at most `count`. */
export function ticksUpTo(rule: ScheduleRule, untilMs: number, count: number): number[] {
  if ('atMs' in rule) return rule.atMs <= untilMs ? [rule.atMs] : []
  if ('everyMs' in rule) {
    const newest = Math.floor(untilMs / rule.everyMs)
    return Array.from({ length: count }, (_, index) => (newest - index) * rule.everyMs)
  }
  // It looks at whole seconds, and leaves out the one that it is given.
  const reference = new Date(Math.floor(untilMs / SECOND_MS) * SECOND_MS + SECOND_MS)
  return cronOf(rule)
    .previousRuns(count, reference)
    .map((date) => date.getTime())
}

/** The next ticks after a time, at most `count`. */
export function nextTicks(rule: ScheduleRule, afterMs: number, count: number): number[] {
  const ticks: number[] = []
  for (let tick = tickAfter(rule, afterMs); tick !== null && ticks.length < count; ) {
    ticks.push(tick)
    tick = tickAfter(rule, tick)
  }
  return ticks
}

/** A cron of five fields, or six with seconds, or a nickname. @throws Error as `croner` words it */
export function cronOf({ cron, timeZone }: CronRule): Cron {
  return new Cron(cron, { timezone: timeZone, paused: true, mode: '5-or-6-parts' })
}
