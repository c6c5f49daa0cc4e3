import { type OrderRule, standingSql } from '../../job/order.ts'
import { classFor, groupOf, LIMITED, REQUIRING_CLASS, TURN, turnOr } from './claiming/lane-of-job.ts'
import { among, jobsById, lockedRowOf, rowOf } from './lookup.ts'
import type { Session } from './session.ts'
import { CLOCK, statement, TIMED } from './sql.ts'

/** When a pending job `p` was to be due, whether it has a place in an order or not. */
export const ASKED_DUE_AT = 'coalesce(asked_due_at, due_at)'

/** Whether any queue has an order of its own: looked up once a statement, and only where something is to be placed. */
export const ORDERED = `orders as materialized (
    select exists (select from millhand.queues where due_by is not null) as yes
  )`

/** The order `o` of a queue, if it has one of its own. */
export const orderOf = (queue: string): string => `left join lateral (
      select rank_by, due_by, priority_by, weights from millhand.queues where queue = ${queue} and due_by is not null limit 1
    ) o on (select yes from orders)`

interface Asked {
  readonly priority: string
  readonly dueAt: string
}

/** The columns `rank`, `due_at` and `asked_due_at` of a job that waits by the order `o`. What is not due has no place yet. */
export function placeBy({ priority, dueAt }: Asked): string {
  const { rank, place } = standingSql('o', { priority, dueAt })
  const isPlaced = `o.due_by is not null and ${dueAt} <= (select now from clock)`
  return `case when ${isPlaced} then -(${rank}) else -${priority} end,
      case when ${isPlaced} then ${place} else ${dueAt} end, case when ${isPlaced} then ${dueAt} end`
}

/** The class in which it is claimed: that of a draw where each start draws a priority and it is due, else that of its gates. */
export function classBy({
  dueAt,
  limits,
  care,
}: Pick<Asked, 'dueAt'> & { limits: string; care: string }): string {
  const other = classFor(limits, `${care} = 2`)
  return `case when ${dueAt} <= (select now from clock) then ${turnOr({ weights: 'o.weights', care, limits }, other)} else ${other} end`
}

/** The same of one that becomes due, as what an update of `millhand.pending` sets. */
export function placeDue(): string {
  const { rank, place } = standingSql('o', { priority: 'j.priority', dueAt: 'pending.due_at' })
  const placed = (value: string) => `case when (select yes from orders) then (select ${value}
      from millhand.jobs j join millhand.queues o on o.queue = j.queue and o.due_by is not null where j.seq = pending.seq) end`
  return `class = coalesce(${placed(turnOr({ weights: 'o.weights', care: 'pending.care', limits: 'j.limits' }, 'null'))}, class),
      rank = coalesce(${placed(`-(${rank})`)}, rank), due_at = coalesce(${placed(place)}, due_at),
      asked_due_at = ${placed('pending.due_at')}`
}

/** Gives jobs that wait and are `given` (seq) their places by the orders of their queues as they are now. */
const placeOf = (
  given: string,
): string => `with ${CLOCK}, orders as (select true as yes), given as materialized (
    ${given}
  ), asked as materialized (
    select p.seq, j.priority, coalesce(p.asked_due_at, p.due_at) as due_at, j.queue, p.waits, p.care, j.limits
    from given g cross join ${rowOf('g', '*', 'pending')} p cross join ${rowOf('g', 'priority, queue, limits', 'jobs')} j
  )
  update millhand.pending p set (class, rank, due_at, asked_due_at) = (
    select ${classBy({ dueAt: 'a.due_at', limits: 'a.limits', care: 'a.care' })}, ${placeBy({ priority: 'a.priority', dueAt: 'a.due_at' })} from (select 1) one
    ${orderOf('a.queue')} and a.waits <> 2)
  from asked a where a.seq = p.seq and ${among('p.seq', 'asked')} returning p.seq`

const PLACE = statement(
  { ids: 'text[]' },
  placeOf(`select p.seq from ${jobsById()} j cross join ${lockedRowOf('j', 'seq', 'pending')} p`),
)

/** In the transaction in which they came to wait there. */
export async function place(session: Session, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await session.at(PLACE.text, ...PLACE.values({ ids }))
}

const ORDERED_QUEUES = `select exists (select from millhand.queues where due_by is not null)
  or exists (select from millhand.queues where placed_before is not null) as yes`

/** Whether any queue has an order of its own, or had one until now: where none has, no job has a place to care for. */
export async function hasOrders(session: Session): Promise<boolean> {
  const [row] = await session.rows<{ yes: boolean }>(ORDERED_QUEUES)
  return row?.yes === true
}

const PLACE_WINDOW = statement(
  { queue: 'text', before: 'bigint', from: 'bigint' },
  placeOf(`select p.seq from millhand.pending p join millhand.jobs j using (seq)
    where p.seq >= $from and p.seq < $before and j.queue = $queue order by p.seq for update of p`),
)

/** Those of a queue that arrived from one on and before another. */
export async function placeWindow(
  session: Session,
  window: { readonly queue: string; readonly before: number; readonly from: number },
): Promise<void> {
  await session.at(PLACE_WINDOW.text, ...PLACE_WINDOW.values(window))
}

/** Ready jobs of a class in a lane `l` of a queue with the order `o`, as far as they are where that puts none. */
const astray = (readyClass: number, where: string): string => `(select p.seq from millhand.pending p
      where p.waits = 1 and p.class = ${readyClass} and p.lane = l.id and ${where} limit $limit)`

/** By the index: where there is one rank, whatever is of another one, or, where the newest come first, has a due time for its place. */
const ASTRAY = [
  ...[1, LIMITED].map((each) => astray(each, 'o.weights is not null and p.care <> 2')),
  // What has a group is drawn whatever the order.
  astray(TURN, `o.weights is null and p.rank = 0 and ${groupOf('p')} = ''`),
  ...[1, LIMITED, REQUIRING_CLASS, TURN].flatMap((each) => [
    astray(each, 'o.rank_by = 0 and p.rank < 0'),
    astray(each, 'o.rank_by = 0 and p.rank > 0'),
    astray(each, 'o.rank_by = 0 and o.due_by < 0 and p.rank = 0 and p.due_at > 0'),
  ]),
].join(`
      union all `)

/**
 * Jobs `s` that are ready without the place that the order `o` of their queue gives them: a transaction that did not see it yet has
 * stored them, or a version that knows nothing of orders has let them come back.
 */
const STRAYS = `millhand.queues o join millhand.lanes l using (queue) cross join lateral (
      ${ASTRAY}
    ) s`

const STRAYED = statement(
  { limit: 'integer' },
  `with ${CLOCK} select distinct queue from ${STRAYS} where o.due_by is not null and ${TIMED} order by queue`,
)

/** The queues in which there are such. */
export async function strayedFromOrders(session: Session): Promise<string[]> {
  const rows = await session.at<{ queue: string }>(STRAYED.text, ...STRAYED.values({ limit: 1 }))
  return rows.map(({ queue }) => queue)
}

const PLACE_STRAYS = statement(
  { queue: 'text', limit: 'integer' },
  placeOf(`select seq from millhand.pending where seq = any (array(
      select s.seq from ${STRAYS} where o.queue = $queue and o.due_by is not null limit $limit))
    order by seq for update skip locked`),
)

/** At most so many of them get their places. */
export async function placeStrays(session: Session, queue: string, limit: number): Promise<void> {
  await session.at(PLACE_STRAYS.text, ...PLACE_STRAYS.values({ queue, limit }))
}

/** Which queues this process has seen to have an order of their own. Only for speed, and for hints. */
export class KnownOrders {
  readonly #queues = new Set<string>()

  learn(queue: string, rule: OrderRule | null): void {
    if (rule) this.#queues.add(queue)
    else this.#queues.delete(queue)
  }

  has({ queue }: { readonly queue: string }): boolean {
    return this.#queues.has(queue)
  }
}
