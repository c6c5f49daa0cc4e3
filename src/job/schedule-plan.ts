import { type ScheduleRule, tickAfter, ticksUpTo } from './schedule-rule.ts'
import { dueOf, type ScheduledJob } from './schedule-tick.ts'

/** What a tick does while a job of an earlier one is unfinished. */
export const OVERLAPS = ['skip', 'queue', 'cancelPrevious'] as const
export type Overlap = (typeof OVERLAPS)[number]

/** What becomes of ticks that passed while nobody was there to see to them. */
export const CATCH_UPS = ['none', 'last', 'all'] as const
export type CatchUp = (typeof CATCH_UPS)[number]

/** What a schedule does at a tick, as it is stored. */
export interface SchedulePlan {
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  /** Ticks that are caught up with at most, the newest ones. */
  readonly limit: number
  readonly job: ScheduledJob
}

/** With `none`, a tick is caught up with all the same if it is no later than this: a leader may have been followed. */
export const LATE_MS = 60_000

/** With jitter the newest ticks may not be due yet while those before them are. */
const MORE_TICKS = 2

/** What is to be done about the ticks of a schedule that have come. */
interface DueTicks {
  /** Those to be run, in order. */
  readonly ticks: readonly number[]
  /** The newest one that has come, be it run or passed over. */
  readonly lastTickMs: number
  /** The one after it. */
  readonly nextTickMs: number | null
  /** Whether some were passed over, since they came while nobody was there. */
  readonly missed: boolean
}

/** A schedule whose next tick is `tickMs`. */
interface DueSchedule {
  readonly name: string
  readonly rule: ScheduleRule
  readonly plan: Pick<SchedulePlan, 'catchUp' | 'limit'>
  readonly tickMs: number
}

/** Which ticks are run, of those that have come since the one that was expected. It is no work, however many they are. */
export function dueTicks({ name, rule, plan, tickMs }: DueSchedule, nowMs: number): DueTicks {
  const { catchUp } = plan
  const count = catchUp === 'all' ? plan.limit : 1
  const newest = ticksUpTo(rule, nowMs, count + MORE_TICKS).filter((tick) => tick > tickMs)
  const come = [...newest, tickMs].filter((tick) => dueOf(name, rule, tick) <= nowMs)
  const lastTickMs = come[0] ?? tickMs
  const isLate = (tick: number) => nowMs - dueOf(name, rule, tick) > LATE_MS
  const ticks = come.slice(0, count).filter((tick) => catchUp !== 'none' || !isLate(tick))
  return {
    ticks: ticks.reverse(),
    lastTickMs,
    nextTickMs: tickAfter(rule, lastTickMs),
    missed: come.length > ticks.length,
  }
}

/** What a tick does, with the jobs of earlier ones that are unfinished. */
interface OverlapDecision {
  readonly runs: boolean
  /** Jobs of earlier ticks that are to be cancelled before. */
  readonly cancels: readonly string[]
}

export function decideOverlap(overlap: Overlap, unfinished: readonly string[]): OverlapDecision {
  if (overlap === 'skip') return { runs: unfinished.length === 0, cancels: [] }
  return { runs: true, cancels: overlap === 'cancelPrevious' ? unfinished : [] }
}
