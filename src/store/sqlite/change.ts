import type { JobChange } from '../feed.ts'
import type { Connection } from './connection.ts'
import { asList } from './parameters.ts'

/** Newest changes that stay in the feed, however slow a subscriber is. */
const CHANGES_KEPT = 10_000

/** Writes jobs' changes to the feed, in the transaction of the change, if anybody reads it. */
export function recordChanges(
  connection: Connection,
  change: { readonly verb: JobChange['verb']; readonly nowMs: number },
  seqs: readonly number[],
): void {
  if (seqs.length === 0 || !connection.get(HAS_SUBSCRIBER, change.nowMs)) return
  connection.run(RECORD, change.verb, change.nowMs, asList(seqs))
  connection.run(DROP_OLD_CHANGES, CHANGES_KEPT)
}

const HAS_SUBSCRIBER = 'select 1 from millhand_subscribers where lease_until > ? limit 1'

const RECORD = `insert into millhand_changes (id, name, queue, verb, state, at, progress)
  select id, name, queue, ?, state, ?, progress from millhand_jobs
  where seq in (select value from json_each(?)) order by seq`

const DROP_OLD_CHANGES =
  'delete from millhand_changes where cursor <= (select max(cursor) from millhand_changes) - ?'
