import { progressOf, readSchedule, type ScheduleRecord, stepOf, withJobs } from '../job/schedule.ts'
import { decideOverlap, dueTicks, type Overlap } from '../job/schedule-plan.ts'
import { dueOf, jobOfTick } from '../job/schedule-tick.ts'
import { isFinal } from '../job/state.ts'
import { readTexts } from '../job/stored.ts'
import type { Emitter } from '../kit/emitter.ts'
import { asError } from '../kit/error.ts'
import { isTransient } from '../store/errors.ts'
import type { Store } from '../store/store.ts'
import type { MillhandEvents } from '../telemetry/events.ts'

interface TickParts {
  readonly store: Store
  readonly events: Emitter<MillhandEvents>
  readonly pendingMax: number
}

/** A tick that was refused, as where the queue is full, is tried again after this; the store remembers why. */
const RETRY_MS = 10_000

/**
 * Sees to a schedule whose tick has come: cancels what it replaces, and enqueues its jobs as it moves on. It is done once,
 * whoever does it: to others the schedule is another by then. What cannot be done is told, and holds up no other schedule.
 */
export async function tick(parts: TickParts, record: ScheduleRecord, nowMs: number): Promise<void> {
  try {
    await enqueueTicks(parts, record, nowMs)
  } catch (thrown) {
    if (isTransient(thrown)) throw thrown
    const error = asError(thrown)
    const next = { ...progressOf(record), dueAt: nowMs + RETRY_MS, problem: error.message }
    const held = await parts.store.schedules.advance(stepOf(record, next), [], parts.pendingMax)
    if (held) parts.events.emit('tick_refused', { schedule: record.name, error })
  }
}

async function enqueueTicks(parts: TickParts, record: ScheduleRecord, nowMs: number): Promise<void> {
  const { store, events, pendingMax } = parts
  const { name, tickAt } = record
  if (tickAt === null) return
  const { rule, plan } = readSchedule(record)
  const { ticks, lastTickMs, nextTickMs, missed } = dueTicks({ name, rule, plan, tickMs: tickAt }, nowMs)
  const unfinished = await unfinishedOf(store, record, plan.overlap)
  const { runs, cancels } = decideOverlap(plan.overlap, unfinished)
  if (ticks.length > 0) await cancelThose(parts, name, cancels)
  const jobs = runs ? ticks.map((each) => jobOfTick(name, plan.job, each)) : []
  const ids = jobs.map(({ id }) => id)
  const left = jobs.length > 0 && plan.overlap === 'cancelPrevious' ? [] : unfinished
  const next = {
    tickAt: nextTickMs,
    dueAt: nextTickMs === null ? null : dueOf(name, rule, nextTickMs),
    pausedAt: null,
    lastTickAt: lastTickMs,
    jobs: withJobs(left, ids),
    problem: null,
  }
  if (!(await store.schedules.advance(stepOf(record, next), jobs, pendingMax))) return
  if (jobs.length > 0) {
    events.emit('enqueue', { jobs: jobs.map((job) => ({ id: job.id, name: job.name, queue: job.queue })) })
  }
  events.emit('tick', {
    schedule: name,
    at: new Date(lastTickMs),
    ids,
    missed,
    overlaps: ticks.length > 0 && !runs,
  })
}

/** Those of its jobs that have not ended. Where nothing follows from that, nobody asks. */
async function unfinishedOf(
  store: Store,
  { jobs }: ScheduleRecord,
  overlap: Overlap,
): Promise<readonly string[]> {
  const ids = readTexts(jobs)
  if (overlap === 'queue' || ids.length === 0) return ids
  const records = await store.catalog.get(ids)
  return records.filter(({ state }) => !isFinal(state)).map(({ id }) => id)
}

/** Before the new one is there: what is cancelled twice is cancelled once, and never the job of a later tick. */
async function cancelThose(
  { store, events }: TickParts,
  name: string,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return
  const reason = `the next tick of schedule '${name}' has come`
  const cancelled = await store.catalog.cancel(ids, reason)
  if (cancelled.length > 0) events.emit('cancel', { ids: cancelled, reason })
}
