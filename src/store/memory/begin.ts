import type { JobRecord } from '../../job/job.ts'
import type { Settled, Start } from '../jobs.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { heldJob } from './holding.ts'

export function begin(data: MemoryData, starts: readonly Start[]): Settled[] {
  return starts.map((start) => beginOne(data, start))
}

function beginOne(data: MemoryData, start: Start): Settled {
  const job = heldJob(data, start)
  if (!job) return 'refused'
  if (job.state === 'cancelled') return 'cancelled'
  if (job.state === 'pending') {
    change(data, job, { verb: 'start', startedAt: begunAt(data, job, start.afterMs), expiresAt: null })
    data.claimedAt.delete(job.id)
  }
  return 'settled'
}

/** When a held job has begun, by the time of its claim. */
export function begunAt(data: MemoryData, job: JobRecord, afterMs: number): number {
  return (data.claimedAt.get(job.id) ?? data.clock.now()) + afterMs
}
