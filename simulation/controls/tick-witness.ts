import type { NewJob } from '../../src/job/new-job.ts'
import type { ScheduleStep } from '../../src/job/schedule.ts'
import { SCHEDULE_CONTEXT } from '../../src/job/schedule-tick.ts'
import { readContext } from '../../src/job/stored.ts'
import type { Executed } from '../call.ts'
import type { Moment } from '../moment.ts'

/** The job of a tick, as somebody asked for it. */
export interface TickJob {
  readonly id: string
  readonly schedule: string
  /** Milliseconds since the epoch. */
  readonly tickMs: number
}

/** Where the version of a UUID stands. The id of a tick's job follows from the tick; that of one that somebody ran does not. */
const VERSION_PLACE = 14
const OF_TICK = '8'

/** Ticks that have come so far, kept where no fault reaches it. */
export class TickWitness {
  /** The id of the job of each, by schedule and time. */
  readonly #jobs = new Map<string, ReadonlyMap<number, string>>()
  /** Jobs that somebody has asked to be run again: they may be unfinished whenever anybody looks. */
  readonly #retried = new Set<string>()

  /** The job that was enqueued for this tick before. */
  jobOf({ schedule, tickMs }: TickJob): string | undefined {
    return this.#jobs.get(schedule)?.get(tickMs)
  }

  isRetried(id: string): boolean {
    return this.#retried.has(id)
  }

  /** Takes in what calls have answered that came at once, after they were checked. */
  note(moment: Moment): void {
    for (const { verb, result } of moment.calls)
      if (verb === 'catalog.retry') for (const id of (result ?? []) as string[]) this.#retried.add(id)
    if (moment.timing === 'stepped') this.#forgetWhatComesAgain(moment)
    for (const job of moment.calls.flatMap(ticksStoredBy)) {
      const { schedule, tickMs, id } = job
      this.#jobs.set(schedule, new Map([...(this.#jobs.get(schedule) ?? []), [tickMs, id]]))
    }
  }

  /** A clock that was set back shows the same times once more, and who sets a schedule then asks for them once more. */
  #forgetWhatComesAgain({ before, after }: Moment): void {
    for (const [name, { tickAt }] of after.controls?.schedules ?? []) {
      const wasAt = before.controls?.schedules.get(name)?.tickAt ?? 0
      if (tickAt === null || tickAt > wasAt) continue
      const left = [...(this.#jobs.get(name) ?? [])].filter(([tickMs]) => tickMs < tickAt)
      this.#jobs.set(name, new Map(left))
    }
  }
}

/** The step of a schedule that was made, with its jobs. */
export function stepBy({
  verb,
  values,
  result,
}: Executed): { step: ScheduleStep; jobs: readonly NewJob[] } | undefined {
  if (verb !== 'schedules.advance' || result !== true) return undefined
  return { step: values[0] as ScheduleStep, jobs: values[1] as NewJob[] }
}

/** The jobs of ticks that a call has enqueued. */
export function ticksStoredBy(call: Executed): TickJob[] {
  const { step, jobs = [] } = stepBy(call) ?? {}
  if (!step) return []
  return jobs
    .filter(({ id }) => id[VERSION_PLACE] === OF_TICK)
    .map(({ id, context }) => ({ id, schedule: step.name, tickMs: tickIn(context) }))
}

function tickIn(context: string | null): number {
  const { tickAt } = (context === null ? {} : readContext(context)[SCHEDULE_CONTEXT]) as { tickAt?: string }
  return Date.parse(`${tickAt}`)
}
