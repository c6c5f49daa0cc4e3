import { type OrderRule, standingSql } from '../../job/order.ts'
import { HAS_GROUP, REQUIRES } from './claiming/lane-of-job.ts'
import type { Connection } from './connection.ts'
import { asList } from './parameters.ts'

/** What a job was asked for, whether it has a place in an order or not. */
export const ASKED_PRIORITY = 'coalesce(asked_priority, priority)'
export const ASKED_DUE_AT = 'coalesce(asked_due_at, due_at)'

const HAS_ORDERS = `select 1 where exists (select 1 from millhand_queues where due_by is not null)
  or exists (select 1 from millhand_queues where placed_before is not null)`

/** Whether any queue has an order of its own, or had one until now: where none has, no job has a place to care for. */
export function hasOrders(connection: Connection): boolean {
  return connection.get(HAS_ORDERS) !== undefined
}

const standing = standingSql('o', { priority: 'o.priority', dueAt: 'o.due_at' })

/**
 * What waits for its due time is in no lane, and has no place yet. What a claim may take waits as `WAITS` in pending.ts says: to be
 * drawn (6), by its priority unless it requires something of its worker, or by its group; for gates (4), or for a worker alone (1).
 */
const PLACE = `update millhand_jobs set priority = iif(o.due_by is null, o.priority, ${standing.rank}),
  due_at = iif(o.due_by is null, o.due_at, ${standing.place}),
  asked_priority = iif(o.due_by is null, null, o.priority), asked_due_at = iif(o.due_by is null, null, o.due_at),
  waits = case when waits not in (1, 4, 6) then waits when o.weights is not null and not ${REQUIRES} then 6
    when limits is null then 1 when ${HAS_GROUP} then 6 else 4 end
  from (
    select j.seq, coalesce(j.asked_priority, j.priority) as priority, coalesce(j.asked_due_at, j.due_at) as due_at,
      iif(j.lane is null, null, q.due_by) as due_by, q.rank_by, q.priority_by, q.weights
    from json_each(?1) g join millhand_jobs j on j.seq = g.value left join millhand_queues q on q.queue = j.queue
    where j.waits is not null
  ) o where millhand_jobs.seq = o.seq`

/** Gives jobs that wait their places in the orders of their queues, in the transaction in which they came there. */
export function place(connection: Connection, seqs: readonly number[]): void {
  if (seqs.length > 0 && hasOrders(connection)) connection.run(PLACE, asList(seqs))
}

const RESTORE = `update millhand_jobs set priority = asked_priority, due_at = asked_due_at, asked_priority = null,
  asked_due_at = null where seq in (select value from json_each(?)) and asked_due_at is not null`

/** What these jobs were asked for stands where it does of any other: they wait no more, or are to be given another place. */
export function restore(connection: Connection, seqs: readonly number[]): void {
  if (seqs.length > 0) connection.run(RESTORE, asList(seqs))
}

const RULE = `select rank_by as rankBy, due_by as dueBy, priority_by as priorityBy, null as weights from millhand_queues
  where queue = ? and due_by is not null`

/** By what a queue gives places; `null`: by priority and due time. */
export function ruleOf(connection: Connection, queue: string): OrderRule | null {
  return connection.get<OrderRule>(RULE, queue) ?? null
}
