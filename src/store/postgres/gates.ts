import { type GateState, type Grants, OPEN_GATE, opensAt, ROOM_MAX, roomAt } from '../../job/gate.ts'
import { isMark } from '../../job/job-gates.ts'
import { type Limit, limitOf } from '../../job/limit.ts'
import type { Settlement } from '../../job/outcome.ts'
import { PARKED_MAX } from '../admissions.ts'
import { type LimitRow, toLimitRecord } from '../limit-row.ts'
import { OPENINGS_MAX, ruleNamed } from '../limits.ts'
import type { PlacementReader } from '../placement.ts'
import { wake } from './change.ts'
import { classFor, groupFor, laneOfJob } from './claiming/lane-of-job.ts'
import { ASKED_DUE_AT, ORDERED, orderOf, placeBy } from './order.ts'
import { ANSWER } from './results.ts'
import type { Session } from './session.ts'
import { CLOCK, NOW, statement, timely } from './sql.ts'

const RULES = `select name, declared, override from millhand.limits where name = any($1::text[])`

/** What is known of a gate, as it stands. Of one at which nothing has happened there is no row. */
const STATES = `select g.gate, coalesce(m.grants, '[]') as grants, m.closed_until as "closedUntil",
  (select count(*)::integer from millhand.holders h where h.gate = g.gate) as holders,
  (select -rank from millhand.pending p where p.waits = 3 and p.gate = g.gate and ${timely('p', NOW)}
    order by p.rank, p.due_at, p.seq limit 1) as "firstPriority", ${ANSWER} as answer, ${NOW} as "nowMs"
  from unnest($2::text[]) as g(gate) left join millhand.gates m using (gate)`

interface StateRow {
  readonly gate: string
  readonly grants: string
  readonly closedUntil: number | null
  readonly holders: number
  readonly firstPriority: number | null
  readonly answer: string | null
  readonly nowMs: number
}

/** Gates as they stood at one time. */
export interface Gates extends PlacementReader {
  readonly nowMs: number
}

/** How these gates stand, and what holds of their limits. */
export async function readGates(session: Session, gates: readonly string[]): Promise<Gates> {
  const names = [...new Set(gates.map(limitOf))]
  const rules = await session.rows<LimitRow>(RULES, names)
  const limits = new Map(rules.map((row) => [row.name, toLimitRecord(row)]))
  const rows = await session.at<StateRow>(STATES, gates)
  const states = new Map(rows.map((row) => [row.gate, row]))
  return {
    nowMs: rows[0]?.nowMs ?? 0,
    limit: (name): Limit | undefined => ruleNamed(name, limits.get(name)),
    state: (gate) => toState(states.get(gate)),
    firstPriority: (gate) => states.get(gate)?.firstPriority ?? undefined,
  }
}

function toState(row: StateRow | undefined): GateState {
  if (!row) return OPEN_GATE
  const { holders, closedUntil, answer } = row
  return { holders, closedUntil, grants: JSON.parse(row.grants) as Grants, answer: answer ?? undefined }
}

const MAKE = `insert into millhand.gates (gate) select gate from unnest($1::text[]) as g(gate) order by gate
  on conflict do nothing`

/** In a statement of its own: a new row that is not committed would be waited for. */
export async function makeGates(session: Session, gates: readonly string[]): Promise<void> {
  if (gates.length > 0) await session.rows(MAKE, gates)
}

/** Waits for whoever is about to let somebody pass there: what is looked at afterwards has what he has done. */
const TOUCH = `select gate from millhand.gates where gate = any($1::text[]) order by gate for update`

const OPEN = statement(
  { gates: 'text[]', rooms: 'integer[]', openings: 'bigint[]' },
  `with ${CLOCK}, given as (
    select * from unnest($gates, $rooms, $openings) as g(gate, room, opens_at)
  ), going as (
    update millhand.pending set waits = 1, gate = null where ctid = any (array(
      select p.ctid from given g cross join lateral (
        select ctid from millhand.pending p where p.waits = 3 and p.gate = g.gate and ${timely()} and not exists (
          select from millhand.lanes l join millhand.queues q using (queue) where l.id = p.lane and q.paused_at is not null)
        order by p.rank, p.due_at, p.seq limit g.room for update skip locked
      ) p))
    returning 1
  ), noted as (
    update millhand.gates m set opens_at = case when exists (
      select from millhand.pending p where p.waits = 3 and p.gate = m.gate) then g.opens_at end
    from given g where m.gate = g.gate and (m.opens_at is not null or g.opens_at is not null)
  ), woken as materialized (${wake('ready', 'exists (select from going)')})
  select count(*)::integer as count from going where (select count(*) from woken) >= 0
    and (select now from clock) is not null`,
)

/**
 * Lets as many go on at each of these gates as there is room for; gives how many those were. A claim that is under way has
 * put there what it could not take: it is waited for. Not in a transaction: nobody's gates are locked for longer than a
 * statement takes.
 */
export async function reopen(session: Session, gates: readonly string[]): Promise<number> {
  if (gates.length === 0) return 0
  const [strays, limited] = [gates.filter(isMark), gates.filter((gate) => !isMark(gate))]
  return (await mendLanes(session, strays)) + (await reopenLimited(session, limited))
}

async function reopenLimited(session: Session, gates: readonly string[]): Promise<number> {
  if (gates.length === 0) return 0
  await session.rows(TOUCH, gates)
  const { limit, state, nowMs } = await readGates(session, gates)
  const openings = gates.map((gate) => {
    const at = opensAt(limit(limitOf(gate)), state(gate))
    return at > nowMs && Number.isFinite(at) ? at : null
  })
  const rooms = gates.map((gate) => roomAt(limit(limitOf(gate)), state(gate), nowMs))
  const [row] = await session.at<{ count: number }>(OPEN.text, ...OPEN.values({ gates, rooms, openings }))
  const count = row?.count ?? 0
  // Of more than go on at once that need nobody to leave, the next claim lets the others go on.
  const answered = count < ROOM_MAX ? [] : gates.filter((gate) => state(gate).answer !== undefined)
  await noteOpenings(session, new Map(answered.map((gate) => [gate, nowMs])))
  return count
}

/** Made in the same statement: only a version that knows nothing of requirements, or of groups, puts anything there, nor of places. */
const MEND = statement(
  { gates: 'text[]', most: 'integer' },
  `with ${CLOCK}, ${ORDERED}, strays as materialized (
    select p.seq, ${ASKED_DUE_AT} as due, j.priority, j.queue, j.limits, ${laneOfJob('j')} as name, o.rank_by, o.due_by, o.priority_by
    from millhand.pending p join millhand.jobs j using (seq) ${orderOf('j.queue')}
    where p.waits = 3 and p.gate = any($gates) order by p.seq limit $most for update of p skip locked
  ), made as (
    insert into millhand.lanes (queue, name, used_at)
    select distinct queue, name, (select now from clock) from strays order by queue, name
    on conflict (queue, name) do update set used_at = excluded.used_at returning id, queue, name
  ), placed as (
    update millhand.pending p set waits = 1, class = ${classFor('o.limits', 'p.care = 2')}, gate = null, lane = m.id, turn_group = ${groupFor('o.limits')},
      (rank, due_at, asked_due_at) = row(${placeBy({ priority: 'o.priority', dueAt: 'o.due' })})
    from strays o join made m using (queue, name) where p.seq = o.seq returning 1
  ), woken as materialized (${wake('ready', 'exists (select from placed)')})
  select count(*)::integer as count from placed where (select count(*) from woken) >= 0`,
)

/** Who waits there was put where nobody asks for what he requires, or heeds his group. */
async function mendLanes(session: Session, gates: readonly string[]): Promise<number> {
  if (gates.length === 0) return 0
  const [row] = await session.at<{ count: number }>(MEND.text, ...MEND.values({ gates, most: PARKED_MAX }))
  return row?.count ?? 0
}

const OPENING = `select gate from millhand.gates where opens_at <= ${NOW} order by opens_at limit $2::integer`

/** Opens what opens by itself by now; gives how many jobs go on. */
export async function openDue(session: Session): Promise<number> {
  const rows = await session.at<{ gate: string }>(OPENING, OPENINGS_MAX)
  return reopen(
    session,
    rows.map(({ gate }) => gate),
  )
}

const OPEN_AT = `insert into millhand.gates (gate, opens_at)
  select gate, at from unnest($1::text[], $2::bigint[]) as g(gate, at) order by gate
  on conflict (gate) do update set opens_at = least(gates.opens_at, excluded.opens_at)`

/** When those that wait are to be let go on, where it is a matter of time. */
export async function noteOpenings(session: Session, openings: ReadonlyMap<string, number>): Promise<void> {
  if (openings.size > 0) await session.rows(OPEN_AT, [...openings.keys()], [...openings.values()])
}

const CLOSE = `insert into millhand.gates (gate, closed_until)
  select gate, max(${NOW} + ms) from unnest($2::text[], $3::bigint[]) as g(gate, ms) group by gate order by gate
  on conflict (gate) do update set closed_until = greatest(gates.closed_until, excluded.closed_until)`

/** Handlers have said that nobody may pass for so long; what was said before and lasts longer stands. */
export async function closeGates(session: Session, settlements: readonly Settlement[]): Promise<void> {
  const closed = settlements.flatMap(({ closes }) => closes ?? [])
  if (closed.length === 0) return
  await session.at(
    CLOSE,
    closed.map(({ gate }) => gate),
    closed.map(({ forMs }) => forMs),
  )
}
