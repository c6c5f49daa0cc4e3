import { appendFailure } from './failure.ts'
import type { JobRecord } from './job.ts'
import type { NewJob } from './new-job.ts'
import { toDate } from './stored.ts'

/**
 * Jobs that wait for too long: to be started, or at their deadline for whatever attempt. A store gives a job that comes
 * back from an attempt its deadline to expire at, so that one look finds both.
 */

/** What of a job that waited for too long decides how it fails. */
type Overdue = Pick<JobRecord, 'attempt' | 'errors' | 'startedAt' | 'expiresAt' | 'deadlineAt'>

/** How a job fails that nobody started in time, or that waits at its deadline for another attempt. */
export function expiry(
  job: Overdue,
  nowMs: number,
): { readonly failureKind: 'expired' | 'timeout'; readonly errors: string } {
  const at = toDate(job.expiresAt ?? nowMs).toISOString()
  const hasBegun = job.startedAt !== null || job.attempt > 0
  const isDeadline = job.expiresAt !== null && job.expiresAt === job.deadlineAt
  const message = `${hasBegun ? 'not done' : 'not started'} before ${isDeadline ? 'its deadline, ' : ''}${at}`
  const failureKind = hasBegun ? 'timeout' : 'expired'
  const failure = { kind: failureKind, message, attempt: job.attempt, at: nowMs } as const
  return { failureKind, errors: appendFailure(job.errors, failure) }
}

/** Whether a job that waits may still begin. One that has expired is taken by nobody, and takes no place at a gate from others. */
export function isTimely({ expiresAt }: Pick<JobRecord, 'expiresAt'>, nowMs: number): boolean {
  return expiresAt === null || expiresAt > nowMs
}

/** When a job that is enqueued fails while it waits: what comes first of the two. */
export function expiresAt(
  { expiresInMs, deadlineMs }: Pick<NewJob, 'expiresInMs' | 'deadlineMs'>,
  nowMs: number,
): number | null {
  const afterMs = Math.min(expiresInMs ?? Number.POSITIVE_INFINITY, deadlineMs ?? Number.POSITIVE_INFINITY)
  return afterMs === Number.POSITIVE_INFINITY ? null : nowMs + afterMs
}

export function deadlineAt({ deadlineMs }: Pick<NewJob, 'deadlineMs'>, nowMs: number): number | null {
  return deadlineMs === undefined || deadlineMs === null ? null : nowMs + deadlineMs
}
