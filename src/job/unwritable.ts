import { jobError } from './errors.ts'
import { appendFailure, describeThrown } from './failure.ts'
import type { Outcome, Settlement } from './outcome.ts'

/** What stands for an outcome that can never be written. */
export interface Substitute {
  readonly settlement: Settlement
  readonly outcome: Extract<Outcome, { kind: 'failure' }>
}

/** The job fails, without what was refused: an output is dropped, and the failure says why. */
export function substitute(settlement: Settlement, problem: string, nowMs: number): Substitute {
  const { id, verb, attempt } = settlement
  const error = jobError('outcome_refused', { id, verb, problem })
  const failureKind = verb === 'complete' ? 'invalid_output' : (settlement.failureKind ?? 'error')
  const failure = { kind: failureKind, ...describeThrown(error), attempt, at: nowMs }
  return {
    settlement: {
      ...settlement,
      ...{ verb: 'fail', output: null, outcome: null, reason: null, dueInMs: 0, failureKind },
      errors: appendFailure(settlement.errors, failure),
    },
    outcome: { kind: 'failure', failureKind, error },
  }
}
