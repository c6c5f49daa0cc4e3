import type { Settlement } from '../../../job/outcome.ts'

/** Whether a job that is settled so may be claimed again at once. What is due later is noticed when it is. */
export function comesBackAtOnce({ verb, dueInMs }: Settlement): boolean {
  return verb === 'release' || (verb !== 'complete' && verb !== 'fail' && dueInMs <= 0)
}
