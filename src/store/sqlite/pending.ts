import { CARE, type Care } from '../../job/care.ts'
import type { Settlement } from '../../job/outcome.ts'
import type { Verb } from '../../job/state.ts'
import { HAS_GROUP, LANE_OF_JOB } from './claiming/lane-of-job.ts'
import type { Connection } from './connection.ts'
import { BEGUN_AT, EXPIRES_AT, FENCE } from './holding.ts'
import { place } from './order.ts'
import { asList } from './parameters.ts'

/**
 * What a pending job that nobody holds waits for, as `waits` says it: a worker, a worker that has nothing else, its due
 * time; a worker, and then gates that it has to pass; a gate that is closed; to be drawn among others. Each has a partial index of its own. In a statement they are written out as numbers: SQLite takes a partial
 * index only for a condition that it can read.
 */
export const WAITS = { ready: 1, readyAlone: 2, due: 3, limited: 4, parked: 5, turn: 6 } as const

/** Ready jobs, of the three ways to run, as their indexes have them. */
export const READY = `waits = ${WAITS.ready}`
export const READY_ALONE = `waits = ${WAITS.readyAlone}`

export const READY_LIMITED = `waits = ${WAITS.limited}`
/** Jobs of which each start draws one: by its priority, its group, or both. */
export const READY_TURN = `waits = ${WAITS.turn}`

/** In which of these ways a job is ready. */
export type ReadyKind = 'ready' | 'alone' | 'limited' | 'turn'
/** Jobs that wait at a gate. */
export const PARKED = `waits = ${WAITS.parked}`
/** In SQL: `isTimely`, by the time that is bound. */
export const timelyAt = (parameter = '?'): string => `(expires_at is null or expires_at > ${parameter})`

/** How a job goes back from the worker that has run or held it. What is `null`, or left out, stays as it is. */
type Return = Pick<Settlement, 'seq' | 'worker' | 'epoch' | 'attempt' | 'errors' | 'begunAfterMs'> & {
  readonly verb: Verb
  /** Of a retry or a snooze: when it is due. The others are due when they were. */
  readonly dueInMs?: number
  readonly crashes?: number
  readonly care?: Care
}

const GO_BACK = `update millhand_jobs set state = 'pending', worker = null, attempt = ?5, errors = coalesce(?6, errors),
  due_at = coalesce(?7, due_at), waits = iif(?7 > ?8, ${WAITS.due}, null), crashes = coalesce(?9, crashes),
  care = coalesce(?10, care), started_at = ${BEGUN_AT}, expires_at = coalesce(${EXPIRES_AT}, deadline_at) where ${FENCE}`

/**
 * Takes a job from its worker, whatever for, unless it is not that worker's any more; gives how many that were. One that
 * may run at once (`isReady`) has to be put into its lane then: see `putBack`.
 */
export function goBack(connection: Connection, job: Return, nowMs: number): number {
  const { seq, worker, epoch, begunAfterMs, attempt, errors, crashes = null, care = null } = job
  const dueAt = isDueAnew(job) ? nowMs + (job.dueInMs ?? 0) : null
  return connection.run(
    GO_BACK,
    seq,
    worker,
    epoch,
    begunAfterMs,
    attempt,
    errors,
    dueAt,
    nowMs,
    crashes,
    care,
  )
}

/** Whether a job that goes back may run again at once. */
export function isReady(job: Pick<Return, 'verb' | 'dueInMs'>): boolean {
  return !isDueAnew(job) || (job.dueInMs ?? 0) <= 0
}

function isDueAnew({ verb }: Pick<Return, 'verb'>): boolean {
  return verb === 'retry' || verb === 'snooze'
}

const NEW_LANES = `insert or ignore into millhand_lanes (queue, name)
  select distinct queue, ${LANE_OF_JOB} from millhand_jobs
  where seq in (select value from json_each(?1)) and due_at <= ?2`

const PUT_BACK = `update millhand_jobs set
  waits = case when due_at > ?2 then ${WAITS.due} when gate is not null then ${WAITS.parked}
    when care = ${CARE.alone} then ${WAITS.readyAlone} when limits is null then ${WAITS.ready}
    when ${HAS_GROUP} then ${WAITS.turn} else ${WAITS.limited} end, gate = iif(due_at > ?2, null, gate),
  lane = iif(due_at > ?2, null, (select id from millhand_lanes
    where millhand_lanes.queue = millhand_jobs.queue and millhand_lanes.name = ${LANE_OF_JOB}))
  where seq in (select value from json_each(?1))`

/** A claim that remembers lanes sees by this count that jobs have come back into them. */
const COUNT_RETURN = 'update millhand_returns set count = count + 1'

export function countReturn(connection: Connection): void {
  connection.run(COUNT_RETURN)
}

/**
 * Lets pending jobs that nobody holds wait: for a worker, or for their due time. One that waits at a gate stays there, unless
 * it is due later by now.
 */
export function putBack(connection: Connection, seqs: readonly number[], nowMs: number): void {
  if (seqs.length === 0) return
  const list = asList(seqs)
  connection.run(NEW_LANES, list, nowMs)
  connection.run(PUT_BACK, list, nowMs)
  place(connection, seqs)
  countReturn(connection)
}
