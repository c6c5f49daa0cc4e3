import type { EndedJobs } from '../catalog.ts'
import type { Session } from './session.ts'

/** The newest rows of completed jobs are at least as many jobs. */
const COMPLETED = `select u.seq, 'complete' as state, c.finished_at,
    c.finished_at - c.started_at - coalesce(u.after, 0) as ms
  from (select * from millhand.completed where finished_at >= $1 order by finished_at desc limit $2) c
  cross join lateral unnest(c.seqs, c.afters) as u(seq, after)
  order by c.finished_at desc limit $2`

/** The newest of the others that are in one state, by their index. */
const settled = (
  state: EndedJobs['state'],
): string => `select seq, state, finished_at, finished_at - started_at as ms
  from millhand.settled where state = '${state}' and finished_at >= $1 order by finished_at desc limit $2`

const ENDED = `select j.name, e.state, e.ms as "durationMs", count(*) as count, min(e.finished_at) as "firstAt"
  from (
    (${COMPLETED}) union all (${settled('complete')}) union all (${settled('failed')})
    order by finished_at desc limit $2
  ) e join millhand.jobs j using (seq)
  group by j.name, e.state, e.ms`

export function ended(session: Session, sinceMs: number, limit: number): Promise<EndedJobs[]> {
  return session.rows<EndedJobs>(ENDED, sinceMs, limit)
}
