import type { JobRecord } from '../../job/job.ts'
import type { WorkerOrder } from '../../job/orders.ts'
import { isFinal, type JobState } from '../../job/state.ts'
import type { Beat, NewWorker, WorkerRecord } from '../workers.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { letGo } from './holding.ts'

export function register(data: MemoryData, worker: NewWorker): void {
  const nowMs = data.clock.now()
  const leaseUntil = nowMs + worker.leaseMs
  const { order = 'run' } = worker
  data.workers.set(worker.id, { ...copyOf(worker), order, startedAt: nowMs, beatAt: nowMs, leaseUntil })
}

/** A lease that has lapsed may still be extended, until somebody has ended it. */
export function extend(data: MemoryData, id: string, leaseMs: number): Beat {
  const worker = data.workers.get(id)
  if (!worker) return { lost: true, order: 'run', cancelled: [] }
  const nowMs = data.clock.now()
  data.workers.set(id, { ...worker, beatAt: nowMs, leaseUntil: nowMs + leaseMs })
  const cancelled = data.jobs.heldBy(id).filter((job) => job.state === 'cancelled')
  return { lost: false, order: worker.order, cancelled: cancelled.map(toNotice) }
}

export function deregister(data: MemoryData, id: string): void {
  data.workers.delete(id)
  for (const job of data.jobs.heldBy(id)) {
    if (isFinal(job.state)) letGo(data, job)
    else change(data, job, { verb: 'release', worker: null, attempt: job.attempt - 1 })
    data.claimedAt.delete(job.id)
  }
}

export function order(data: MemoryData, ids: readonly string[] | null, told: WorkerOrder): string[] {
  const workers = [...data.workers.values()].filter(({ id }) => ids?.includes(id) ?? true)
  for (const worker of workers) data.workers.set(worker.id, { ...worker, order: told })
  return workers.map(({ id }) => id)
}

export function list(data: MemoryData): WorkerRecord[] {
  return [...data.workers.values()].map((worker) => {
    const states = data.jobs.heldBy(worker.id).map(({ state }) => state)
    const count = (wanted: JobState) => states.filter((state) => state === wanted).length
    return { ...copyOf(worker), running: count('running'), held: count('pending') }
  })
}

/** Whether the worker's lease is good: without one it may not claim. */
export function isAlive(data: MemoryData, id: string, nowMs: number): boolean {
  return (data.workers.get(id)?.leaseUntil ?? nowMs) > nowMs
}

function toNotice({ seq, id, epoch, reason }: JobRecord): Beat['cancelled'][number] {
  return { seq, id, epoch, reason: reason ?? '' }
}

function copyOf<Worker extends NewWorker>(worker: Worker): Worker {
  return { ...worker, names: worker.names && [...worker.names], queues: worker.queues && [...worker.queues] }
}
