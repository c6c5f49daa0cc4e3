import { runsAlone } from '../../job/care.ts'
import { isTimely } from '../../job/deadline.ts'
import { handlesName } from '../../job/handled-names.ts'
import type { JobRecord } from '../../job/job.ts'
import { requirementsIn } from '../../job/job-gates.ts'
import { lacking, UNABLE } from '../../job/requirements.ts'
import { Admissions } from '../admissions.ts'
import {
  bytesOf,
  type ClaimedJob,
  type ClaimRequest,
  compareJobs,
  REFUSALS_MAX,
  type Served,
} from '../jobs.ts'
import { change } from './change.ts'
import { inTurn, isDrawn } from './claiming/turns.ts'
import type { MemoryData } from './data/data.ts'
import { gateReader, nextOpening, openDue, park } from './gates.ts'
import { isAlive } from './workers.ts'

export function claim(data: MemoryData, request: ClaimRequest): ClaimedJob[] {
  const nowMs = data.clock.now()
  if (request.limit <= 0 || !isAlive(data, request.worker, nowMs)) return []
  openDue(data, nowMs)
  const admissions = new Admissions(gateReader(data), nowMs)
  const claimed = choose(data, request, admissions).map((job, place) => {
    const begun = place < request.begins || runsAlone(job)
    return take(data, job, { worker: request.worker, begun, nowMs, answer: admissions.answers.get(job.seq) })
  })
  park(data, admissions)
  return claimed
}

function take(
  data: MemoryData,
  job: JobRecord,
  {
    worker,
    begun,
    nowMs,
    answer,
  }: { worker: string; begun: boolean; nowMs: number; answer: string | undefined },
): ClaimedJob {
  const claimed = { ...toClaimed(job, { begun, nowMs }), ...(answer !== undefined && { answer }) }
  if (answer !== undefined) data.jobs.answer(job.id)
  const { attempt, epoch, expiresAt } = claimed
  const taken = { worker, attempt, epoch, expiresAt, progress: null }
  if (begun) change(data, job, { verb: 'claim', ...taken, startedAt: nowMs })
  else {
    data.claimedAt.set(job.id, nowMs)
    data.jobs.put({ ...job, ...taken, startedAt: null })
  }
  return claimed
}

function choose(data: MemoryData, request: ClaimRequest, admissions: Admissions): JobRecord[] {
  const [apart] = request.takesAlone
    ? chooseOf(data, { ...request, limit: 1 }, { runAlone: true, admissions })
    : []
  return apart ? [apart] : chooseOf(data, request, { runAlone: false, admissions })
}

/** The best jobs that have to run alone, or that have not. */
function chooseOf(
  data: MemoryData,
  request: ClaimRequest,
  { runAlone, admissions }: { runAlone: boolean; admissions: Admissions },
): JobRecord[] {
  const chosen: JobRecord[] = []
  const nowMs = data.clock.now()
  let refusals = 0
  let bytes = 0
  const fits = (job: JobRecord) =>
    runsAlone(job) === runAlone &&
    (!request.after || compareJobs(job, request.after) > 0) &&
    isOpen(data, job, nowMs) &&
    serves(request, job)
  const jobs = inTurn(data, request, fits)
  for (const job of jobs) {
    if (chosen.length >= request.limit || refusals >= REFUSALS_MAX || admissions.full) break
    if (request.accepts?.(toClaimed(job, { begun: false, nowMs })) === false) {
      refusals += 1
      continue
    }
    if (bytes + bytesOf(job) > request.bytesMax && chosen.length > 0) break
    // What has to pass gates is never held: it would keep them from others before it begins. Nor is what was drawn.
    const hasToBegin = job.limits !== null || isDrawn(data, job)
    if (hasToBegin && chosen.length >= request.begins) continue
    if (!admissions.admit(job)) continue
    bytes += bytesOf(job)
    chosen.push(job)
    jobs.took(job)
  }
  return chosen
}

function isOpen(data: MemoryData, job: JobRecord, nowMs: number): boolean {
  return !data.paused.has(job.queue) && isTimely(job, nowMs)
}

function serves({ names, queues, ability = UNABLE }: Served, job: JobRecord): boolean {
  const isServed = handlesName(names, job.name) && (queues?.includes(job.queue) ?? true)
  return isServed && lacking(requirementsIn(job.limits), ability).length === 0
}

/** The job as its worker gets it: in the attempt that begins now, or soon. What began in time does not expire any more. */
function toClaimed(job: JobRecord, { begun, nowMs }: { begun: boolean; nowMs: number }): ClaimedJob {
  const {
    state,
    worker,
    progress,
    output,
    outcome,
    reason,
    failureKind,
    rerunOf,
    startedAt,
    finishedAt,
    gate,
    ...fields
  } = job
  const expiresAt = begun ? null : job.expiresAt
  return { ...fields, attempt: job.attempt + 1, epoch: job.epoch + 1, claimedAt: nowMs, begun, expiresAt }
}

export function waitsAlone(data: MemoryData, request: Served): boolean {
  const nowMs = data.clock.now()
  return data.jobs.pending
    .ready()
    .some((job) => runsAlone(job) && isOpen(data, job, nowMs) && serves(request, job))
}

export function nextDueAt(data: MemoryData): number | null {
  const times = [data.jobs.pending.nextDueAt(), nextOpening(data)].filter((at) => at !== null)
  return times.length === 0 ? null : Math.min(...times)
}
