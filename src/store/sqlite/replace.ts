import { deadlineAt, expiresAt } from '../../job/deadline.ts'
import { groupIn } from '../../job/job-gates.ts'
import { replacingCall } from '../../job/key.ts'
import type { NewJob } from '../../job/new-job.ts'
import type { Asked } from '../../job/order.ts'
import type { Placement } from '../placement.ts'
import { answered, keepAnswer } from './calls.ts'
import type { Connection } from './connection.ts'
import { keep } from './keys.ts'
import type { LaneNumbers } from './lanes.ts'
import { countReturn, WAITS } from './pending.ts'

/** With nothing left of what it has been but its number, its epoch, and when it was stored. */
const REPLACE = `update millhand_jobs set queue = ?2, waits = ?3, lane = ?4, priority = ?5, due_at = ?6, tags = ?7,
  context = ?8, retries = ?9, timeout_ms = ?10, expires_at = ?11, deadline_at = ?12, input = ?13, limits = ?14,
  gate = ?15, attempt = 0, crashes = 0, care = 0, started_at = null, rerun_of = null, progress = null, checkpoint = null, errors = null,
  asked_priority = null, asked_due_at = null
  where id = ?1`

const BEFORE = 'select seq, queue from millhand_jobs where id = ?'

/** What says where new jobs wait. */
export interface Placing {
  readonly nowMs: number
  readonly lanes: LaneNumbers
  readonly placement: Placement
  /** Of a job that has to pass gates: by what it stands in its order. */
  readonly rankOf: (job: Asked & Pick<NewJob, 'queue'>) => number
}

/** When a job is due, and what it waits for until then. */
export function dueOf(job: NewJob, { nowMs, lanes, placement, rankOf }: Placing) {
  const dueAt = job.runAtMs ?? nowMs + job.delayMs
  if (dueAt > nowMs) return { dueAt, waits: WAITS.due, lane: null, gate: null }
  const gate = job.limits === null ? null : placement.gateOf({ ...job, priority: rankOf({ ...job, dueAt }) })
  return { dueAt, waits: waitsOf(job, gate), lane: lanes.of(job), gate }
}

function waitsOf({ limits }: NewJob, gate: string | null): number {
  if (gate !== null) return WAITS.parked
  if (limits === null) return WAITS.ready
  return groupIn(limits) === '' ? WAITS.limited : WAITS.turn
}

/** Makes a job that waits what this one is; gives its number, and the queue in which it was. */
export function replace(
  connection: Connection,
  { job, id }: { readonly job: NewJob; readonly id: string },
  placing: Placing,
): { readonly seq: number; readonly queue: string } {
  const before = connection.get<{ seq: number; queue: string }>(BEFORE, id)
  const { nowMs } = placing
  const { dueAt, waits, lane, gate } = dueOf(job, placing)
  const { queue, priority, tags, context, retries, timeoutMs, input, limits } = job
  const place = [queue, waits, lane, priority, dueAt] as const
  const times = [timeoutMs, expiresAt(job, nowMs), deadlineAt(job, nowMs)] as const
  connection.run(REPLACE, id, ...place, tags, context, retries, ...times, input, limits, gate)
  // It may go before others now: who remembers lanes has to look again.
  countReturn(connection)
  keep(connection, job, { id, nowMs })
  keepAnswer(connection, { call: replacingCall(job.id), nowMs }, [id])
  return before ?? { seq: 0, queue }
}

/** The job that this very call replaced before, whose answer was lost. */
export function replacedBefore(connection: Connection, { id }: NewJob): string | undefined {
  return answered(connection, replacingCall(id))?.[0]
}

const GIVE_UP_KEY = 'update millhand_jobs set key = null where id = ?'

/** What has begun goes on, without its key. */
export function giveUpKey(connection: Connection, id: string): void {
  connection.run(GIVE_UP_KEY, id)
}
