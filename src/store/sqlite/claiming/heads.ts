import { nameMatcher } from '../../../job/handled-names.ts'
import { readLaneName } from '../../../job/lane-name.ts'
import { requirementMatcher } from '../../../job/requirements.ts'
import type { Place, Served } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { Lane } from '../lanes.ts'
import { asList } from '../parameters.ts'
import { READY, READY_ALONE, READY_LIMITED, READY_TURN, type ReadyKind } from '../pending.ts'

/** A lane in which something is ready, and a place that no job in it comes before: that of the first, or an earlier one. */
export interface LaneHead extends Lane, Place {}

/** With the name of a lane. */
type Row = [lane: number, queue: string, name: string, priority: number, dueAt: number, seq: number]

/** Made in one place, so that all are of one kind to V8: they are compared a hundred times a claim of each. */
export function laneHead([lane, queue, named, priority, dueAt, seq]: Readonly<Row>): LaneHead {
  const { name, requirements } = readLaneName(named)
  return { lane, queue, name, requirements, priority, dueAt, seq }
}

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
  select named.id, named.queue, named.name, head.priority, head.due_at, head.seq
  from lanes join millhand_lanes as named on named.id = lanes.lane
  join millhand_jobs as head on head.seq = (select seq from millhand_jobs where ${ready} and lane = lanes.lane
    order by priority desc, due_at, seq limit 1)`

const LANES = {
  ready: lanesOf(READY),
  alone: lanesOf(READY_ALONE),
  limited: lanesOf(READY_LIMITED),
  turn: lanesOf(READY_TURN),
}
const HEADS = {
  ready: headsOf(READY),
  alone: headsOf(READY_ALONE),
  limited: headsOf(READY_LIMITED),
  turn: headsOf(READY_TURN),
}

/** Whether something is ready in a lane that is served. */
export function isAnyServed(
  connection: Connection,
  isServed: (lane: Omit<Lane, 'lane'>) => boolean,
  kind: ReadyKind,
): boolean {
  for (const [, queue, name] of connection.lists(LANES[kind])) {
    if (isServed({ queue: queue as string, ...readLaneName(name as string) })) return true
  }
  return false
}

/** The lanes that have something. */
export function lanesIn(connection: Connection, kind: ReadyKind): Lane[] {
  const rows = connection.allLists(LANES[kind]) as [lane: number, queue: string, named: string][]
  return rows.map(([lane, queue, named]) => ({ lane, queue, ...readLaneName(named) }))
}

/** The lanes that have something, each with its first job. */
export function headsIn(connection: Connection, kind: ReadyKind): LaneHead[] {
  return (connection.allLists(HEADS[kind]) as Row[]).map(laneHead)
}

/** The sign keeps SQLite from the index of ready jobs: what is new is at the end of the table. */
const READY_SINCE = `select lane, queue, name, priority, due_at, seq from millhand_jobs
  where seq > ? and +${READY}`

const READY_AMONG = `select lane, queue, name, priority, due_at, seq from millhand_jobs
  where seq in (select value from json_each(?)) and ${READY}`

/** The ready jobs that came after one, each as the head that it may be. */
export function headsSince(connection: Connection, seq: number): LaneHead[] {
  return (connection.allLists(READY_SINCE, seq) as Row[]).map(laneHead)
}

/** Those of these jobs that are ready, likewise. */
export function headsAmong(connection: Connection, seqs: readonly number[]): LaneHead[] {
  return (connection.allLists(READY_AMONG, asList(seqs)) as Row[]).map(laneHead)
}

const PAUSED = 'select queue from millhand_queues where paused_at is not null'

/** Queues that a claim leaves out. */
export function pausedQueues(connection: Connection): string[] {
  return connection.all<{ queue: string }>(PAUSED).map((row) => row.queue)
}

/** Whether a worker that serves this may be given jobs of a lane. */
export function servedBy(
  { queues, names, ability }: Served,
  pausedQueues: readonly string[],
): (lane: Omit<Lane, 'lane'>) => boolean {
  const paused = new Set(pausedQueues)
  const served = queues && new Set(queues)
  const handles = nameMatcher(names)
  const meets = requirementMatcher(ability)
  return ({ queue, name, requirements }) =>
    (served?.has(queue) ?? true) && handles(name) && meets(requirements) && !paused.has(queue)
}
