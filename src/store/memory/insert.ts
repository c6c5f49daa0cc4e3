import { CARE } from '../../job/care.ts'
import { jobError } from '../../job/errors.ts'
import type { JobRecord } from '../../job/job.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { Inserted } from '../jobs.ts'
import { announce } from './change.ts'
import type { MemoryData } from './data/data.ts'

export function insert(data: MemoryData, jobs: readonly NewJob[], pendingMax: number): Inserted[] {
  const { inserted, fresh } = deduplicate(data, jobs)
  requireRoom(data, fresh, pendingMax)
  for (const job of fresh) store(data, job)
  return inserted
}

/** What each job gets for an answer, and those that are to be stored: keys may also meet within one call. */
function deduplicate(data: MemoryData, jobs: readonly NewJob[]): { inserted: Inserted[]; fresh: NewJob[] } {
  const arriving = new Map<string, string>()
  const fresh: NewJob[] = []
  const inserted = jobs.map((job) => {
    // Stored by this very call, which is made again since its answer was lost.
    if (data.jobs.get(job.id)) return { id: job.id, existed: false }
    const nameAndKey = JSON.stringify([job.name, job.key])
    const holder = data.jobs.holderOf(job) ?? arriving.get(nameAndKey)
    if (holder !== undefined) return { id: holder, existed: true }
    if (job.key !== null) arriving.set(nameAndKey, job.id)
    fresh.push(job)
    return { id: job.id, existed: false }
  })
  return { inserted, fresh }
}

function requireRoom(data: MemoryData, fresh: readonly NewJob[], pendingMax: number): void {
  const counts = new Map<string, number>()
  for (const { queue } of fresh) {
    const count = (counts.get(queue) ?? data.jobs.pending.count(queue)) + 1
    if (count > pendingMax) throw jobError('queue_full', { queue, limit: pendingMax })
    counts.set(queue, count)
  }
}

function store(data: MemoryData, job: NewJob): void {
  const nowMs = data.clock.now()
  const { id, name, queue, priority, key, tags, context, input, retries, timeoutMs } = job
  data.lastSeq += 1
  const record: JobRecord = {
    ...{ id, name, queue, priority, key, tags, context, input, retries, timeoutMs },
    ...UNTOUCHED,
    seq: data.lastSeq,
    state: 'pending',
    dueAt: job.runAtMs ?? nowMs + job.delayMs,
    expiresAt: job.expiresInMs === null ? null : nowMs + job.expiresInMs,
    createdAt: nowMs,
  }
  data.jobs.put(record)
  announce(data, record, 'enqueue')
}

/** What a job is that nothing has happened to. */
const UNTOUCHED = {
  attempt: 0,
  epoch: 0,
  crashes: 0,
  care: CARE.none,
  worker: null,
  progress: null,
  checkpoint: null,
  output: null,
  outcome: null,
  reason: null,
  failureKind: null,
  errors: null,
  startedAt: null,
  finishedAt: null,
} as const
