import type { Job } from '../job/job.ts'
import type { WorkerRecord } from '../store/workers.ts'

/** Workers as they were at a time. */
interface Workers {
  readonly workers: readonly WorkerRecord[]
  readonly nowMs: number
}

/** Whether any live worker handles the job. */
export function isServed(job: Job, situation: Workers): boolean {
  return fitFor(job, situation).length > 0
}

export function fitFor(job: Job, { workers, nowMs }: Workers): WorkerRecord[] {
  return workers.filter((worker) => worker.leaseUntil > nowMs && serves(worker, job))
}

export function serves(worker: WorkerRecord, job: Job): boolean {
  return handles(worker, job) && servesQueue(worker, job)
}

export function handles(worker: WorkerRecord, job: Job): boolean {
  return worker.names?.includes(job.name) ?? true
}

export function servesQueue(worker: WorkerRecord, job: Job): boolean {
  return worker.queues?.includes(job.queue) ?? true
}
