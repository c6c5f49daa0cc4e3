import { CARE } from '../../job/care.ts'
import type { JobRecord } from '../../job/job.ts'
import { allows } from '../../job/state.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { holderOf } from './keys.ts'
import { enterEnded } from './ledger.ts'

/** A running job keeps its worker, so that the worker's next beat can tell it. */
export function cancel(data: MemoryData, ids: readonly string[], reason: string): string[] {
  const finishedAt = data.clock.now()
  const jobs = data.jobs.some(ids).filter((job) => allows(job.state, 'cancel'))
  enterEnded(data, jobs, 'cancelled')
  // Those that run come last: whoever goes on at a gate in place of one must not be cancelled here as well.
  const runningLast = jobs.toSorted((one, other) => Number(isRunning(one)) - Number(isRunning(other)))
  for (const job of runningLast) change(data, job, { verb: 'cancel', reason, finishedAt })
  return jobs.map(({ id }) => id)
}

function isRunning({ state }: JobRecord): boolean {
  return state === 'running'
}

/**
 * In order of arrival: of two jobs with one key, the older takes it, and the other one stays as it is. A job that has kept
 * its key beyond its end is no other one.
 */
export function retry(data: MemoryData, ids: readonly string[]): string[] {
  const retried: string[] = []
  for (const job of data.jobs.some(ids).sort((left, right) => left.seq - right.seq)) {
    if (job.state !== 'failed' && job.state !== 'cancelled') continue
    if ((holderOf(data, job)?.id ?? job.id) !== job.id) continue
    change(data, job, { verb: 'retry', ...AS_NEW, dueAt: data.clock.now() })
    retried.push(job.id)
  }
  return retried
}

/** All of its attempts again, without a deadline, and nothing left of how it ended but its errors and its checkpoint. */
const AS_NEW = {
  attempt: 0,
  crashes: 0,
  care: CARE.none,
  worker: null,
  output: null,
  outcome: null,
  reason: null,
  failureKind: null,
  startedAt: null,
  finishedAt: null,
  expiresAt: null,
  deadlineAt: null,
} as const
