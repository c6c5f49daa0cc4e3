import { expiry, interrupt } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import type { Retention } from '../../job/retention.ts'
import { type FinalState, isFinal } from '../../job/state.ts'
import type { Leadership, Rescued } from '../upkeep.ts'
import { forgetCalls } from './calls.ts'
import { change } from './change.ts'
import type { MemoryData } from './data.ts'
import { letGo } from './holding.ts'

export function elect(data: MemoryData, worker: string, leaseMs: number): Leadership {
  const nowMs = data.clock.now()
  const { leader } = data
  if (leader && leader.worker !== worker && leader.untilMs > nowMs) {
    return { leads: false, forMs: leader.untilMs - nowMs }
  }
  data.leader = { worker, untilMs: nowMs + leaseMs }
  return { leads: true, forMs: leaseMs }
}

export function resign(data: MemoryData, worker: string): void {
  if (data.leader?.worker === worker) data.leader = null
}

/** A worker is forgotten at once, so that a beat that comes too late hears of it; its jobs follow piece by piece. */
export function rescue(data: MemoryData, crashLimit: number, limit = STATEMENT_ROWS_MAX): Rescued {
  const nowMs = data.clock.now()
  const lapsed = [...data.workers.values()].filter((worker) => worker.leaseUntil <= nowMs).map(({ id }) => id)
  for (const id of lapsed) {
    data.workers.delete(id)
    data.gone.add(id)
  }
  const jobs = [...data.gone].flatMap((id) => data.jobs.heldBy(id))
  const verbs = Map.groupBy(jobs.slice(0, limit), (job) => takeBack(data, job, crashLimit))
  for (const id of data.gone) if (data.jobs.heldBy(id).length === 0) data.gone.delete(id)
  const leases = [...data.workers.values()].map((worker) => worker.leaseUntil)
  return {
    workers: lapsed,
    rescued: (verbs.get('rescue') ?? []).map((job) => job.id),
    quarantined: (verbs.get('fail') ?? []).map((job) => job.id),
    more: data.gone.size > 0,
    nextLapseAt: leases.length === 0 ? null : Math.min(...leases),
  }
}

/** Fails what nobody started in time. The jobs that have waited longest past their time come first. */
export function expire(data: MemoryData, limit: number): string[] {
  const nowMs = data.clock.now()
  const expired = firstOf(data.jobs.expiring, limit, (job) => (job.expiresAt ?? nowMs + 1) <= nowMs)
  return expired.map((job) => {
    const errors = expiry(job, nowMs)
    return change(data, job, { verb: 'expire', failureKind: 'expired', errors, finishedAt: nowMs }).id
  })
}

export function prune(data: MemoryData, retention: Retention, limit: number): number {
  const nowMs = data.clock.now()
  forgetCalls(data, nowMs)
  const outlived = (job: JobRecord) => (job.finishedAt ?? nowMs) <= nowMs - retention[job.state as FinalState]
  const pruned = firstOf(data.jobs.settled, limit, outlived)
  for (const job of pruned) {
    data.jobs.delete(job.id)
    data.logs.delete(job.id)
  }
  return pruned.length
}

/** What a lost worker leaves behind. */
function takeBack(data: MemoryData, job: JobRecord, crashLimit: number): 'rescue' | 'fail' | 'let go' {
  if (isFinal(job.state)) {
    letGo(data, job)
    return 'let go'
  }
  const nowMs = data.clock.now()
  const interruption = interrupt({ ...job, begun: job.state === 'running' }, nowMs, crashLimit)
  const end = interruption.verb === 'fail' ? { failureKind: 'crashed' as const, finishedAt: nowMs } : {}
  change(data, job, { ...interruption, ...end, worker: null })
  data.claimedAt.delete(job.id)
  return interruption.verb
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
