import type { AttemptOutcome, Cleanup } from '../job/cleanup.ts'
import type { AnyJobDefinition } from '../job/defined.ts'
import { jobError } from '../job/errors.ts'
import type { Outcome } from '../job/outcome.ts'
import type { Clock } from '../kit/clock.ts'
import { asError, messageOf } from '../kit/error.ts'
import type { Attempt } from './attempt.ts'
import type { Context } from './context.ts'

interface Ended {
  readonly attempt: Attempt
  readonly definition: AnyJobDefinition
  readonly context: Context
  readonly outcome: Outcome
}

/**
 * Runs the `cleanup` of a definition after an attempt, for `graceMs` at most; gives what went wrong with it. Nothing of that
 * changes what the attempt came to: it is told in the job's log.
 */
export async function cleanUp(ended: Ended, clock: Clock, graceMs: number): Promise<Error | undefined> {
  const { attempt, context } = ended
  // Deadlines are of the handler, and whatever it has left open ends before what it stands on is taken away.
  attempt.end()
  try {
    await within(clock, graceMs, async () => {
      const cleanup = ended.definition.cleanup as Cleanup
      await cleanup(context.job as Parameters<Cleanup>[0], toldOf(ended), context)
    })
    return undefined
  } catch (thrown) {
    context.log.error(`cleanup failed: ${messageOf(thrown)}`)
    return asError(thrown)
  }
}

async function within(clock: Clock, graceMs: number, work: () => Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = clock.timer(graceMs, () => reject(jobError('cleanup_timed_out', { graceMs })))
  await Promise.race([work(), promise]).finally(() => timer.cancel())
}

function toldOf({ attempt, outcome }: Ended): AttemptOutcome {
  switch (outcome.kind) {
    case 'complete':
    case 'cached':
      return { how: 'complete' }
    case 'skip':
      return { how: 'skipped', reason: outcome.reason }
    case 'snooze':
      return { how: 'snoozed', delayMs: outcome.delayMs }
    case 'release':
      return { how: 'interrupted', error: asError(attempt.interruption) }
    case 'failure':
      return { how: 'failed', kind: outcome.failureKind, error: outcome.error }
  }
}
