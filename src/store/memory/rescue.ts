import { interrupt } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import { isFinal } from '../../job/state.ts'
import type { Rescued } from '../upkeep.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { letGo } from './holding.ts'
import { enterEnded } from './ledger.ts'

/** A worker is forgotten at once, so that a beat that comes too late hears of it; its jobs follow piece by piece. */
export function rescue(data: MemoryData, crashLimit: number, limit = STATEMENT_ROWS_MAX): Rescued {
  const nowMs = data.clock.now()
  const lapsed = [...data.workers.values()].filter((worker) => worker.leaseUntil <= nowMs).map(({ id }) => id)
  for (const id of lapsed) {
    data.workers.delete(id)
    data.lostWorkers.add(id)
  }
  const jobs = [...data.lostWorkers].flatMap((id) => data.jobs.heldBy(id))
  const verbs = Map.groupBy(jobs.slice(0, limit), (job) => takeBack(data, job, crashLimit))
  enterEnded(data, verbs.get('fail') ?? [], 'failed')
  for (const id of data.lostWorkers) if (data.jobs.heldBy(id).length === 0) data.lostWorkers.delete(id)
  const leases = [...data.workers.values()].map((worker) => worker.leaseUntil)
  return {
    workers: lapsed,
    rescued: (verbs.get('rescue') ?? []).map((job) => job.id),
    quarantined: (verbs.get('fail') ?? []).map((job) => job.id),
    more: data.lostWorkers.size > 0,
    nextLapseAt: leases.length === 0 ? null : Math.min(...leases),
  }
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
