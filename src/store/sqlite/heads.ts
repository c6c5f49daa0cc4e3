import type { ClaimRequest, Place } from '../jobs.ts'
import type { Connection } from './connection.ts'
import type { Lane } from './lanes.ts'
import { READY, READY_ALONE } from './rows.ts'

/** A lane in which something is ready, and the place of the first job in it. */
export interface LaneHead extends Lane, Place {}

/** What a worker serves. */
type Served = Pick<ClaimRequest, 'names' | 'queues'>

/** The lanes that have something, found by skipping from one to the next: what is empty is not even looked at. */
const lanesWith = (ready: string) => `with recursive lanes (lane) as (
    select * from (select lane from millhand_jobs where ${ready} order by lane limit 1)
    union all
    select (select lane from millhand_jobs where ${ready} and lane > lanes.lane order by lane limit 1)
      from lanes where lanes.lane is not null
  )`

const lanesOf = (ready: string) => `${lanesWith(ready)}
  select named.id, named.queue, named.name from lanes join millhand_lanes as named on named.id = lanes.lane`

const headsOf = (ready: string) => `${lanesWith(ready)}
  select named.id as lane, named.queue, named.name, head.priority, head.due_at as dueAt, head.seq
  from lanes join millhand_lanes as named on named.id = lanes.lane
  join millhand_jobs as head on head.seq = (select seq from millhand_jobs where ${ready} and lane = lanes.lane
    order by priority desc, due_at, seq limit 1)`

const LANES = lanesOf(READY)
const LANES_ALONE = lanesOf(READY_ALONE)
const HEADS = headsOf(READY)
const HEADS_ALONE = headsOf(READY_ALONE)

const PAUSED = 'select queue from millhand_queues where paused_at is not null'

/** Whether something is ready that the request is for. */
export function isAnyServed(connection: Connection, request: Served, alone: boolean): boolean {
  const isServed = servedBy(connection, request)
  for (const [, queue, name] of connection.lists(alone ? LANES_ALONE : LANES)) {
    if (isServed(queue as string, name as string)) return true
  }
  return false
}

/** The lanes that have something, that the worker serves and that nobody paused. */
export function servedHeads(connection: Connection, request: Served, alone: boolean): LaneHead[] {
  const isServed = servedBy(connection, request)
  return connection
    .all<LaneHead>(alone ? HEADS_ALONE : HEADS)
    .filter(({ queue, name }) => isServed(queue, name))
}

function servedBy(
  connection: Connection,
  { queues, names }: Served,
): (queue: string, name: string) => boolean {
  const paused = new Set(connection.all<{ queue: string }>(PAUSED).map((row) => row.queue))
  const served = queues && new Set(queues)
  const handled = names && new Set(names)
  return (queue, name) => (served?.has(queue) ?? true) && (handled?.has(name) ?? true) && !paused.has(queue)
}
