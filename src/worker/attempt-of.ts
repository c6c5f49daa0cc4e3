import type { AnyJobDefinition } from '../job/defined.ts'
import type { Clock } from '../kit/clock.ts'
import { Attempt } from './attempt.ts'
import type { Buffered } from './buffer.ts'
import { bareIn } from './deadlines.ts'

interface AttemptPlace {
  readonly clock: Clock
  readonly abortGraceMs: number
  /** Now, by `clock.elapsed()`. */
  readonly startedMs: number
}

/**
 * The attempt of a job that begins now, under the deadlines that it says itself, or its definition. Nothing is spread here, as
 * nowhere on the way of each job: behind another property that is done by the runtime, a property at a time.
 */
export function attemptOf(
  { job, claim }: Buffered,
  definition: AnyJobDefinition | undefined,
  { clock, abortGraceMs, startedMs }: AttemptPlace,
): Attempt {
  return new Attempt(job, {
    clock,
    abortGraceMs,
    startedMs,
    worker: claim.worker,
    claimedMs: claim.claimedMs,
    timeoutMs: job.timeoutMs ?? definition?.timeoutMs,
    stallTimeoutMs: definition?.stallTimeoutMs,
    bare: bareIn(job, definition),
  })
}
