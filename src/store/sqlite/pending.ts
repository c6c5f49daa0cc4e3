import { CARE } from '../../job/care.ts'
import type { Connection } from './connection.ts'
import { asList } from './parameters.ts'

/**
 * What a pending job that nobody holds waits for, as `waits` says it: a worker, a worker that has nothing else, its due
 * time. Each has a partial index of its own. In a statement they are written out as numbers: SQLite takes a partial
 * index only for a condition that it can read.
 */
export const WAITS = { ready: 1, readyAlone: 2, due: 3 } as const

/** Ready jobs, of the two ways to run, as their indexes have them. */
export const READY = `waits = ${WAITS.ready}`
export const READY_ALONE = `waits = ${WAITS.readyAlone}`

const NEW_LANES = `insert or ignore into millhand_lanes (queue, name)
  select distinct queue, name from millhand_jobs
  where seq in (select value from json_each(?1)) and due_at <= ?2`

const PUT_BACK = `update millhand_jobs set
  waits = case when due_at > ?2 then ${WAITS.due} when care = ${CARE.alone} then ${WAITS.readyAlone} else ${WAITS.ready} end,
  lane = iif(due_at > ?2, null, (select id from millhand_lanes
    where millhand_lanes.queue = millhand_jobs.queue and millhand_lanes.name = millhand_jobs.name))
  where seq in (select value from json_each(?1))`

/** A claim that remembers lanes sees by this count that jobs have come back into them. */
const COUNT_RETURN = 'update millhand_returns set count = count + 1'

export function countReturn(connection: Connection): void {
  connection.run(COUNT_RETURN)
}

/** Lets pending jobs that nobody holds any more wait: for a worker, or for their due time. */
export function putBack(connection: Connection, seqs: readonly number[], nowMs: number): void {
  if (seqs.length === 0) return
  const list = asList(seqs)
  connection.run(NEW_LANES, list, nowMs)
  connection.run(PUT_BACK, list, nowMs)
  countReturn(connection)
}
