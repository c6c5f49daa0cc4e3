import { byNameField } from '../kit/by-name.ts'
import { dateOf } from '../kit/date.ts'
import { type Duration, writtenDuration } from '../kit/duration.ts'
import { preview } from '../kit/error.ts'
import { withHints } from '../kit/hint.ts'
import {
  choice,
  custom,
  duration,
  type Field,
  type FieldsOf,
  integer,
  optionError,
  type Parsed,
  parseOptions,
  text,
  texts,
} from '../kit/options.ts'
import { isContext } from './context-option.ts'
import { cronExpected } from './cron-problem.ts'
import { SCHEDULE_HINTS } from './elsewhere.ts'
import type { Json } from './json.ts'
import { RETRIES_MAX } from './limits.ts'
import { requireScheduleName } from './names.ts'
import { CATCH_UPS, type CatchUp, OVERLAPS, type Overlap } from './schedule-plan.ts'
import { cronOf, nextTicks, type ScheduleRule } from './schedule-rule.ts'
import { SCHEDULE_CONTEXT } from './schedule-tick.ts'
import { isSpec } from './spec.ts'
import type { InputOf, SpecOrName } from './typed.ts'

/** When a job is enqueued again and again, or once: one of `cron`, `every` and `at`. */
export interface ScheduleOptions {
  /** The definition of the job, or the name of one that the queue or a worker knows. */
  readonly job: SpecOrName
  /** What each job gets; checked against the schema when the schedule is set. Nothing by default. */
  readonly input?: unknown
  /** Five fields, six with seconds first, or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. */
  readonly cron?: string
  /** The time zone of `cron`, such as `'Europe/Berlin'`. Default `'UTC'`. */
  readonly timeZone?: string
  /** At whole multiples of this since 1970 in UTC, so that `'1h'` is on the hour. Minimum `'1s'`. */
  readonly every?: Duration
  /** Once, at this time: a `Date`, or a text such as `'2027-01-01T09:00:00Z'`. */
  readonly at?: Date | string
  /** What a tick does while the job of an earlier one is unfinished. Default `'skip'`; `'queue'` with `catchUp: 'all'`. */
  readonly overlap?: Overlap
  /** What becomes of ticks that nobody was there for: none of them runs, the last one, or all. Default `'last'`. */
  readonly catchUp?: CatchUp
  /** Ticks that `catchUp: 'all'` makes up for at most, the newest ones. Default 100, from 1 to 1,000. */
  readonly catchUpLimit?: number
  /** Each tick is put off by up to this much, by its name and time. Shorter than from one tick to the next. Default 0. */
  readonly jitter?: Duration
  /** The queue that its jobs go to. Default: the definition's. */
  readonly queue?: string
  /** Higher runs first. Default: the definition's; from -1,000,000 to 1,000,000. */
  readonly priority?: number
  /** Its jobs fail as `expired` when nobody has started them in this time. Default: the definition's; minimum `'1ms'`. */
  readonly expiresIn?: Duration
  /** Longest time for all attempts of one of its jobs. Default: the definition's; minimum `'1ms'`. */
  readonly deadline?: Duration
  /** Labels of its jobs, besides `schedule:NAME`. None by default. */
  readonly tags?: readonly string[]
  /** Travels with its jobs, besides `schedule`: its name, and the tick. */
  readonly context?: Readonly<Record<string, Json>>
  /** Retries after a failed attempt. Default: the definition's; from 0 to 1,000. */
  readonly retries?: number
  /** Longest time that one attempt may take. Default: the definition's; minimum `'1ms'`. */
  readonly timeout?: Duration
}

/** The options of a schedule of this job, with the input that its definition takes. */
export type ScheduleOf<Spec extends SpecOrName> = Omit<ScheduleOptions, 'job' | 'input'> & {
  readonly job: Spec
} & (undefined extends InputOf<Spec> ? { readonly input?: InputOf<Spec> } : { readonly input: InputOf<Spec> })

const scheduleFields = {
  job: custom<SpecOrName>({
    expected: 'a job definition, or the name of a job',
    // With a space it is a cron that stands in the wrong place.
    accepts: (value) => (typeof value === 'string' ? !value.includes(' ') : isSpec(value)),
  }),
  input: custom<unknown>({ expected: 'what the job takes', accepts: () => true }),
  cron: text({ max: 200 }),
  timeZone: text({ max: 100 }),
  every: duration({ min: 1_000 }),
  at: timeField(),
  overlap: choice({ of: OVERLAPS }),
  catchUp: choice({ of: CATCH_UPS, default: 'last' }),
  catchUpLimit: integer({ default: 100, min: 1, max: 1_000 }),
  jitter: duration({ default: 0 }),
  queue: text(),
  priority: integer({ min: -1_000_000, max: 1_000_000 }),
  expiresIn: duration({ min: 1 }),
  deadline: duration({ min: 1 }),
  tags: texts(),
  context: custom<Readonly<Record<string, Json>>>({
    expected: "an object that JSON can hold, without 'schedule'",
    accepts: (value) => isContext(value) && !Object.hasOwn(value as object, SCHEDULE_CONTEXT),
  }),
  retries: integer({ max: RETRIES_MAX }),
  timeout: duration({ min: 1 }),
} satisfies FieldsOf<ScheduleOptions>

withHints(scheduleFields, SCHEDULE_HINTS)

/** The options of a schedule, read once and held against each other. */
export interface ParsedSchedule {
  readonly options: Parsed<typeof scheduleFields>
  readonly rule: ScheduleRule
  readonly overlap: Overlap
}

/**
 * Reads the options of a schedule. `nowMs` is the store's time: what never comes after it is refused.
 *
 * @throws MillhandError `unknown_option`, `invalid_option`
 */
export function parseSchedule(name: string, given: ScheduleOptions, nowMs: number): ParsedSchedule {
  const component = `schedule '${name}'`
  const options = parseOptions(component, scheduleFields, given)
  if (options.job === undefined) throw refused(component, 'job', [scheduleFields.job.expected, undefined])
  const rule = ruleOf(component, options)
  requireTicks(component, { rule, cron: options.cron, nowMs })
  const { catchUp, overlap = catchUp === 'all' ? 'queue' : 'skip' } = options
  if (catchUp === 'all' && overlap !== 'queue') {
    throw refused(component, 'overlap', ["'queue' with catchUp 'all', whose jobs run side by side", overlap])
  }
  return { options, rule, overlap }
}

function ruleOf(component: string, options: ParsedSchedule['options']): ScheduleRule {
  const { cron, every, at, timeZone, jitter: jitterMs } = options
  const [first, second] = Object.entries({ cron, every, at }).flatMap(([name, it]) =>
    it === undefined ? [] : [name],
  )
  if (first === undefined || second !== undefined) {
    const got = second === undefined ? 'missing' : `given together with '${first}'`
    const facts = { component, option: second ?? 'cron', got }
    throw optionError('invalid_option', {
      ...facts,
      expected: "one of 'cron', 'every' and 'at', and no two of them",
    })
  }
  if (timeZone !== undefined && cron === undefined) {
    throw refused(component, 'timeZone', ["left out: only 'cron' has one", timeZone])
  }
  if (every !== undefined) return { everyMs: every, jitterMs }
  if (at !== undefined) return { atMs: at.getTime(), jitterMs }
  return { cron: cron as string, timeZone: zoneOf(component, timeZone ?? 'UTC'), jitterMs }
}

/** @throws MillhandError `invalid_option` */
function zoneOf(component: string, timeZone: string): string {
  try {
    new Intl.DateTimeFormat('en', { timeZone })
    return timeZone
  } catch {
    throw refused(component, 'timeZone', ["the name of a time zone, such as 'Europe/Berlin'", timeZone])
  }
}

/** A cron that cannot be read or never comes, and a jitter that would mix up the ticks. */
function requireTicks(
  component: string,
  { rule, cron, nowMs }: { rule: ScheduleRule; cron: string | undefined; nowMs: number },
): void {
  if ('cron' in rule) {
    const isReadable = (pattern: string) => canRead({ ...rule, cron: pattern })
    if (!isReadable(rule.cron)) {
      const facts = { component, option: 'cron', got: preview(cron) }
      throw optionError('invalid_option', { ...facts, ...cronExpected(rule.cron, isReadable) })
    }
  }
  const [first, second] = nextTicks(rule, nowMs, 2)
  if (first === undefined && 'cron' in rule)
    throw refused(component, 'cron', ['a time that comes: this one never does', cron])
  if (first !== undefined && second !== undefined && rule.jitterMs >= second - first) {
    const expected = `less than the ${writtenDuration(second - first)} from one tick to the next`
    throw refused(component, 'jitter', [expected, writtenDuration(rule.jitterMs)])
  }
}

function canRead(rule: Parameters<typeof cronOf>[0]): boolean {
  try {
    cronOf(rule)
    return true
  } catch {
    return false
  }
}

function refused(component: string, option: string, [expected, got]: readonly [string, unknown]): Error {
  return optionError('invalid_option', { component, option, expected, got: preview(got) })
}

/** A time with its offset: one without would be another on each machine. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/

function timeField(): Field<Date | string, Date> & { readonly fallback?: undefined } {
  return {
    expected: "a Date, or a time with its offset such as '2027-01-01T09:00:00Z'",
    parse: (value) => dateOf(typeof value === 'string' && ISO.test(value) ? new Date(value) : value),
  }
}

/** Schedules by their names, as a worker or a configuration declares them. */
export const schedulesField = () =>
  byNameField<ScheduleOptions>(
    "an object of schedules by name, such as { nightly: { job, cron: '0 3 * * *' } }",
  )

/** @throws MillhandError `invalid_name`, and what `parseSchedule` throws */
export function namedSchedules(given: object = {}): ReadonlyMap<string, ScheduleOptions> {
  const schedules = Object.entries(given)
  for (const [name, options] of schedules) parseSchedule(requireScheduleName(name), options, 0)
  return new Map(schedules)
}
