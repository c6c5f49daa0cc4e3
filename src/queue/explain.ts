import { jobError } from '../job/errors.ts'
import { type Job, toJob } from '../job/job.ts'
import { formatDuration } from '../kit/duration.ts'
import type { Store } from '../store/store.ts'
import type { WorkerRecord } from '../store/workers.ts'

/** Why a job is where it is. `text` says it to people, the rest to programs. */
export interface Explanation {
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly state: Job['state']
  readonly reasons: readonly Reason[]
  /** All the reasons in one line. */
  readonly text: string
}

export interface Reason {
  readonly code:
    | 'due_later'
    | 'queue_paused'
    | 'no_worker'
    | 'waiting_for_slot'
    | 'crashed_before'
    | 'running'
    | 'worker_silent'
    | 'last_error'
    | 'settled'
  readonly text: string
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
}

/** Why a job is where it is. @throws MillhandError `job_not_found` */
export async function explainJob(store: Store, id: string): Promise<Explanation> {
  const [record] = await store.catalog.get([id])
  if (!record) throw jobError('job_not_found', { id })
  const job = toJob(record)
  const situation = {
    job,
    nowMs: await store.now(),
    paused: (await store.queues.paused()).some((each) => each.queue === job.queue),
    workers: await store.workers.list(),
  }
  const reasons = [...whyHere(situation), ...lastError(job)]
  const text = reasons.map((reason) => reason.text).join('; ')
  return { id, name: job.name, queue: job.queue, state: job.state, reasons, text }
}

interface Situation {
  readonly job: Job
  readonly nowMs: number
  readonly paused: boolean
  readonly workers: readonly WorkerRecord[]
}

function whyHere(situation: Situation): Reason[] {
  switch (situation.job.state) {
    case 'waiting':
    case 'pending':
      return whyPending(situation)
    case 'running':
      return whyRunning(situation)
    default:
      return [whySettled(situation.job)]
  }
}

function whyPending({ job, nowMs, paused, workers }: Situation): Reason[] {
  const reasons: Reason[] = []
  const dueInMs = job.dueAt.getTime() - nowMs
  if (dueInMs > 0) {
    const text = `due in ${formatDuration(dueInMs)}, at ${job.dueAt.toISOString()}`
    reasons.push({ code: 'due_later', text, facts: { dueInMs } })
  }
  if (paused) {
    const text = `queue '${job.queue}' is paused (millhand resume ${job.queue})`
    reasons.push({ code: 'queue_paused', text, facts: { queue: job.queue } })
  }
  const fit = workers.filter((worker) => worker.leaseUntil > nowMs && serves(worker, job))
  if (fit.length === 0) {
    const text = `no live worker handles '${job.name}' in queue '${job.queue}'`
    reasons.push({
      code: 'no_worker',
      text,
      facts: { name: job.name, queue: job.queue, workers: workers.length },
    })
  }
  if (job.crashes > 0) {
    const text = `${job.crashes} worker(s) crashed while it ran, so it runs apart from others that did`
    reasons.push({ code: 'crashed_before', text, facts: { crashes: job.crashes } })
  }
  return reasons.length > 0 ? reasons : [waitingForSlot(fit)]
}

function waitingForSlot(fit: readonly WorkerRecord[]): Reason {
  const slots = fit.reduce((sum, worker) => sum + worker.concurrency, 0)
  const busy = fit.reduce((sum, worker) => sum + worker.running, 0)
  const text = `waiting for a slot: ${fit.length} worker(s) that handle it have ${slots} slots and hold ${busy} jobs`
  return { code: 'waiting_for_slot', text, facts: { workers: fit.length, slots, busy } }
}

function serves(worker: WorkerRecord, job: Job): boolean {
  return (worker.names?.includes(job.name) ?? true) && (worker.queues?.includes(job.queue) ?? true)
}

function whyRunning({ job, nowMs, workers }: Situation): Reason[] {
  if (job.state !== 'running') return []
  const worker = workers.find((each) => each.id === job.worker)
  const runningMs = nowMs - job.startedAt.getTime()
  const where = worker ? `${worker.name} (${worker.host}, process ${worker.pid})` : job.worker
  const text = `running on worker ${where} since ${job.startedAt.toISOString()}, ${formatDuration(runningMs)} ago, attempt ${job.attempt}`
  const running: Reason = {
    code: 'running',
    text,
    facts: { worker: job.worker, runningMs, attempt: job.attempt },
  }
  if (worker && worker.leaseUntil > nowMs) return [running]
  const silent =
    'its worker has not been heard of within its lease: the job runs again as soon as it is rescued'
  return [running, { code: 'worker_silent', text: silent, facts: { worker: job.worker } }]
}

function whySettled(job: Job): Reason {
  switch (job.state) {
    case 'complete': {
      const text =
        job.outcome === 'skipped'
          ? `skipped: ${job.reason}`
          : `complete since ${job.finishedAt.toISOString()}`
      return { code: 'settled', text, facts: { outcome: job.outcome } }
    }
    case 'failed': {
      const { kind, message } = job.failure
      const text = `failed as '${kind}' after ${job.attempt} attempt(s): ${message}`
      return { code: 'settled', text, facts: { kind, attempts: job.attempt } }
    }
    case 'cancelled':
      return { code: 'settled', text: `cancelled: ${job.reason}`, facts: { reason: job.reason } }
    default:
      return { code: 'settled', text: job.state, facts: {} }
  }
}

function lastError(job: Job): Reason[] {
  const failure = job.errors.at(-1)
  if (!failure || job.state === 'failed') return []
  const { kind, message, attempt } = failure
  const text = `last error, in attempt ${attempt} at ${failure.at.toISOString()}: ${message}`
  return [{ code: 'last_error', text, facts: { kind, message, attempt } }]
}
