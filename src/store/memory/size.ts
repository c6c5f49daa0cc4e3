import { jobError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/job.ts'
import type { NewJob } from '../../job/new-job.ts'
import { dropReason, excessOf, type SizeLimit } from '../../job/queue-settings.ts'
import type { Purged, PurgePiece } from '../queues.ts'
import { change } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { enterEnded } from './ledger.ts'

/** A job that is to be stored: as itself, or as what `replaces` waits as from then on. */
export interface Written {
  readonly job: NewJob
  readonly replaces?: string
}

/** What comes into a queue and what leaves it: a job that is replaced leaves the one in which it was. */
interface Flow {
  readonly arrived: number
  readonly left: number
}

/** What one call brings to queues, and takes from them. */
export function flowsOf(data: MemoryData, writes: readonly Written[]): ReadonlyMap<string, Flow> {
  const flows = new Map<string, Flow>()
  const add = (queue: string, { arrived, left }: Flow) => {
    const before = flows.get(queue) ?? { arrived: 0, left: 0 }
    flows.set(queue, { arrived: before.arrived + arrived, left: before.left + left })
  }
  /** Where those are that may be replaced: what has no key is not. */
  const queues = new Map<string, string>()
  for (const { job, replaces } of writes) {
    const from = replaces === undefined ? undefined : (queues.get(replaces) ?? data.jobs.get(replaces)?.queue)
    if (job.key !== null) queues.set(replaces ?? job.id, job.queue)
    if (from === job.queue) continue
    add(job.queue, { arrived: 1, left: 0 })
    if (from !== undefined) add(from, { arrived: 0, left: 1 })
  }
  return flows
}

/** Refuses jobs that a queue has no room for, before one is stored. @throws MillhandError `queue_full` */
export function requireRoom(data: MemoryData, flows: ReadonlyMap<string, Flow>, pendingMax: number): void {
  for (const [queue, { arrived, left }] of flows) {
    if (arrived === 0) continue
    const pending = data.jobs.pending.count(queue) + arrived - left
    const limit = limitOf(data, queue)
    if (limit) excessOf(limit, pending, arrived)
    else if (pending > pendingMax) throw jobError('queue_full', { queue, limit: pendingMax })
  }
}

/** Cancels what newer jobs push out of queues that drop their oldest, after they were stored. */
export function dropOldest(data: MemoryData, flows: ReadonlyMap<string, Flow>): void {
  for (const [queue, { arrived }] of flows) {
    const limit = limitOf(data, queue)
    if (!limit || arrived === 0) continue
    const excess = excessOf(limit, data.jobs.pending.count(queue), arrived)
    if (excess > 0) cancelAll(data, data.jobs.pending.of(queue).slice(0, excess), dropReason(limit))
  }
}

function limitOf(data: MemoryData, queue: string): SizeLimit | undefined {
  const { maxSize, overflow } = data.settings.get(queue) ?? {}
  return maxSize === undefined ? undefined : { queue, maxSize, ...(overflow && { overflow }) }
}

/** Cancels those of a queue that wait and that nobody holds. */
export function purge(data: MemoryData, queue: string, { reason, limit, until }: PurgePiece): Purged {
  const last = until ?? data.lastSeq
  const waiting = data.jobs.pending.of(queue).filter(({ seq }) => seq <= last)
  return { ids: cancelAll(data, waiting.slice(0, limit), reason), until: last }
}

function cancelAll(data: MemoryData, jobs: readonly JobRecord[], reason: string): string[] {
  const finishedAt = data.clock.now()
  enterEnded(data, jobs, 'cancelled')
  return jobs.map((job) => change(data, job, { verb: 'cancel', reason, finishedAt }).id)
}
