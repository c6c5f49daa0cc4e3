import type { NewJob } from '../job/new-job.ts'
import type { NewSchedule, ScheduleRecord, ScheduleStep } from '../job/schedule.ts'

/** Schedules. What follows of their ticks is decided in job/schedule-plan.ts; here they only persist. */
export interface ScheduleStore {
  /**
   * Stores a schedule, or changes the one of its name. With the same rule its next tick stays; with another it is the new
   * one. Set to what it is already, it is not changed. `declared` stays with one that was declared.
   */
  set(schedule: NewSchedule): Promise<ScheduleRecord>
  /** Whether there was one. Its jobs stay. */
  remove(name: string): Promise<boolean>
  /** By name; all of them without one. */
  list(name?: string): Promise<ScheduleRecord[]>
  /** Those that are to be seen to now, at most `limit`, longest due first. */
  due(limit: number): Promise<DueSchedules>
  /**
   * Changes a schedule and stores new jobs of it, durably, in one transaction: all, or, where the schedule is not as it was
   * expected, nothing: false then. A job that is there already is not stored again.
   *
   * @throws MillhandError `queue_full`, when nothing is changed
   */
  advance(step: ScheduleStep, jobs: readonly NewJob[], pendingMax: number): Promise<boolean>
}

export interface DueSchedules {
  readonly schedules: readonly ScheduleRecord[]
  /** The store's time. */
  readonly nowMs: number
  /** When the next one of all is to be seen to: in the past, where there are more. */
  readonly nextDueAt: number | null
}
