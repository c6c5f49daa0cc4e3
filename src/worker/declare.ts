import { limitNames } from '../job/limit-conflicts.ts'
import { unlessAborted } from '../kit/abort.ts'
import type { QueueInternals } from '../queue/internals.ts'
import { requireAsSet, settingsSet } from '../queue/limits-set.ts'
import { setSchedule } from '../queue/set-schedule.ts'
import type { WorkerSettings } from './options.ts'

type Declared = Pick<WorkerSettings, 'schedules' | 'definitions'>

/**
 * Writes the limits of a worker's definitions and sets the schedules that it declares, until `signal` aborts. Of those that
 * it no longer declares nothing is removed: another version may still be about that does, and `queue.schedules.list`
 * shows which are declared by none.
 *
 * @throws MillhandError `conflicting_limits` where a queue is set otherwise; what `queue.schedules.set` throws; the reason of `signal`
 */
export function declare(queue: QueueInternals, declared: Declared, signal: AbortSignal): Promise<void> {
  const hurried = { ...queue, store: queue.store.until(signal), limits: queue.limits.until(signal) }
  // The schema of a schedule's input may take as long as it likes.
  return unlessAborted(write(hurried, declared, signal), signal)
}

async function write(
  queue: QueueInternals,
  { schedules, definitions }: Declared,
  signal: AbortSignal,
): Promise<void> {
  if (limitNames(definitions.values()).size > 0)
    requireAsSet(await settingsSet(queue.store), [...definitions.values()])
  await queue.limits.declare([...definitions.values()].flatMap(({ limits = [] }) => limits))
  for (const [name, options] of schedules) {
    signal.throwIfAborted()
    await setSchedule(queue, { name, options, declared: true, specs: definitions })
  }
}
