import { CARE } from '../../job/care.ts'
import { deadlineAt, expiresAt } from '../../job/deadline.ts'
import type { JobRecord } from '../../job/job.ts'
import { type Conflict, type Holder, mayReplace, meet, replacingCall, ruleOf } from '../../job/key.ts'
import { requireNoConflict } from '../../job/key-conflict.ts'
import type { NewJob } from '../../job/new-job.ts'
import { orderRule, standingOf } from '../../job/order.ts'
import { gatesWithin } from '../../job/queue-gates.ts'
import { heldTo } from '../../job/queue-settings.ts'
import type { Inserted } from '../jobs.ts'
import { Placement } from '../placement.ts'
import { announce } from './change.ts'
import type { MemoryData } from './data/data.ts'
import { nameAndKey } from './data/job-table.ts'
import { gateReader, noteOpenings } from './gates.ts'
import { holderOf, keep } from './keys.ts'
import { dropOldest, flowsOf, requireRoom, type Written } from './size.ts'

export function insert(data: MemoryData, given: readonly NewJob[], pendingMax: number): Inserted[] {
  const jobs = given.map((job) => withGates(job, gatesIn(data, job)))
  const plan = planOf(data, jobs)
  requireNoConflict(plan.conflicts)
  const flows = flowsOf(data, plan.writes)
  requireRoom(data, flows, pendingMax)
  const placement = new Placement(gateReader(data), data.clock.now())
  for (const write of plan.writes) carryOut(data, write, placement)
  noteOpenings(data, placement.openings)
  dropOldest(data, flows)
  return plan.inserted
}

function withGates(job: NewJob, limits: string | null): NewJob {
  return limits === job.limits ? job : { ...job, limits }
}

/** The gates of a job in the queue in which it is, with those that its queue gives it. */
export function gatesIn(
  data: MemoryData,
  { queue, limits }: Pick<NewJob, 'queue' | 'limits'>,
): string | null {
  return gatesWithin(
    limits,
    heldTo(queue, (name) => data.settings.get(name)),
  )
}

/** One job that is to be stored: as itself, or as what `replaces` waits as from then on. */
interface Write extends Written {
  /** The job that has begun and gives its key up. */
  readonly succeeds?: string
}

/** What each job gets for an answer, and what is to be written: keys may also meet within one call. */
interface Plan {
  readonly inserted: Inserted[]
  readonly writes: Write[]
  readonly conflicts: Conflict[]
  /** Who holds the keys that this call takes. */
  readonly arriving: Map<string, Holder>
}

function planOf(data: MemoryData, jobs: readonly NewJob[]): Plan {
  const plan: Plan = { inserted: [], writes: [], conflicts: [], arriving: new Map() }
  for (const [index, job] of jobs.entries()) plan.inserted.push(answerTo(data, plan, { job, index }))
  return plan
}

function answerTo(data: MemoryData, plan: Plan, { job, index }: { job: NewJob; index: number }): Inserted {
  const { id, name, key } = job
  // Stored by this very call, which is made again since its answer was lost.
  if (data.jobs.get(id)) return { id, existed: false }
  if (key === null) return write(plan, { job })
  const replacedBefore = mayReplace(job) ? data.calls.get(replacingCall(id))?.ids[0] : undefined
  if (replacedBefore !== undefined) return { id: replacedBefore, existed: true, replaced: true }
  const holder = plan.arriving.get(nameAndKey(job)) ?? holderOf(data, job)
  if (!holder) return write(plan, { job })
  switch (meet(ruleOf(job).onConflict, holder.standing)) {
    case 'succeed':
      return write(plan, { job, succeeds: holder.id })
    case 'replace':
      return write(plan, { job, replaces: holder.id })
    case 'refuse':
      plan.conflicts.push({ name, key, index, id: holder.id, state: holder.standing })
  }
  return { id: holder.id, existed: true }
}

function write(plan: Plan, given: Write): Inserted {
  const { job, replaces } = given
  const id = replaces ?? job.id
  plan.writes.push(given)
  if (job.key !== null) plan.arriving.set(nameAndKey(job), { id, standing: 'pending' })
  return replaces === undefined ? { id, existed: false } : { id, existed: true, replaced: true }
}

function carryOut(data: MemoryData, { job, replaces, succeeds }: Write, placement: Placement): void {
  if (succeeds !== undefined) giveUpKey(data, succeeds)
  const old = replaces === undefined ? undefined : data.jobs.get(replaces)
  const gate = gateOf(data, job, placement)
  keep(data, job, replaces ?? job.id)
  if (!old) {
    store(data, job, gate)
    return
  }
  const { id, seq, epoch, createdAt } = old
  data.calls.set(replacingCall(job.id), { at: data.clock.now(), ids: [id] })
  put(data, job, { id, seq, epoch, createdAt, gate })
}

/** What cannot pass its gates waits there from the beginning. */
function gateOf(data: MemoryData, job: NewJob, placement: Placement): string | null {
  const nowMs = data.clock.now()
  const dueAt = job.runAtMs ?? nowMs + job.delayMs
  if (job.limits === null || dueAt > nowMs) return null
  const { rank } = standingOf({ ...job, dueAt }, orderRule(data.settings.get(job.queue) ?? {}))
  return placement.gateOf({ ...job, priority: rank })
}

/** What has begun goes on, without its key. */
function giveUpKey(data: MemoryData, id: string): void {
  const job = data.jobs.get(id)
  if (job) data.jobs.put({ ...job, key: null })
}

function store(data: MemoryData, job: NewJob, gate: string | null): void {
  data.lastSeq += 1
  put(data, job, { id: job.id, seq: data.lastSeq, epoch: 0, createdAt: data.clock.now(), gate })
}

type Identity = Pick<JobRecord, 'id' | 'seq' | 'epoch' | 'createdAt' | 'gate'>

/** The job as it is enqueued, with nothing left of what one that it replaces has been. */
function put(data: MemoryData, job: NewJob, identity: Identity): void {
  const nowMs = data.clock.now()
  const { name, queue, priority, key, tags, context, input, retries, timeoutMs, limits } = job
  const record: JobRecord = {
    ...identity,
    ...{ name, queue, priority, key, tags, context, input, retries, timeoutMs, limits },
    ...UNTOUCHED,
    rerunOf: job.rerunOf ?? null,
    state: 'pending',
    dueAt: job.runAtMs ?? nowMs + job.delayMs,
    expiresAt: expiresAt(job, nowMs),
    deadlineAt: deadlineAt(job, nowMs),
  }
  data.jobs.put(record)
  announce(data, record, 'enqueue')
}

/** What a job is that nothing has happened to. */
const UNTOUCHED = {
  attempt: 0,
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
  rank: null,
  place: null,
} as const
