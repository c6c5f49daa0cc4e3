import type { Served } from '../../jobs.ts'
import { ASKED_DUE_AT, ORDERED, placeDue } from '../order.ts'
import type { Session } from '../session.ts'
import { CLOCK, statement, timely } from '../sql.ts'
import { LIMITED, REQUIRING_ALONE, REQUIRING_CLASS, TURN } from './lane-of-job.ts'
import { namesOf } from './look.ts'
import { lanesFor } from './requiring.ts'

/**
 * Where the ready jobs are that a worker serves: the parts that a claim and a look at candidates have in common. The
 * parameters are those of `lookValues` in look.ts.
 */

/** Where so many lanes are served at most, each is looked at; where more are, those are found in which there is something. */
const FEW_LANES = 200
/** Lanes whose first job is kept in mind: those with the best ones. */
export const HEADS_MAX = 4_000

const AFTER = (place: string): string => `(p.rank, p.due_at, p.seq) > (${place})`

const isAlive = `exists (select from millhand.workers w where w.id = $worker and w.lease_until > (select now from clock))`
export const isOpen = (queue: string): string =>
  `not exists (select from millhand.queues q where q.queue = ${queue} and q.paused_at is not null)`
export const isServed = (lane: string): string =>
  `($names is null or ${lane}.name = any($names) or ${lane}.name ^@ any($stems)) and ($queues is null or ${lane}.queue = any($queues))`

/** What is due at the time of the claim's first look, in the order of its due time, from a place on, becomes ready. */
const DUE = `${ORDERED}, promoted as (
    update millhand.pending set waits = 1, ${placeDue()}
    where ctid = any (array(select ctid from millhand.pending
      where waits = 2 and due_at <= coalesce($horizon, (select now from clock))
      and (due_at, seq) > ($dueFrom, $dueFromSeq) and ${isAlive}
      order by due_at, seq limit $promotes for update skip locked))
    returning class, lane, rank, due_at, seq, ${ASKED_DUE_AT} as was_due
  )`

/** A job `p` in a lane `l` that may run now, and has to run alone. */
const oneApart = (
  rows: string,
): string => `select from (select * from millhand.pending where waits = 1 and ${rows}) p
      cross join lateral (select * from millhand.lanes where id = p.lane limit 1) l
      where ${isOpen('l.queue')} and ${timely()}`

const ONE_APART = oneApart('class = 2')

/** The same of one that has to pass gates first. */
const ONE_LIMITED_APART = oneApart('class = 3 and care = 2')

const WAITS_ALONE = statement(
  { names: 'text[]', stems: 'text[]', queues: 'text[]' },
  `with ${CLOCK} select exists (${ONE_APART} and ${isServed('l')}) or exists (${ONE_LIMITED_APART} and ${isServed('l')}) as waits`,
)

/** Whether a job is ready, of those that are served, that has to run alone. */
export async function waitsAlone(session: Session, served: Served): Promise<boolean> {
  const [row] = await session.at<{ waits: boolean }>(
    WAITS_ALONE.text,
    ...WAITS_ALONE.values({ ...namesOf(served.names), queues: served.queues }),
  )
  return row?.waits === true || (await lanesFor(session, served, REQUIRING_ALONE)).length > 0
}

/**
 * Whether this look may take something: not where jobs have just become ready, which are to be seen among the others,
 * and not where one waits that has to run alone, if the worker heeds that.
 */
const GATE = `apart as materialized (
    select $heedsApart and exists (
      ${ONE_APART} and ${isServed('l')} and ${AFTER('$afterRank, $afterDueAt, $afterSeq')}) as waits
  ), alive as materialized (
    select ${isAlive} as yes
  ), gate as materialized (
    select not exists (select from promoted) and (select yes from alive) and not (select waits from apart) as open
  )`

/** The first jobs of the class in a lane `from` (lane, rank, due_at, seq), behind that place. */
export const inLane = (from: string, columns: string): string => `select ${columns} from millhand.pending p
  where p.waits = 1 and p.class = $class and p.lane = ${from}.lane
  and ${AFTER(`${from}.rank, ${from}.due_at, ${from}.seq`)} and ${timely()} order by p.rank, p.due_at, p.seq`

/**
 * The lanes with the best first jobs. They are found by their names where few fit, and else by going through the index
 * from one lane that has a job of the class to the next: neither reads lanes that are of no use.
 */
const TOPS = `named as materialized (
    select id from (
      select id from millhand.lanes where name = any($names) and ($queues is null or queue = any($queues))
      union all select distinct l.id from unnest($stems) as s(stem) cross join lateral (
        select * from millhand.lanes where name >= s.stem and name < s.stem || '~') l
        where l.name <> all($names) and ($queues is null or l.queue = any($queues))
      union all select id from millhand.lanes where $names is null and queue = any($queues)
      union all select id from millhand.lanes where $names is null and $queues is null
    ) fitting where (select open from gate) limit ${FEW_LANES + 1}
  ), present as (
    (select lane from millhand.pending where waits = 1 and class = $class
      and (select count(*) from named) > ${FEW_LANES} order by lane limit 1)
    union all
    select (select p.lane from millhand.pending p where p.waits = 1 and p.class = $class and p.lane > n.lane
      order by p.lane limit 1) from present n where n.lane is not null
  ), served as materialized (
    select l.id as lane from (
      select id from named where (select count(*) from named) <= ${FEW_LANES} union all select lane from present
    ) n cross join lateral (select * from millhand.lanes where id = n.id limit 1) l
    where ${isServed('l')} and ${isOpen('l.queue')}
  ), tops as materialized (
    select s.lane, p.rank, p.due_at, p.seq
    from (select lane, $afterRank as rank, $afterDueAt as due_at, $afterSeq as seq from served) s
    cross join lateral (${inLane('s', 'p.rank, p.due_at, p.seq')} limit 1) p
    order by p.rank, p.due_at, p.seq limit ${HEADS_MAX}
  )`

/** The only lane that has something, if it is one: else the next look goes into several. */
const ONLY = `start as materialized (
    select lane, rank, due_at, seq - 1 as seq from tops where (select count(*) from tops) = 1
  )`

/** Of the lanes `g` that the process names those that it may claim from by now. */
const stillOpen = (lanes: string): string => `
    select g.* from ${lanes} cross join lateral (select queue, name from millhand.lanes where id = g.lane limit 1) l
    where (select open from gate) and ${isServed('l')} and ${isOpen('l.queue')}`

/** The one lane that is known, with the place behind which it has jobs. */
const KNOWN_LANE = `start as materialized (${stillOpen(
  '(select $lane as lane, $rank as rank, $dueAt as due_at, $seq as seq) g',
)})`

/** The lanes that are known, and the place that no job of another one comes before. */
const KNOWN_LANES = `visited as materialized (${stillOpen(
  `unnest($lanes, $ranks, $dueAts, $seqs, $caps)
      as g(lane, rank, due_at, seq, cap)`,
)}), cutoff as materialized (
    select $cutRank as rank, $cutDueAt as due_at, $cutSeq as seq
  )`

/** The lanes that a window of candidates is read from. */
const TOP_LANES = `visited as materialized (
    select lane, rank, due_at, seq - 1 as seq, least($limit, 2 * $limit / many + 2) as cap
    from (select *, least($limit, (select count(*) from tops)) as many from tops limit $limit) t
  ), cutoff as materialized (
    (select rank, due_at, seq from tops order by rank, due_at, seq offset $limit limit 1)
    union all (select rank, due_at, seq from tops
      where (select count(*) from tops) = ${HEADS_MAX} order by rank desc, due_at desc, seq desc limit 1)
  )`

/**
 * The best jobs of several lanes. Of each lane as many are read as it may have among them (`cap`), so that what is
 * read does not grow with what waits; what comes behind the last one of a lane that has more is left to the next look,
 * and so is what comes behind the first job of a lane that is not visited. Nothing is joined: the planner takes all of
 * this for a single row, and would compare each with each.
 */
const PICKS = `read as materialized (
    select v.lane, v.cap, v.rank as from_rank, v.due_at as from_due_at, v.seq as from_seq, p.*
    from visited v cross join lateral (
      select *, row_number() over (order by rank, due_at, seq) as nth
      from (${inLane('v', 'p.rank, p.due_at, p.seq')} limit v.cap) each
    ) p
  ), frontier as materialized (
    select rank, due_at, seq from (
      select rank, due_at, seq from read where nth = cap union all select rank, due_at, seq from cutoff
      union all select ${2 ** 31 - 1}, 0, 0
    ) f order by rank, due_at, seq limit 1
  ), wanted as materialized (
    select * from (select rank, due_at, seq from read order by rank, due_at, seq offset $limit - 1 limit 1) w
    union all select * from frontier
  ), last as materialized (
    select * from wanted order by rank, due_at, seq limit 1
  ), counted as materialized (
    select *, count(*) filter (where picked) over (partition by lane) as many from (
      select *, (rank, due_at, seq) <= (select rank, due_at, seq from last) as picked from read
    ) r
  )`

/** Where each visited lane goes on: lanes that have no more are not in it. */
const NEXT = `(select json_agg(json_build_array(lane, -rank, due_at, seq - case when picked then 0 else 1 end, picked))
    from counted where nth = least(many + 1, cap))`

/** The first job of each of the best lanes. */
const TOP_PLACES = `(select json_agg(json_build_array(lane, -rank, due_at, seq) order by rank, due_at, seq) from tops)`

/** What a look from the top, into one lane or into several of those that are known, tells of where they go on. */
const TOLD = { top: `'tops', ${TOP_PLACES}`, lane: `'next', null`, lanes: `'next', ${NEXT}` } as const

/** The parts of a look: up to where it starts in a lane, or up to what it picks from several. */
export const LOOK = {
  top: `${DUE}, ${GATE}, ${TOPS}, ${ONLY}`,
  lane: `${DUE}, ${GATE}, ${KNOWN_LANE}`,
  lanes: `${DUE}, ${GATE}, ${KNOWN_LANES}, ${PICKS}`,
  candidates: `${DUE}, ${GATE}, ${TOPS}, ${TOP_LANES}, ${PICKS}`,
} as const

/** What a look tells beside the jobs, as JSON in a row of its own: see `Note` in look.ts. `more`: whether it left any. */
export const note = (
  mode: keyof typeof TOLD,
  more: string,
  taken = 'null',
): string => `json_build_object('taken', ${taken}, 'atMs', (select now from clock), 'alive', (select yes from alive),
    'apart', (select waits from apart), 'more', ${more},
    'limited', exists (select from millhand.pending where waits = 1 and class = ${LIMITED})
      or exists (select from millhand.pending where waits = 1 and class = ${TURN}),
    'requiring', $capable and exists (select from millhand.pending where waits = 1 and class in (${REQUIRING_CLASS}, ${REQUIRING_ALONE})),
    'opening', exists (select from millhand.gates where opens_at <= (select now from clock)),
    'due', (select json_build_array(was_due, seq) from promoted order by was_due desc, seq desc limit 1),
    'promoted', (select json_agg(json_build_array(lane, -rank, due_at, seq)) from
      (select distinct on (lane) * from promoted where class = 1 order by lane, rank, due_at, seq) p),
    ${TOLD[mode]})::text`
