import type { RankOf } from '../../../job/drawn-line.ts'
import type { PlannedTurns } from '../../../job/fair-turns.ts'
import type { ClaimRequest, Place } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, statement, timely } from '../sql.ts'
import { FROM_TOP } from './best-of-class.ts'
import { groupOf, TURN } from './lane-of-job.ts'
import { LOOK_PARAMETERS, lookValues } from './look.ts'
import { isOpen, isServed } from './ready.ts'
import { lanesFor } from './requiring.ts'

/** Groups of one queue and priority that one look goes through. Where there are more, the next claim goes on behind them. */
const GROUPS_MAX = 1_000
/**
 * Priorities of one queue that one look goes through: where they are drawn, or a predicate may refuse all of the highest; and where the
 * highest goes first, of which the claim looks again.
 */
const WEIGHED_MAX = 200
const RANKS_MAX = 2

const { names, stems, queues, worker, limit, afterRank, afterDueAt, afterSeq } = LOOK_PARAMETERS

const DRAWN = `p.waits = 1 and p.class = ${TURN}`

/** Lanes in which anything is drawn that are served, with what is set for their queues; those that require something are given. */
const SERVED = `present as (
    (select p.lane from millhand.pending p where ${DRAWN} order by p.lane limit 1)
    union all
    select (select p.lane from millhand.pending p where ${DRAWN} and p.lane > n.lane order by p.lane limit 1)
      from present n where n.lane is not null
  ), served as materialized (
    select l.id as lane, l.queue, q.settings, q.weights is not null as weighed
    from present n cross join lateral (select * from millhand.lanes where id = n.lane limit 1) l
    left join lateral (select settings, weights from millhand.queues where queue = l.queue limit 1) q on true
    where (${isServed('l')} and strpos(l.name, ' ') = 0 or l.id = any($lanes)) and ${isOpen('l.queue')}
    and exists (select from millhand.workers w where w.id = $worker and w.lease_until > (select now from clock))
  )`

/** The best priorities of each that have anything in time, found by going through the index from one to the next. */
const RANKED = `ranked as materialized (
    select s.*, r.rank from served s cross join lateral (
      with recursive ranks as (
        (select p.rank from millhand.pending p where ${DRAWN} and p.lane = s.lane and p.rank >= $afterRank and ${timely()} order by p.rank limit 1)
        union all
        select (select p.rank from millhand.pending p where ${DRAWN} and p.lane = s.lane and p.rank > b.rank and ${timely()} order by p.rank limit 1)
          from ranks b where b.rank is not null
      ) select rank from ranks where rank is not null limit case when s.weighed or $chooses then ${WEIGHED_MAX} else ${RANKS_MAX} end
    ) r
  ), looked as materialized (
    select r.*, k.name as behind, greatest(1, ${GROUPS_MAX} / count(*) over (partition by queue, rank))::integer as most
    from (select *, dense_rank() over (partition by queue order by rank) as nth from ranked) r
    left join unnest($lookedLanes, $lookedRanks, $lookedNames) as k(lane, rank, name) using (lane, rank)
    where weighed or $chooses or nth <= ${RANKS_MAX}
  )`

const OF_RANK = `${DRAWN} and p.lane = r.lane and p.rank = r.rank`

const HEAD = `select ${groupOf('p')} as name, p.seq, p.due_at, p.expires_at from millhand.pending p where ${OF_RANK}`
const FIRST_OF_ALL = `order by ${groupOf('p')}, p.due_at, p.seq limit 1`

/**
 * Groups `name` of a lane and rank `r`, each with its first job, from one on, as far as the condition holds of the one before. No
 * name of a group has a control character.
 */
const groupsFrom = (from: string, whileName: string): string => `(with recursive next as (
          (${HEAD} and ${groupOf('p')} >= ${from} ${FIRST_OF_ALL})
          union all
          select n.* from next b cross join lateral (${HEAD} and ${groupOf('p')} > b.name ${FIRST_OF_ALL}) n where ${whileName}
        ) select * from next`

const fits = (
  job: string,
  rank: string,
): string => `(${rank}, ${job}.due_at, ${job}.seq) > ($afterRank, $afterDueAt, $afterSeq)
      and ${timely(job)}`

/** Those behind the last one that was looked at, and on from the first one. Of few groups more jobs are read than of many, and where the worker has a predicate, which may refuse the first ones. */
const GROUPED = `grouped as materialized (
    select r.*, g.name, g.place, g.seq, g.due_at, ${fits('g', 'r.rank')} as fits,
      count(*) over (partition by r.lane, r.rank) as many
    from looked r cross join lateral (
      select *, row_number() over () as place from (
        ${groupsFrom("coalesce(r.behind || chr(1), '')", 'true')} limit r.most)
        union all
        ${groupsFrom("case when r.behind is not null then '' end", 'b.name < r.behind')} where name <= r.behind limit r.most)
      ) found limit r.most
    ) g
  ), sized as materialized (
    select *, case when first_is_enough then 1 else least($limit, 2 * $limit / many + 2) end::integer as piece
    from (select *, many >= $limit and fits and not $chooses as first_is_enough from grouped) g
  )`

const STOCKS = statement(
  {
    ...{ names, stems, queues, worker, limit, afterRank, afterDueAt, afterSeq, lanes: 'integer[]' },
    ...{ lookedLanes: 'integer[]', lookedRanks: 'integer[]', lookedNames: 'text[]', chooses: 'boolean' },
  },
  `with recursive ${LIGHT_CLOCK}, ${SERVED}, ${RANKED}, ${GROUPED}
  select r.queue, r.settings, r.lane, -r.rank as priority, r.name as "group", r.place, r.most, r.piece,
    case when r.first_is_enough then r.seq else p.seq end as seq, case when r.first_is_enough then r.due_at else p.due_at end as "dueAt"
  from sized r left join lateral (
    select seq, due_at from millhand.pending p where not r.first_is_enough and ${OF_RANK} and ${groupOf('p')} = r.name and ${fits('p', 'p.rank')}
    order by p.due_at, p.seq limit r.piece
  ) p on true`,
)

interface StockRow {
  readonly queue: string
  readonly settings: string | null
  readonly lane: number
  readonly priority: number
  readonly group: string
  /** Which of the groups of its lane and priority it is, and how many are looked at there. */
  readonly place: number
  readonly most: number
  /** How many of its jobs are read at most. */
  readonly piece: number
  readonly seq: number | null
  readonly dueAt: number
}

export interface StockPlace extends Place {
  readonly lane: number
}

/** What is ready to be drawn in one queue. */
export interface QueueStock {
  readonly queue: string
  readonly settings: string | null
  readonly ranks: readonly RankOf<StockPlace>[]
  /** There may be priorities behind them. */
  readonly hasMore: boolean
}

/** The first jobs of each group that the worker may draw, by queue and priority: enough for the limit. */
export async function stocksFor(
  session: Session,
  request: ClaimRequest,
  turns: PlannedTurns,
): Promise<QueueStock[]> {
  const look = { ...FROM_TOP, class: TURN, after: request.after } as const
  const places = [...turns.looked].map(([place, name]) => ({ place: place.split(' ').map(Number), name }))
  const values = {
    ...lookValues(request, look),
    lanes: await lanesFor(session, request, TURN),
    lookedLanes: places.map(({ place }) => place[0] ?? 0),
    lookedRanks: places.map(({ place }) => -(place[1] ?? 0)),
    lookedNames: places.map(({ name }) => name),
    chooses: String(request.accepts !== undefined),
  }
  const rows = await session.at<StockRow>(STOCKS.text, ...STOCKS.values(values))
  noteLooked(rows, turns)
  const most = request.accepts ? WEIGHED_MAX : RANKS_MAX
  return [...Map.groupBy(rows, ({ queue }) => queue)].map(([queue, some]) => stockOf(queue, some, most))
}

/** Where a lane may have more groups than were looked at, the next claim goes on behind the last one. */
function noteLooked(rows: readonly StockRow[], turns: PlannedTurns): void {
  for (const [place, some] of Map.groupBy(rows, ({ lane, priority }) => `${lane} ${priority}`)) {
    const last = some.reduce((one, other) => (other.place > one.place ? other : one))
    turns.lookedUpTo(place, last.place < last.most ? undefined : last.group)
  }
}

function stockOf(queue: string, rows: readonly StockRow[], ranksMax: number): QueueStock {
  const ranks = [...Map.groupBy(rows, ({ priority }) => priority)].sort(([one], [other]) => other - one)
  return {
    queue,
    settings: rows[0]?.settings ?? null,
    ranks: ranks.map(([priority, ofRank]) => ({ priority, stocks: groupsOf(ofRank) })),
    hasMore: ranks.length >= ranksMax,
  }
}

function groupsOf(rows: readonly StockRow[]) {
  return [...Map.groupBy(rows, ({ group }) => group)].map(([group, ofIt]) => groupStock(group, ofIt))
}

/** Of all lanes together, up to where it is known of each what comes next. */
function groupStock(group: string, rows: readonly StockRow[]) {
  const ends = [...Map.groupBy(rows, ({ lane }) => lane).values()].flatMap((some) => endOf(some) ?? [])
  const [end] = ends.sort(byPlace)
  const known = rows.filter(isJob).filter((job) => !end || byPlace(job, end) <= 0)
  const rest = known.sort(byPlace).reverse()
  return {
    group,
    isCut: end !== undefined,
    get first(): StockPlace | undefined {
      return rest.at(-1)
    },
    shift: () => void rest.pop(),
  }
}

/** The last one that was read of a lane, where there may be more. */
function endOf(rows: readonly StockRow[]): (StockRow & Place) | undefined {
  const jobs = rows.filter(isJob)
  const [first] = jobs
  return first && jobs.length >= first.piece ? jobs.sort(byPlace).at(-1) : undefined
}

function isJob(row: StockRow): row is StockRow & Place {
  return row.seq !== null
}

function byPlace(one: Place, other: Place): number {
  return one.dueAt - other.dueAt || one.seq - other.seq
}
