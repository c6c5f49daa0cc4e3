import { jobError } from '../job/errors.ts'
import type { JobRecord } from '../job/job.ts'
import { systemClock } from '../kit/clock.ts'
import { isVirtualClock } from '../kit/virtual-clock.ts'
import type { QueueInternals } from './internals.ts'

/** In real time: long enough for whatever a test does meanwhile, shorter than the five seconds after which it is ended. */
const STANDSTILL_MS = 3_000

/**
 * Calls back when a wait for a job is one for ever: the job is due later on a virtual clock that nobody moves. Until the
 * returned function is called.
 */
export function onStandstill(
  { clock }: QueueInternals,
  seen: () => JobRecord | undefined,
  tell: (error: Error) => void,
): () => void {
  if (!isVirtualClock(clock)) return () => {}
  let nowMs = clock.elapsed()
  const look = () => {
    const job = seen()
    const stands = clock.elapsed() === nowMs
    nowMs = clock.elapsed()
    const dueInMs = job?.state === 'pending' ? job.dueAt - clock.now() : 0
    if (job && stands && dueInMs > 0) return tell(jobError('clock_stands_still', { id: job.id, dueInMs }))
    timer = systemClock.timer(STANDSTILL_MS, look)
  }
  let timer = systemClock.timer(STANDSTILL_MS, look)
  return () => timer.cancel()
}
