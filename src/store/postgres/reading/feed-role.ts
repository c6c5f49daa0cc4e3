import type { StoreRoles } from '../../store.ts'
import type { Database } from '../database.ts'
import * as feed from '../feed.ts'
import { Horizon } from './horizon.ts'

/** The feed as one process reads it. */
export function feedRole({ session }: Database): StoreRoles['feed'] {
  const read: feed.Feed = { session, horizon: new Horizon() }
  const during = <Result>(work: Promise<Result>) => session.clock?.during?.(work) ?? work
  return {
    subscribe: (subscriber, leaseMs, onAnnounced) =>
      during(feed.subscribe(read, subscriber, { leaseMs, onAnnounced })),
    unsubscribe: (subscriber) => feed.unsubscribe(session, subscriber),
    changesAfter: (cursor, limit) => during(feed.changesAfter(read, cursor, limit)),
  }
}
