import type { NewJob } from '../../job/new-job.ts'
import { column } from './parameters.ts'

/** A new job with the number of its lane. */
export interface LanedJob extends NewJob {
  readonly lane: number
  /** The gate at which it waits from the beginning, which is closed. */
  readonly gate?: string | null
}

/** The parameters of what says of new jobs what they are, each an array with a place a job. */
export const JOB_TYPES = {
  ids: 'text[]',
  names: 'text[]',
  queues: 'text[]',
  priorities: 'integer[]',
  inputs: 'text[]',
  keys: 'text[]',
  tags: 'text[]',
  contexts: 'text[]',
  retries: 'integer[]',
  timeouts: 'bigint[]',
  delays: 'bigint[]',
  runAt: 'bigint[]',
  expiresIn: 'bigint[]',
  deadlines: 'bigint[]',
  lanes: 'integer[]',
  limits: 'text[]',
  gates: 'text[]',
} as const

export function jobValues(jobs: readonly LanedJob[]) {
  return {
    ids: jobs.map(({ id }) => id),
    names: jobs.map(({ name }) => name),
    queues: jobs.map(({ queue }) => queue),
    priorities: jobs.map(({ priority }) => priority),
    inputs: jobs.map(({ input }) => input),
    keys: column(jobs, ({ key }) => key),
    tags: column(jobs, ({ tags }) => tags),
    contexts: column(jobs, ({ context }) => context),
    retries: jobs.map(({ retries }) => retries),
    timeouts: column(jobs, ({ timeoutMs }) => timeoutMs),
    delays: jobs.map(({ delayMs }) => delayMs),
    runAt: column(jobs, ({ runAtMs }) => runAtMs),
    expiresIn: column(jobs, ({ expiresInMs }) => expiresInMs),
    deadlines: column(jobs, ({ deadlineMs }) => deadlineMs),
    lanes: jobs.map(({ lane }) => lane),
    limits: column(jobs, ({ limits }) => limits),
    gates: column(jobs, ({ gate }) => gate),
  }
}
