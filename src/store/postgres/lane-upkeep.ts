import { CLASSES, laneOfJob } from './claiming/lane-of-job.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** An empty lane that nobody has said to be in use for so long is pruned: far longer than its number is known anywhere. */
const UNUSED_MS = 3_600_000
/** Lanes that one statement prunes, and jobs that one moves to another lane. */
const LANES_MAX = 1_000
const JOBS_MAX = 1_000

/** What is ready, in each of its classes: each has a part of the index. */
const READY = CLASSES.map((each) => `waits = 1 and class = ${each}`)

/** In none of the places where jobs wait. A row that somebody renews at this very moment is left to him. */
const PRUNE = `with idle as materialized (
    select id from millhand.lanes l where used_at <= ${NOW} - $2::bigint
    ${[...READY, 'waits = 3'].map((waiting) => `and not exists (select from millhand.pending where ${waiting} and lane = l.id)`).join('\n    ')}
    order by id limit $3
  ), scheduled as materialized (
    select distinct lane from millhand.pending where waits = 2 and exists (select from idle)
  )
  delete from millhand.lanes where id = any (array(
    select l.id from millhand.lanes l join idle using (id)
    where l.id not in (select lane from scheduled) order by l.id for update of l skip locked))`

/** Lanes in which something of a class is ready, by going through the index from one to the next. */
const present = (waiting: string, index: number): string => `present${index}(lane) as (
    (select lane from millhand.pending where ${waiting} order by lane limit 1)
    union all
    select (select p.lane from millhand.pending p where ${waiting} and p.lane > n.lane order by p.lane limit 1)
    from present${index} n where n.lane is not null
  )`

/** What is ready in a lane, at most so much of each class. */
const readyIn = (lane: string, columns: string, limit: string): string =>
  READY.map(
    (waiting) =>
      `(select ${columns} from millhand.pending where ${waiting} and lane = ${lane} limit ${limit})`,
  ).join('\n      union all ')

/**
 * Jobs in a lane that is not there: it was pruned while a transaction was open for very long that had its number. It is made
 * again under that, or, if it has another one by now, its jobs go there. What waits for anything else follows when it is ready.
 */
const MEND = `with recursive ${READY.map(present).join(', ')}, lost as materialized (
    select lane from (${READY.map((_, index) => `select lane from present${index}`).join(' union ')}) l
    where lane is not null and not exists (select from millhand.lanes where id = l.lane) order by lane limit $2
  ), places as materialized (
    select l.lane, j.queue, j.name from lost l cross join lateral (
      ${readyIn('l.lane', 'seq', '1')} limit 1
    ) p cross join lateral (
      select queue, ${laneOfJob('j')} as name from millhand.jobs j where seq = p.seq limit 1) j
  ), made as (
    insert into millhand.lanes (id, queue, name, used_at) overriding system value
    select distinct on (queue, name) lane, queue, name, ${NOW} from places order by queue, name, lane
    on conflict (queue, name) do update set used_at = excluded.used_at returning id, queue, name
  ), strays as materialized (
    select p.place, m.id from (select lane, id from places join made using (queue, name) where id <> lane) m
    cross join lateral (
      ${readyIn('m.lane', 'ctid as place', '$3')}
    ) p limit $3
  ), moved as (
    update millhand.pending p set lane = s.id from strays s where p.ctid = s.place returning 1
  ) select count(*) as moved from moved`

/** Prunes lanes of which there is no use, and mends those that were pruned too soon. */
export async function keepLanes(session: Session): Promise<void> {
  await session.at(PRUNE, UNUSED_MS, LANES_MAX)
  for (let moved = JOBS_MAX; moved >= JOBS_MAX; ) {
    const [row] = await session.at<{ moved: number }>(MEND, LANES_MAX, JOBS_MAX)
    moved = row?.moved ?? 0
  }
}
