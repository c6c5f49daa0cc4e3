import { appendFailure } from './failure.ts'
import type { JobRecord } from './job.ts'

/** Crashed workers that a job may have been running in before it is taken for their cause. */
export const CRASH_LIMIT = 3

/** What becomes of a job whose worker was lost. */
interface Interruption {
  readonly verb: 'rescue' | 'fail'
  readonly attempt: number
  readonly crashes: number
  readonly errors: string | null
}

/**
 * A lost worker burns no attempt: its jobs run again at once. But a job that was there when `crashLimit` workers died
 * is more likely the cause than a victim, and is quarantined instead of taking down the rest of the fleet.
 */
export function interrupt(
  job: Pick<JobRecord, 'attempt' | 'crashes' | 'errors' | 'worker'>,
  nowMs: number,
  crashLimit: number = CRASH_LIMIT,
): Interruption {
  const crashes = job.crashes + 1
  if (crashes < crashLimit) return { verb: 'rescue', attempt: job.attempt - 1, crashes, errors: job.errors }
  const message = `was running in ${crashes} workers that crashed, the last of them '${job.worker}'`
  const failure = { kind: 'crashed', message, attempt: job.attempt, at: nowMs } as const
  return { verb: 'fail', attempt: job.attempt, crashes, errors: appendFailure(job.errors, failure) }
}

/**
 * How a pending job may be claimed: `ordinary` with others at a time, `suspect` alone. A job that was in a crashed
 * worker is run apart, so that the next crash, if there is one, names the culprit and no bystander.
 */
export function claimClass(crashes: number): 'ordinary' | 'suspect' {
  return crashes === 0 ? 'ordinary' : 'suspect'
}

/** The failure that is recorded with a job that nobody started in time. */
export function expiry(job: Pick<JobRecord, 'attempt' | 'errors' | 'expiresAt'>, nowMs: number): string {
  const message = `not started before ${new Date(job.expiresAt ?? nowMs).toISOString()}`
  return appendFailure(job.errors, { kind: 'expired', message, attempt: job.attempt, at: nowMs })
}
