import { handlesName } from '../job/handled-names.ts'
import type { Job } from '../job/job.ts'
import { lacking, requirementsText, UNABLE } from '../job/requirements.ts'
import type { WorkerRecord } from '../store/workers.ts'

/** Of which name and queue a job is. */
export type Place = Pick<Job, 'name' | 'queue' | 'requires'>

/** Workers as they were at a time. */
export interface Workers {
  readonly workers: readonly WorkerRecord[]
  readonly nowMs: number
}

/** Whether any live worker handles the job. */
export function isServed(job: Place, situation: Workers): boolean {
  return fitFor(job, situation).length > 0
}

export function fitFor(job: Place, { workers, nowMs }: Workers): WorkerRecord[] {
  return workers.filter((worker) => worker.leaseUntil > nowMs && serves(worker, job))
}

export function serves(worker: WorkerRecord, job: Place): boolean {
  return handles(worker, job) && servesQueue(worker, job) && lacks(worker, job).length === 0
}

export function handles(worker: WorkerRecord, job: Place): boolean {
  return handlesName(worker.names, job.name)
}

export function servesQueue(worker: WorkerRecord, job: Place): boolean {
  return worker.queues?.includes(job.queue) ?? true
}

/** What the job requires that the worker does not have. */
export function lacks({ ability = UNABLE }: WorkerRecord, { requires = [] }: Place): string[] {
  return lacking(requirementsText('job', requires), ability)
}
