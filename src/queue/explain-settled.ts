import type { FailureKind } from '../job/failure.ts'
import type { CompleteJob, Job } from '../job/job.ts'
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

function howComplete({ outcome, reason, cachedFrom, finishedAt }: CompleteJob): string {
  if (outcome === 'skipped') return `skipped: ${reason}`
  const since = `complete since ${finishedAt.toISOString()}`
  return outcome === 'cached' ? `${since}: it did not run, and has the result of job ${cachedFrom}` : since
}

/** How a job ended. */
export function whySettled(job: Job): Reason {
  switch (job.state) {
    case 'complete': {
      const { outcome, cachedFrom } = job
      const from = cachedFrom !== undefined && { cachedFrom }
      return { code: 'settled', text: howComplete(job), facts: { outcome, ...from } }
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
