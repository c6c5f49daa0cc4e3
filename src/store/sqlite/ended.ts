import type { EndedJobs } from '../catalog.ts'
import type { Connection } from './connection.ts'
import { atMost } from './parameters.ts'

/** The newest of one state, by the index of settled jobs. */
const newest = (state: EndedJobs['state']): string => `select * from (
    select name, state, finished_at - started_at as durationMs, finished_at from millhand_jobs
    where state = '${state}' and finished_at is not null and finished_at >= ?1
    order by finished_at desc ${atMost('?2')})`

const ENDED = `select name, state, durationMs, count(*) as count, min(finished_at) as firstAt
  from (${newest('complete')} union all ${newest('failed')} order by finished_at desc ${atMost('?2')})
  group by name, state, durationMs`

export function ended(connection: Connection, sinceMs: number, limit: number): EndedJobs[] {
  return connection.all<EndedJobs>(ENDED, sinceMs, limit)
}
