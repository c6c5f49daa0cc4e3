import { readSchedule, type ScheduleRecord } from '../../src/job/schedule.ts'
import type { SchedulePlan } from '../../src/job/schedule-plan.ts'
import { isFinal } from '../../src/job/state.ts'
import { readTexts } from '../../src/job/stored.ts'
import type { Event, Invariant } from '../event.ts'
import { stepBy, type TickJob, ticksStoredBy } from './tick-witness.ts'

/** One enqueue a tick, whoever crashes and whatever answer is lost. */
const oneJobATick: Invariant = ({ calls, before, after, ticks }) => {
  const stored = calls.flatMap(ticksStoredBy).filter(({ id }) => !before.jobs.has(id))
  const again = stored.flatMap((job) => {
    const other = ticks.jobOf(job)
    return other === undefined ? [] : [`${inWords(job)} is enqueued again, as ${job.id} after ${other}`]
  })
  const missing = stored.filter(({ id }) => !after.jobs.has(id) && !isPruned(calls))
  return [...again, ...missing.map((job) => `${inWords(job)} was enqueued and is not there`)]
}

function isPruned(calls: Event['calls']): boolean {
  return calls.some(({ verb }) => verb === 'upkeep.prune')
}

function inWords({ schedule, tickMs }: TickJob): string {
  return `tick ${new Date(tickMs).toISOString()} of ${schedule}`
}

/** A step of a schedule whose tick has come: what it was, and what it enqueued. */
interface Come {
  readonly schedule: ScheduleRecord
  readonly plan: SchedulePlan
  /** The ticks that have come with it, as far as they can be told. */
  readonly ticks: readonly number[]
  readonly enqueued: readonly number[]
}

/** No tick is passed over but by what the schedule says: those that it catches up with, and those that overlap. */
const noTickLost: Invariant = (event) =>
  comeIn(event).flatMap(({ schedule: { name, jobs }, plan, ticks, enqueued }) => {
    const overlaps = plan.overlap === 'skip' && readTexts(jobs).length > 0
    const mayLeaveOut = overlaps || plan.catchUp === 'none'
    if (enqueued.length === 0 && mayLeaveOut) return []
    const most = plan.catchUp === 'all' ? plan.limit : 1
    const expected = ticks.slice(-most)
    return expected.join() === enqueued.join()
      ? []
      : [`${name} has enqueued ${timesOf(enqueued)} of ${timesOf(ticks)}, instead of ${timesOf(expected)}`]
  })

function timesOf(ticks: readonly number[]): string {
  return ticks.length === 0
    ? 'none'
    : ticks.map((tick) => new Date(tick).toISOString().slice(11, -1)).join(' ')
}

/** What says that it skips runs alone: all jobs of earlier ticks have ended. */
const noOverlap: Invariant = (event) =>
  comeIn(event).flatMap(({ schedule: { name, jobs }, plan, enqueued }) => {
    if (plan.overlap !== 'skip' || enqueued.length === 0) return []
    const unfinished = readTexts(jobs).filter((id) => {
      const job = event.before.jobs.get(id)
      return job !== undefined && !isFinal(job.state) && !event.ticks.isRetried(id)
    })
    return unfinished.map((id) => `${name} has enqueued a job, though ${id} is unfinished`)
  })

/** Steps by which ticks came, as far as the schedule was seen as they found it. */
function comeIn({ calls, before }: Event): Come[] {
  return calls.flatMap((call) => {
    const { step } = stepBy(call) ?? {}
    const schedule = step && before.controls?.schedules.get(step.name)
    if (!step || !schedule || schedule.revision !== step.expected.revision) return []
    const { lastTickAt } = step.next
    if (schedule.tickAt === null || lastTickAt === null || lastTickAt === schedule.lastTickAt) return []
    const { rule, plan } = readSchedule(schedule)
    if (!('everyMs' in rule)) return []
    const ticks = ticksBetween(schedule.tickAt, lastTickAt, rule.everyMs)
    return [{ schedule, plan, ticks, enqueued: ticksStoredBy(call).map(({ tickMs }) => tickMs) }]
  })
}

/** The newest hundred: nobody catches up with more. */
const TICKS_MAX = 100

function ticksBetween(firstMs: number, lastMs: number, everyMs: number): number[] {
  const count = Math.min(TICKS_MAX, Math.round((lastMs - firstMs) / everyMs) + 1)
  return Array.from({ length: count }, (_, place) => lastMs - (count - 1 - place) * everyMs)
}

export const OF_TICKS: readonly Invariant[] = [oneJobATick, noTickLost, noOverlap]
