import type { FailureKind } from '../job/failure.ts'
import type { Job } from '../job/job.ts'
import type { Reason } from './reason.ts'

/** What to do about a job that failed in this way. */
const MENDS: Readonly<Record<FailureKind, string>> = {
  error: 'mend what the error names',
  timeout: 'give it more time (timeout, deadline), or make the job smaller',
  stalled: 'call ctx.progress while it works, or raise stallTimeout',
  crashed: 'find what ends the process: memory, native code, process.exit',
  expired: 'add workers, or give it more time (expiresIn, deadline)',
  invalid_input: 'mend the schema or the handler; with the same input it fails again',
  invalid_output: 'mend the handler or the output schema',
  unknown_job: 'start a worker that has a handler of this name',
}

/** How a job ended. */
export function whySettled(job: Job): Reason {
  switch (job.state) {
    case 'complete': {
      const text =
        job.outcome === 'skipped'
          ? `skipped: ${job.reason}`
          : `complete since ${job.finishedAt.toISOString()}`
      return { code: 'settled', text, facts: { outcome: job.outcome } }
    }
    case 'failed': {
      const { kind, message, code = null } = job.failure
      const text = `failed as '${kind}' after ${job.attempt} attempt(s): ${message}`
      const mend = `${MENDS[kind]}, then: millhand retry ${job.id}`
      return { code: 'settled', text, mend, facts: { kind, code, attempts: job.attempt } }
    }
    case 'cancelled': {
      const mend = `if it was a mistake: millhand retry ${job.id}`
      return { code: 'settled', text: `cancelled: ${job.reason}`, mend, facts: { reason: job.reason } }
    }
    default:
      return { code: 'settled', text: job.state, facts: {} }
  }
}
