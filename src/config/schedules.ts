import { byName } from '../job/specs.ts'
import { isMillhandError } from '../kit/error.ts'
import { requireSchedule } from '../queue/set-schedule.ts'
import type { Config } from './config.ts'
import type { Problem } from './errors.ts'

/** Of each schedule, what a worker would refuse to start with: its options, and the input of a job that is one of `specs`. */
export async function scheduleProblems({ schedules, specs }: Config): Promise<Problem[]> {
  const known = byName(specs)
  const checked = Object.entries(schedules).map(async ([name, options]): Promise<Problem[]> => {
    try {
      await requireSchedule(name, options, known)
      return []
    } catch (error) {
      if (!isMillhandError(error)) throw error
      return [{ path: `schedules.${name}`, message: error.message }]
    }
  })
  return (await Promise.all(checked)).flat()
}
