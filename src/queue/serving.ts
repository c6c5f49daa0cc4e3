import type { Job } from '../job/job.ts'
import type { WorkerRecord } from '../store/workers.ts'

/** Of which name and queue a job is. */
export type Place = Pick<Job, 'name' | 'queue'>

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
  return handles(worker, job) && servesQueue(worker, job)
}

export function handles(worker: WorkerRecord, job: Place): boolean {
  return worker.names?.includes(job.name) ?? true
}

export function servesQueue(worker: WorkerRecord, job: Place): boolean {
  return worker.queues?.includes(job.queue) ?? true
}
