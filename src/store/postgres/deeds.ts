import type { Deed, Rearrangement } from '../../job/operation.ts'
import { gateAmong, gatesWithin } from '../../job/queue-gates.ts'
import { heldTo } from '../../job/queue-settings.ts'
import { tell, WAKE } from './change.ts'
import { classFor, laneOfJob } from './claiming/lane-of-job.ts'
import { cancelOnce, retry } from './control.ts'
import type { Lanes } from './lanes.ts'
import { removeSettled } from './leaving/remove.ts'
import { among, jobsById, lockedRowOf, rowOf } from './lookup.ts'
import { hasOrders, place } from './order.ts'
import { waitsFor } from './pending.ts'
import type { Session } from './session.ts'
import { settingsOf } from './size.ts'
import { CLOCK, statement } from './sql.ts'

/** What a deed needs to know, and what it tells of. */
export interface Surroundings {
  readonly lanes: Lanes
  /** Gains the gates that are left: whoever waits there may go on, once this is committed. */
  readonly left: Set<string>
}

interface Chosen {
  readonly ids: readonly string[]
  readonly lanes: Lanes
}

interface Done {
  readonly done: readonly string[]
  /** What moved meanwhile, and is to be looked for again in another transaction. */
  readonly rest: readonly string[]
}

/** Does one thing to jobs, in a transaction, those of them that it can be done to; gives their ids. */
export async function doAll(
  session: Session,
  deed: Deed,
  { ids, lanes, left }: Chosen & Surroundings,
): Promise<Done> {
  if (deed.verb === 'cancel') {
    const { cancelled, rest } = await cancelOnce(session, ids, { reason: deed.reason, left })
    return { done: cancelled, rest }
  }
  return { done: await doTo(session, deed, { ids, lanes }), rest: [] }
}

function doTo(
  session: Session,
  deed: Exclude<Deed, { readonly verb: 'cancel' }>,
  { ids, lanes }: Chosen,
): Promise<string[]> {
  if (deed.verb === 'retry') return retry(session, ids, lanes)
  if (deed.verb === 'delete') return removeSettled(session, ids)
  return rearrange(session, deed, { ids, lanes })
}

/** Of what nobody holds: what a worker has claimed ahead keeps its place with it. */
const WANTED = `wanted as materialized (
    select p.seq, p.epoch, j.id, j.name, j.queue, ${laneOfJob('j')} as lane_name
    from ${jobsById(', name, queue, limits')} j cross join ${lockedRowOf('j', 'seq, epoch', 'pending')} p
  )`

const announced = (verb: string): string =>
  `announced as (select seq, epoch, '${verb}' as verb, 'pending' as state from wanted)`

const REPRIORITISE = statement(
  { ids: 'text[]', priority: 'integer' },
  `with ${CLOCK}, ${WANTED}, named as (
    update millhand.jobs j set priority = $priority where ${among('j.seq', 'wanted')}
  ), ranked as (
    update millhand.pending p set rank = -$priority where ${among('p.seq', 'wanted')}
  ), ${announced('reprioritise')}, ${tell('announced')}
  select id from wanted where ${WAKE}`,
)

/** What waits at a gate stays there, unless it is due later: then it waits for that first. What waits for its lane has to. */
const RESCHEDULE = statement(
  { ids: 'text[]', dueAt: 'bigint' },
  `with ${CLOCK}, ${WANTED}, moved as (
    update millhand.pending p set due_at = $dueAt, asked_due_at = null,
      waits = case when p.waits = 4 then 4 when p.gate is not null and $dueAt <= (select now from clock) then 3 else ${waitsFor('$dueAt')} end,
      gate = case when $dueAt <= (select now from clock) then p.gate end
    where ${among('p.seq', 'wanted')}
  ), ${announced('reschedule')}, ${tell('announced')}
  select id from wanted where ${WAKE}`,
)

const MOVE = statement(
  { ids: 'text[]', queue: 'text', names: 'text[]', lanes: 'integer[]' },
  `with ${CLOCK}, ${WANTED}, named as (
    update millhand.jobs j set queue = $queue where ${among('j.seq', 'wanted')}
    returning j.seq, j.id, j.name, j.queue
  ), moved as (
    update millhand.pending p set lane = l.lane
    from wanted w join unnest($names, $lanes) as l(name, lane) on l.name = w.lane_name
    where p.seq = w.seq and ${among('p.seq', 'wanted')}
  ), ${announced('move')}, ${tell('announced', 'named')}
  select id from wanted where ${WAKE}`,
)

const NAMES = `select distinct ${laneOfJob('j')} as name from millhand.jobs j where id = any($1::text[])`

async function rearrange(session: Session, deed: Rearrangement, { ids, lanes }: Chosen): Promise<string[]> {
  const [sql, values] =
    deed.verb === 'move' ? await moving(session, deed.queue, { ids, lanes }) : arranging(deed, ids)
  const rows = await session.at<{ id: string }>(sql, ...values)
  const done = rows.map(({ id }) => id)
  if (deed.verb === 'move') await giveGates(session, deed.queue, done)
  if (await hasOrders(session)) await place(session, done)
  return done
}

const LIMITS_OF = `select j.seq, j.limits, p.gate
  from ${jobsById(', limits', '$1::text[]')} j cross join ${rowOf('j', 'gate', 'pending')} p`

const SET_LIMITS = statement(
  { seqs: 'bigint[]', limits: 'text[]', gates: 'text[]' },
  `with ${CLOCK}, given as materialized (
    select * from unnest($seqs, $limits, $gates) as g(seq, limits, gate)
  ), named as (
    update millhand.jobs j set limits = g.limits from given g where j.seq = g.seq and ${among('j.seq', 'given')}
  )
  update millhand.pending p set gate = g.gate,
    class = ${classFor('g.limits', 'p.care = 2')},
    waits = case when g.gate is null then ${waitsFor('p.due_at')} else p.waits end
  from given g where p.seq = g.seq and ${among('p.seq', 'given')}`,
)

/** Moved jobs have the gates of the queue that they are in by now, and not those of the one before. */
async function giveGates(session: Session, queue: string, ids: readonly string[]): Promise<void> {
  const settings = await settingsOf(session, [queue], { locks: false })
  const held = heldTo(queue, (name) => settings.get(name))
  type Row = { readonly seq: number; readonly limits: string | null; readonly gate: string | null }
  const changed = (await session.rows<Row>(LIMITS_OF, ids)).flatMap(({ seq, limits, gate }) => {
    const given = gatesWithin(limits, held)
    return given === limits ? [] : [{ seq, limits: given, gate: gateAmong(given, gate) }]
  })
  if (changed.length === 0) return
  const values = SET_LIMITS.values({
    seqs: changed.map(({ seq }) => seq),
    limits: changed.map(({ limits }) => limits),
    gates: changed.map(({ gate }) => gate),
  })
  await session.at(SET_LIMITS.text, ...values)
}

function arranging(deed: Exclude<Rearrangement, { readonly verb: 'move' }>, ids: readonly string[]) {
  return deed.verb === 'reprioritise'
    ? ([REPRIORITISE.text, REPRIORITISE.values({ ids, priority: deed.priority })] as const)
    : ([RESCHEDULE.text, RESCHEDULE.values({ ids, dueAt: deed.dueAt })] as const)
}

/** With the lanes of the queue that they go to. */
async function moving(session: Session, queue: string, { ids, lanes }: Chosen) {
  const names = (await session.rows<{ name: string }>(NAMES, ids)).map(({ name }) => name)
  const places = names.map((name) => ({ queue, name }))
  const values = MOVE.values({ ids, queue, names, lanes: await lanes.of(places, session) })
  return [MOVE.text, values] as const
}
