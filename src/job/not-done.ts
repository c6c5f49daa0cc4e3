import type { MillhandError } from '../kit/error.ts'
import { jobError } from './errors.ts'
import type { JobState } from './state.ts'

/** Why it was not done to a job, which is in this state or is not there: one answer for the API and the command line. */
export function whyNotDone(verb: 'cancel' | 'retry', id: string, state: JobState | undefined): MillhandError {
  if (state === undefined) return jobError('job_not_found', { id })
  return verb === 'cancel'
    ? jobError('not_cancellable', { id, state })
    : jobError('not_retryable', { id, state })
}
