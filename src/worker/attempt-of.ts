import type { AnyJobDefinition } from '../job/defined.ts'
import type { Clock } from '../kit/clock.ts'
import { Attempt } from './attempt.ts'
import type { Buffered } from './buffer.ts'
import { bareIn } from './deadlines.ts'

/** What is the same in all attempts of a worker. */
interface AttemptPlace {
  readonly clock: Clock
  readonly abortGraceMs: number
}

/** The attempt of a job that begins now, under the deadlines that it says itself, or its definition. */
export function attemptOf(
  { job, claim: { worker, claimedMs } }: Buffered,
  definition: AnyJobDefinition | undefined,
  place: AttemptPlace,
): Attempt {
  return new Attempt(job, {
    ...place,
    ...{ worker, claimedMs },
    timeoutMs: job.timeoutMs ?? definition?.timeoutMs,
    stallTimeoutMs: definition?.stallTimeoutMs,
    bare: bareIn(job, definition),
  })
}
