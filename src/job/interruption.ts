import { CARE, type Care } from './care.ts'
import { appendFailure } from './failure.ts'
import type { JobRecord } from './job.ts'

/** Crashed workers that a job may have been running in before it is taken for their cause. */
export const CRASH_LIMIT = 3

/** What becomes of a job whose worker was lost. */
interface Interruption {
  readonly verb: 'rescue' | 'fail'
  readonly attempt: number
  readonly crashes: number
  readonly care: Care
  readonly errors: string | null
}

/** What of a job that a lost worker held decides what becomes of it. */
type Interrupted = Pick<JobRecord, 'attempt' | 'crashes' | 'care' | 'errors' | 'worker'> & {
  /** Whether its handler had begun, as far as the store was told; else it was only held. */
  readonly begun: boolean
}

/**
 * A lost worker burns no attempt: its jobs run again at once, all of them side by side. What had not begun is not
 * blamed. But a job that was running when `crashLimit` workers died is more likely the cause than a victim, and is
 * quarantined instead of taking down the rest of the fleet.
 */
export function interrupt(job: Interrupted, nowMs: number, crashLimit: number = CRASH_LIMIT): Interruption {
  const { attempt, errors } = job
  const crashes = job.begun ? job.crashes + 1 : job.crashes
  if (!job.begun) return { verb: 'rescue', attempt: attempt - 1, crashes, care: careful(job.care), errors }
  if (crashes < crashLimit) {
    const care = crashes >= crashLimit - 1 ? CARE.alone : careful(job.care)
    return { verb: 'rescue', attempt: attempt - 1, crashes, care, errors }
  }
  const message = `was running in ${crashes} workers that crashed, the last of them '${job.worker}'`
  const failure = { kind: 'crashed', message, attempt, at: nowMs } as const
  return { verb: 'fail', attempt, crashes, care: job.care, errors: appendFailure(errors, failure) }
}

/** No less care than before. */
function careful(before: Care): Care {
  return before === CARE.none ? CARE.noted : before
}
