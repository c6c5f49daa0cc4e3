import type { JobRecord } from '../../job/job.ts'
import { type Holder, keptUntil, ruleOf } from '../../job/key.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { KeyLabel } from '../catalog.ts'
import type { MemoryData } from './data/data.ts'
import { nameAndKey } from './data/job-table.ts'

/** Who holds the key of a job: an unfinished job, or one that has ended and keeps it. */
export function holderOf(data: MemoryData, job: Pick<JobRecord, 'name' | 'key'>): Holder | undefined {
  if (job.key === null) return undefined
  const active = data.jobs.get(data.jobs.holderOf(job) ?? '')
  if (active) {
    const waits = active.state === 'pending' && active.worker === null
    return { id: active.id, standing: waits ? 'pending' : 'begun' }
  }
  const kept = data.kept.get(nameAndKey(job), data.clock.now())
  return kept && { id: kept.id, standing: 'ended' }
}

/** Keeps the key of a job for as long as that says, from now on. */
export function keep(data: MemoryData, job: NewJob, id: string): void {
  if (job.key === null) return
  const rule = ruleOf(job)
  const untilMs = keptUntil(rule, data.clock.now())
  data.kept.set(nameAndKey(job), rule.keptMs === 0 ? undefined : { id, untilMs })
}

export function freeKey(data: MemoryData, label: KeyLabel): string[] {
  const kept = data.kept.get(nameAndKey(label), data.clock.now())
  if (kept) data.kept.set(nameAndKey(label), undefined)
  return kept ? [kept.id] : []
}
