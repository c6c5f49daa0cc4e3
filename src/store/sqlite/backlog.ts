import { BACKLOG_GATES_MAX, BACKLOG_NAMES_MAX, type Backlog, byName, type Counted } from '../backlog.ts'
import type { Connection } from './connection.ts'
import { atMost } from './parameters.ts'
import { PARKED, READY, READY_ALONE, READY_LIMITED, READY_TURN, WAITS } from './pending.ts'

/** The name of a lane has what its jobs require behind a blank. */
const MINE = `mine as materialized (
  select id, name from millhand_lanes where queue = ?1 order by name ${atMost('?3')})`

const countOf = (condition: string): string =>
  `(select count(*) from (select 1 from millhand_jobs where ${condition} and lane = mine.id ${atMost('?2')}))`

const READY_JOBS = `with ${MINE}
  select name, ${countOf(READY)} + ${countOf(READY_LIMITED)} + ${countOf(READY_TURN)} as ready,
    ${countOf(READY_ALONE)} as alone,
    ${countOf(PARKED)} as parked from mine`

/** What is due and was not made ready yet, and what is due later: each from its begin, by the index, of all queues. */
const scheduled = (counts: string, due: string): string => `select name, ${counts} from (
    select seq, due_at, queue from millhand_jobs where waits = ${WAITS.due} and due_at ${due} ?3 order by due_at ${atMost('?2')}
  ) as next join millhand_jobs using (seq) where next.queue = ?1 group by name`

const DUE = scheduled('count(*) as ready', '<=')

const DELAYED = scheduled('count(*) as delayed, min(next.due_at) as nextDueAt', '>')

const HELD = `select name, sum(state = 'pending') as held, sum(state = 'running') as running from millhand_jobs
  where worker is not null and queue = ? and state in ('pending', 'running') group by name`

const GATES = `with ${MINE} select gate, count(*) as waiting from (
    select gate from millhand_jobs where ${PARKED} and lane in (select id from mine) ${atMost('?2')}
  ) group by gate order by waiting desc, gate ${atMost('?4')}`

/** How the unfinished jobs of a queue stand, by the indexes of what they wait for. */
export function backlog(
  connection: Connection,
  { queue, countedMax }: { readonly queue: string; readonly countedMax: number },
  nowMs: number,
): Backlog {
  const parts = [
    ...connection.all<Counted>(READY_JOBS, queue, countedMax, BACKLOG_NAMES_MAX),
    ...connection.all<Counted>(DUE, queue, countedMax, nowMs),
    ...connection.all<Counted>(DELAYED, queue, countedMax, nowMs),
    ...connection.all<Counted>(HELD, queue),
  ]
  const gates = connection.all<Backlog['gates'][number]>(
    GATES,
    queue,
    countedMax,
    BACKLOG_NAMES_MAX,
    BACKLOG_GATES_MAX,
  )
  return { ...byName(parts, countedMax), gates }
}
