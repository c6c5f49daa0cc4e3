import { parseEnqueue } from './enqueue-options.ts'
import type { Json } from './json.ts'
import { requireTags } from './names.ts'
import { newJob, termsOf } from './new-job.ts'
import { serialise } from './payload.ts'
import type { ParsedSchedule } from './schedule-options.ts'
import type { CatchUp, Overlap, SchedulePlan } from './schedule-plan.ts'
import { type ScheduleRule, tickAfter } from './schedule-rule.ts'
import { contextAt, dueOf, type ScheduledJob, scheduleTag } from './schedule-tick.ts'
import { readContext, readStored, readTexts, toDate } from './stored.ts'
import type { AnyJobSpec } from './typed.ts'

/** A schedule as the stores keep it: times in milliseconds since the epoch, values as JSON text. */
export interface ScheduleRecord {
  readonly name: string
  /** A `ScheduleRule`: where it changes, the next tick is another. */
  readonly rule: string
  /** A `SchedulePlan`. */
  readonly plan: string
  /** Whether a worker has declared it: it is looked for among those that run. */
  readonly declared: boolean
  /** Rises with every change: a change of what has changed meanwhile is refused. */
  readonly revision: number
  /** The next tick; `null` where there is none. */
  readonly tickAt: number | null
  /** When it is to be seen to; `null` while it is paused, and where no tick is left. */
  readonly dueAt: number | null
  readonly pausedAt: number | null
  readonly lastTickAt: number | null
  /** Its newest jobs, oldest first: JSON. Those that have ended are left out at the next tick. */
  readonly jobs: string
  /** Why its tick could not be run, which is tried again. */
  readonly problem: string | null
}

/** A schedule as it is set. */
export type NewSchedule = Pick<ScheduleRecord, 'name' | 'rule' | 'plan' | 'declared' | 'tickAt' | 'dueAt'>

/** What changes of a schedule beside what it was set to; refused where its revision or its tick is another by now. */
export interface ScheduleStep {
  readonly name: string
  readonly expected: Pick<ScheduleRecord, 'revision' | 'tickAt'>
  readonly next: ScheduleProgress
}

export type ScheduleProgress = Pick<
  ScheduleRecord,
  'tickAt' | 'dueAt' | 'pausedAt' | 'lastTickAt' | 'jobs' | 'problem'
>

/** A schedule as it was when it was read. */
export interface Schedule {
  readonly name: string
  /** The name of the job. */
  readonly job: string
  readonly input: unknown
  readonly cron?: string
  readonly timeZone?: string
  readonly everyMs?: number
  readonly at?: Date
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  readonly catchUpLimit: number
  readonly jitterMs: number
  readonly queue: string
  readonly priority: number
  readonly tags: readonly string[]
  readonly context: Readonly<Record<string, Json>>
  /** `ended`: no tick is left, as after the one of `at`. */
  readonly state: 'active' | 'paused' | 'ended'
  /**
   * Who says that it is there: `live`: it was set by a call; `declared`: a worker that runs declares it; `undeclared`: none
   * of those that run declares it any more.
   */
  readonly origin: 'live' | 'declared' | 'undeclared'
  /** When its next job is enqueued. */
  readonly nextAt?: Date
  readonly pausedAt?: Date
  /** The newest tick that has come. */
  readonly lastTickAt?: Date
  /** The newest job that it has enqueued. */
  readonly lastJob?: string
  /** Why its tick could not be run. It is tried again every ten seconds. */
  readonly problem?: string
}

/** What is known of the schedule's job. */
interface ScheduledSpec {
  readonly spec: AnyJobSpec
  /** Its checked input, as JSON. */
  readonly input: string
  /** What its schema makes of the input. */
  readonly checked: unknown
}

/**
 * A schedule to be set, of options that were read.
 *
 * @throws MillhandError `invalid_name`, `not_serialisable`, `payload_too_large`
 */
export function newSchedule(
  name: string,
  { options, rule, overlap }: ParsedSchedule,
  {
    spec,
    input,
    checked,
    declared,
    nowMs,
  }: ScheduledSpec & { readonly declared: boolean; readonly nowMs: number },
): NewSchedule {
  const { catchUp, catchUpLimit: limit } = options
  const plan: SchedulePlan = {
    overlap,
    catchUp,
    limit,
    job: scheduledJob(name, { spec, input, checked }, options),
  }
  const tickAt = tickAfter(rule, nowMs)
  return {
    name,
    rule: JSON.stringify(rule),
    plan: JSON.stringify(plan),
    declared,
    tickAt,
    dueAt: tickAt === null ? null : dueOf(name, rule, tickAt),
  }
}

function scheduledJob(
  name: string,
  { spec, input, checked }: ScheduledSpec,
  options: ParsedSchedule['options'],
): ScheduledJob {
  const { queue, priority, expiresIn, deadline, context, retries, timeout } = options
  const tags = requireTags([scheduleTag(name), ...(options.tags ?? [])])
  const given = { queue, priority, expiresIn, deadline, tags, context, retries, timeout }
  const set = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
  const {
    id: _id,
    key: _key,
    delayMs: _delay,
    runAtMs: _at,
    ...job
  } = newJob(spec, { id: '', input, checked }, termsOf(spec, parseEnqueue('enqueue', set)))
  // Each job has the tick in its context: too large then, it is too large now.
  serialise('context', JSON.parse(contextAt(name, job.context, 0)))
  return job
}

/** What the rule and the plan of a record say. @throws where somebody has edited the row */
export function readSchedule({ rule, plan }: Pick<ScheduleRecord, 'rule' | 'plan'>): {
  readonly rule: ScheduleRule
  readonly plan: SchedulePlan
} {
  return { rule: JSON.parse(rule), plan: JSON.parse(plan) }
}

/** The schedule that a record describes; `declared` are the names of those that running workers declare. */
export function toSchedule(record: ScheduleRecord, declared: ReadonlySet<string>): Schedule {
  const { rule, plan } = readSchedule(record)
  const { job, limit, overlap, catchUp } = plan
  const lastJob = readTexts(record.jobs).at(-1)
  return {
    name: record.name,
    job: job.name,
    input: readStored(job.input),
    ...shownRule(rule),
    ...{ overlap, catchUp, catchUpLimit: limit, jitterMs: rule.jitterMs },
    ...{ queue: job.queue, priority: job.priority },
    tags: job.tags === null ? [] : readTexts(job.tags),
    context: job.context === null ? {} : readContext(job.context),
    state: record.pausedAt !== null ? 'paused' : record.tickAt === null ? 'ended' : 'active',
    origin: record.declared ? (declared.has(record.name) ? 'declared' : 'undeclared') : 'live',
    ...(record.dueAt !== null && { nextAt: toDate(record.dueAt) }),
    ...(record.pausedAt !== null && { pausedAt: toDate(record.pausedAt) }),
    ...(record.lastTickAt !== null && { lastTickAt: toDate(record.lastTickAt) }),
    ...(lastJob !== undefined && { lastJob }),
    ...(record.problem !== null && { problem: record.problem }),
  }
}

function shownRule(rule: ScheduleRule): Pick<Schedule, 'cron' | 'timeZone' | 'everyMs' | 'at'> {
  if ('cron' in rule) return { cron: rule.cron, timeZone: rule.timeZone }
  return 'everyMs' in rule ? { everyMs: rule.everyMs } : { at: toDate(rule.atMs) }
}

/** What a change of a schedule leaves as it is. */
export function progressOf(record: ScheduleRecord): ScheduleProgress {
  const { tickAt, dueAt, pausedAt, lastTickAt, jobs, problem } = record
  return { tickAt, dueAt, pausedAt, lastTickAt, jobs, problem }
}

/** The change of a schedule from what it was when it was read. */
export function stepOf({ name, revision, tickAt }: ScheduleRecord, next: ScheduleProgress): ScheduleStep {
  return { name, expected: { revision, tickAt }, next }
}

/** Jobs of a schedule that are kept in mind: those that an overlap is decided by. */
const JOBS_KEPT = 100

/** The list of its jobs, with new ones at the end. */
export function withJobs(jobs: readonly string[], added: readonly string[]): string {
  return JSON.stringify([...jobs, ...added].slice(-JOBS_KEPT))
}
