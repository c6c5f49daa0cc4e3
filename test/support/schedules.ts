import { z } from 'zod'
import { defineJob, type Queue } from '../../src/index.ts'
import type { ScheduleOptions } from '../../src/job/schedule-options.ts'
import type { VirtualClock } from '../../src/kit/virtual-clock.ts'
import { Ticker } from '../../src/maintenance/ticker.ts'
import { internalsOf } from '../../src/queue/internals.ts'

export const work = defineJob({
  name: 'test.work',
  input: z.object({ page: z.number() }).optional(),
  async run() {},
})

/** A leader of the store that nobody wakes: it sees to what is due when it is told to. */
export class Leader {
  readonly #ticker: Ticker

  constructor(queue: Queue) {
    this.#ticker = new Ticker(internalsOf(queue, 'test'))
  }

  async round(): Promise<void> {
    this.#ticker.elected({ leads: true, nextTickInMs: 0 })
    await this.#ticker.runOnce()
  }
}

/** The jobs of a schedule, oldest first: their ticks, and their states. */
export async function runsOf(queue: Queue, name = 'hourly') {
  const jobs = (await queue.list({ tag: `schedule:${name}` })).reverse()
  return jobs.map(({ state, context }) => ({
    state,
    hour: new Date((context.schedule as { tickAt: string }).tickAt).getUTCHours(),
  }))
}

/** The hours of its ticks that were run, oldest first. */
export const hoursOf = async (queue: Queue) => (await runsOf(queue)).map(({ hour }) => hour)

/** Sets a schedule that ticks every hour. */
export async function setHourly(queue: Queue, given: Partial<ScheduleOptions> = {}): Promise<void> {
  await queue.schedules.set('hourly', { job: work, every: '1h', ...given })
}

export async function hoursLater(clock: VirtualClock, hours: number): Promise<void> {
  await clock.advance(hours * 3_600_000)
}
