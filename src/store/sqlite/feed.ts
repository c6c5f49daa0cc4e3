import type { JobChange } from '../feed.ts'
import type { Connection } from './connection.ts'
import { atMost } from './parameters.ts'

const SUBSCRIBE = 'insert or replace into millhand_subscribers (id, lease_until) values (?, ?)'

const DROP_LAPSED = 'delete from millhand_subscribers where lease_until <= ?'

const NEWEST = "select seq as cursor from sqlite_sequence where name = 'millhand_changes'"

export function subscribe(
  connection: Connection,
  subscriber: { id: string; leaseMs: number },
  nowMs: number,
): number {
  connection.run(DROP_LAPSED, nowMs)
  connection.run(SUBSCRIBE, subscriber.id, nowMs + subscriber.leaseMs)
  return connection.get<{ cursor: number }>(NEWEST)?.cursor ?? 0
}

/** The last one out turns off the light: without subscribers the feed is empty. */
export function unsubscribe(connection: Connection, subscriber: string): void {
  connection.run('delete from millhand_subscribers where id = ?', subscriber)
  connection.run('delete from millhand_changes where not exists (select 1 from millhand_subscribers)')
}

const AFTER = `select cursor, id, name, queue, verb, state, at, progress from millhand_changes
  where cursor > ? order by cursor ${atMost()}`

export function changesAfter(connection: Connection, cursor: number, limit: number): JobChange[] {
  return connection.all<JobChange>(AFTER, cursor, limit)
}
