import { BACKLOG_GATES_MAX, BACKLOG_NAMES_MAX, type Backlog, byName, type Counted } from '../backlog.ts'
import { REQUIRING_ALONE, REQUIRING_CLASS, TURN } from './claiming/lane-of-job.ts'
import { ASKED_DUE_AT } from './order.ts'
import { LANELESS } from './pending.ts'
import type { Session } from './session.ts'
import { CLOCK, statement } from './sql.ts'

/** The name of a lane has what its jobs require behind a blank. */
const MINE = `mine as materialized (
  select id, name from millhand.lanes where queue = $queue order by name limit $names)`

const countOf = (condition: string): string =>
  `(select count(*) from (select from millhand.pending where ${condition} and lane = mine.id limit $counted) c)`

/** These have an index of their own, and stand in that of the others as well. */
const GATED_ALONE = countOf('waits = 1 and class = 3 and care = 2')

/** From its begin, by the index, of all queues. */
const scheduled = (due: string): string =>
  `select due_at, lane from millhand.pending where waits = 2 and due_at ${due} (select now from clock)
      order by due_at limit $counted`

/** The same of those that wait for their lane: they are ready, or delayed, as soon as they have it. */
const IN_NO_LANE = `select name, count(*) filter (where due_at <= now)::integer, 0, 0,
    count(*) filter (where due_at > now)::integer, min(due_at) filter (where due_at > now)
  from (select j.name, ${ASKED_DUE_AT} as due_at from ${LANELESS} where j.queue = $queue limit $counted) l
  cross join clock group by name`

const NAMES = statement(
  { queue: 'text', counted: 'integer', names: 'integer' },
  `with ${CLOCK}, ${MINE}, due as materialized (
    ${scheduled('<=')}
  ), delayed as materialized (
    ${scheduled('>')}
  )
  select name, (${countOf('waits = 1 and class = 1')} + ${countOf('waits = 1 and class = 3')} - ${GATED_ALONE}
      + ${countOf(`waits = 1 and class = ${TURN}`)} + ${countOf(`waits = 1 and class = ${REQUIRING_CLASS}`)}
      + (select count(*) from due where lane = mine.id))::integer as ready,
    (${countOf('waits = 1 and class = 2')} + ${countOf(`waits = 1 and class = ${REQUIRING_ALONE}`)} + ${GATED_ALONE})::integer as alone,
    ${countOf('waits = 3')}::integer as parked,
    (select count(*) from delayed where lane = mine.id)::integer as delayed,
    (select min(due_at) from delayed where lane = mine.id) as "nextDueAt" from mine
  union all ${IN_NO_LANE}`,
)

/** What runs, or is held, is no more than workers have places for. */
const HELD = `select j.name, count(*) filter (where not c.begun)::integer as held,
    count(*) filter (where c.begun)::integer as running
  from millhand.claims c cross join lateral unnest(c.seqs) u(seq) join millhand.jobs j on j.seq = u.seq
  where j.queue = $1 group by j.name`

const GATES = `select gate, count(*)::integer as waiting from (
    select gate from millhand.pending where waits = 3 and lane = any (array(
      select id from millhand.lanes where queue = $1 order by name limit $3::integer)) limit $2::integer
  ) parked group by gate order by count(*) desc, gate limit $4::integer`

/** How the unfinished jobs of a queue stand, by the indexes of what they wait for. */
export async function backlog(session: Session, queue: string, countedMax: number): Promise<Backlog> {
  const asked = { queue, counted: countedMax, names: BACKLOG_NAMES_MAX }
  const waiting = await session.at<Counted>(NAMES.text, ...NAMES.values(asked))
  const held = await session.rows<Counted>(HELD, queue)
  const first = [queue, countedMax, BACKLOG_NAMES_MAX, BACKLOG_GATES_MAX]
  const gates = await session.rows<Backlog['gates'][number]>(GATES, ...first)
  return { ...byName([...waiting, ...held], countedMax), gates }
}
