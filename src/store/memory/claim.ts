import { claimClass } from '../../job/interruption.ts'
import type { JobRecord } from '../../job/job.ts'
import { type ClaimedJob, type ClaimRequest, type Place, REFUSALS_MAX } from '../jobs.ts'
import { change } from './change.ts'
import type { MemoryData } from './data.ts'
import { isAlive } from './workers.ts'

export function claim(data: MemoryData, request: ClaimRequest): ClaimedJob[] {
  const nowMs = data.clock.now()
  const { worker } = request
  if (!isAlive(data, worker, nowMs)) return []
  return choose(data, request, nowMs).map((job) => {
    const claimed = toClaimed(job, nowMs)
    change(data, job, { verb: 'claim', ...claimed, worker, progress: null })
    return claimed
  })
}

function choose(data: MemoryData, request: ClaimRequest, nowMs: number): JobRecord[] {
  const chosen: JobRecord[] = []
  let suspects = request.suspects
  let refusals = 0
  for (const job of data.jobs.pending.dueAt(nowMs)) {
    if (chosen.length >= request.limit || refusals >= REFUSALS_MAX) break
    const suspect = claimClass(job.crashes) === 'suspect'
    if (request.after && !comesAfter(job, request.after)) continue
    if (!isOpen(data, job, nowMs) || !serves(request, job) || (suspect && suspects <= 0)) continue
    if (request.accepts?.(toClaimed(job, nowMs)) === false) {
      refusals += 1
      continue
    }
    chosen.push(job)
    if (suspect) suspects -= 1
  }
  return chosen
}

function comesAfter(job: JobRecord, place: Place): boolean {
  return (place.priority - job.priority || job.dueAt - place.dueAt || job.seq - place.seq) > 0
}

function isOpen(data: MemoryData, job: JobRecord, nowMs: number): boolean {
  return !data.paused.has(job.queue) && (job.expiresAt === null || job.expiresAt > nowMs)
}

function serves({ names, queues }: ClaimRequest, job: JobRecord): boolean {
  return (names?.includes(job.name) ?? true) && (queues?.includes(job.queue) ?? true)
}

/** The job as its worker gets it: in the attempt that begins now. What was started in time does not expire any more. */
function toClaimed(job: JobRecord, nowMs: number): ClaimedJob {
  const { state, worker, progress, output, outcome, reason, failureKind, finishedAt, ...fields } = job
  return { ...fields, attempt: job.attempt + 1, epoch: job.epoch + 1, startedAt: nowMs, expiresAt: null }
}

export function nextDueAt(data: MemoryData): number | null {
  return data.jobs.pending.nextDueAt(data.clock.now())
}
