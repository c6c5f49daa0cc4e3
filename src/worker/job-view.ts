import { type RunningJob, toJob } from '../job/job.ts'
import type { ClaimedJob } from '../store/jobs.ts'
import type { Attempt } from './attempt.ts'

/** The job as its handler sees it. */
export function toRunningJob({ job, worker, begunAtMs }: Attempt): RunningJob {
  const begun = { state: 'running', worker, startedAt: begunAtMs, expiresAt: null } as const
  return toJob({ ...job, ...UNSETTLED, ...begun }) as RunningJob
}

/** The job as a predicate sees it before it is claimed. */
export function toPendingJob(job: ClaimedJob) {
  return toJob({
    ...job,
    ...UNSETTLED,
    state: 'pending',
    worker: null,
    startedAt: null,
    attempt: job.attempt - 1,
    epoch: job.epoch - 1,
  })
}

const UNSETTLED = {
  gate: null,
  progress: null,
  output: null,
  outcome: null,
  reason: null,
  failureKind: null,
  rerunOf: null,
  finishedAt: null,
} as const
