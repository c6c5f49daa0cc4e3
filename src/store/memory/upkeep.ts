import { expiry } from '../../job/deadline.ts'
import type { JobRecord } from '../../job/job.ts'
import type { JobRetention } from '../../job/retention.ts'
import type { FinalState } from '../../job/state.ts'
import type { Leadership } from '../upkeep.ts'
import { forgetCalls } from './calls.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { pruneGates } from './gates.ts'
import { enterEnded } from './ledger.ts'
import { pruneResults } from './results.ts'
import { nextTickInMs } from './schedules.ts'

export function elect(data: MemoryData, worker: string, leaseMs: number): Leadership {
  const nowMs = data.clock.now()
  const { leader } = data
  if (leader && leader.worker !== worker && leader.untilMs > nowMs) {
    return { leads: false, forMs: leader.untilMs - nowMs }
  }
  data.leader = { worker, untilMs: nowMs + leaseMs }
  const nextInMs = nextTickInMs(data)
  const gatesWait = data.jobs.pending.gates().length > 0 || data.jobs.heldGates().length > 0
  return {
    ...{ leads: true, forMs: leaseMs },
    ...(nextInMs !== undefined && { nextTickInMs: nextInMs }),
    ...(gatesWait && { gatesWait }),
  }
}

export function resign(data: MemoryData, worker: string): void {
  if (data.leader?.worker === worker) data.leader = null
}

/** Fails what nobody started in time, and what waits at its deadline. The jobs that have waited longest past their time come first. */
export function expire(data: MemoryData, limit: number): string[] {
  const nowMs = data.clock.now()
  const expired = firstOf(data.jobs.expiring, limit, (job) => (job.expiresAt ?? nowMs + 1) <= nowMs)
  enterEnded(data, expired, 'failed')
  return expired.map((job) => {
    return change(data, job, { verb: 'expire', ...expiry(job, nowMs), finishedAt: nowMs }).id
  })
}

export function prune(data: MemoryData, retention: JobRetention, limit: number): number {
  const nowMs = data.clock.now()
  forgetCalls(data, nowMs)
  data.kept.prune(nowMs, limit)
  pruneGates(data)
  pruneResults(data)
  const outlived = (job: JobRecord) => (job.finishedAt ?? nowMs) <= nowMs - retention[job.state as FinalState]
  const pruned = firstOf(data.jobs.settled, limit, outlived)
  for (const job of pruned) {
    data.jobs.delete(job.id)
    data.logs.delete(job.id)
  }
  return pruned.length
}

function firstOf(
  jobs: Iterable<JobRecord>,
  limit: number,
  condition: (job: JobRecord) => boolean,
): JobRecord[] {
  const found: JobRecord[] = []
  for (const job of jobs) {
    if (found.length >= limit) break
    if (condition(job)) found.push(job)
  }
  return found
}
