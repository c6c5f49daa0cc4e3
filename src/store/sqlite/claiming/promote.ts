import type { Connection } from '../connection.ts'
import { nextOpening } from '../gates.ts'
import { atMost } from '../parameters.ts'
import { putBack, WAITS } from '../pending.ts'

/** Jobs that become ready in one piece; the rest follow with the next claim. */
export const PROMOTE_MAX = 1_000

const DUE = `select seq from millhand_jobs where waits = ${WAITS.due} and due_at <= ? order by due_at ${atMost()}`

/** Makes ready what is due, a piece of it. */
export function promote(connection: Connection, nowMs: number): number[] {
  const due = connection.all<{ seq: number }>(DUE, nowMs, PROMOTE_MAX).map((job) => job.seq)
  putBack(connection, due, nowMs)
  return due
}

const NEXT_DUE = `select min(due_at) as dueAt from millhand_jobs where waits = ${WAITS.due}`

/**
 * When the first of the jobs that no claim has made ready will be, or was, due. In the past, too: what falls due between
 * a worker's claim and this look would otherwise be seen by neither, and wait for the worker's next poll.
 */
export function nextDueAt(connection: Connection): number | null {
  const times = [connection.get<{ dueAt: number | null }>(NEXT_DUE)?.dueAt, nextOpening(connection)]
  const known = times.filter((at) => at !== null && at !== undefined)
  return known.length === 0 ? null : Math.min(...known)
}
