import type { QueueInternals } from '../queue/internals.ts'
import { setSchedule } from '../queue/set-schedule.ts'
import type { WorkerSettings } from './options.ts'

/**
 * Writes the limits of a worker's definitions and sets the schedules that it declares. Of those that it no longer declares nothing is removed: another version may
 * still be about that does, and `queue.schedules.list` shows which are declared by none.
 *
 * @throws MillhandError what `queue.schedules.set` throws
 */
export async function declare(
  queue: QueueInternals,
  { schedules, definitions }: Pick<WorkerSettings, 'schedules' | 'definitions'>,
): Promise<void> {
  await queue.limits.declare([...definitions.values()].flatMap(({ limits = [] }) => limits))
  for (const [name, options] of schedules) {
    await setSchedule(queue, { name, options, declared: true, specs: definitions })
  }
}
