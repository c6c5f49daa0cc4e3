import type { JobRecord } from '../../job/job.ts'
import { type Deed, OPERATIONS, type Rearrangement } from '../../job/operation.ts'
import { gateAmong } from '../../job/queue-gates.ts'
import { announce } from './change.ts'
import { cancel, retry } from './control.ts'
import type { MemoryData } from './data/data.ts'
import { gatesIn } from './insert.ts'

/** Does one thing to jobs, those of them that it can be done to; gives their ids. */
export function doAll(data: MemoryData, deed: Deed, ids: readonly string[]): string[] {
  if (deed.verb === 'cancel') return cancel(data, ids, deed.reason)
  if (deed.verb === 'retry') return retry(data, ids)
  const free = data.jobs.some(ids).filter((job) => job.worker === null && isIn(job, OPERATIONS[deed.verb]))
  if (deed.verb === 'delete') return remove(data, free)
  for (const job of free) rearrange(data, job, deed)
  return free.map(({ id }) => id)
}

function isIn(job: JobRecord, states: readonly string[]): boolean {
  return states.includes(job.state)
}

function remove(data: MemoryData, jobs: readonly JobRecord[]): string[] {
  for (const { id } of jobs) {
    data.jobs.delete(id)
    data.logs.delete(id)
  }
  return jobs.map(({ id }) => id)
}

/** What waits at a gate stays there, unless it is due later by now: then it waits for that first. */
function rearrange(data: MemoryData, job: JobRecord, { verb, ...fields }: Rearrangement): void {
  const arranged = { ...job, ...fields }
  const limits = verb === 'move' ? gatesIn(data, arranged) : arranged.limits
  const changed = { ...arranged, limits, gate: gateAmong(limits, arranged.gate) }
  const isDue = changed.dueAt <= data.clock.now()
  data.jobs.put(isDue ? changed : { ...changed, gate: null })
  announce(data, changed, verb)
}
