import { CACHE_PREFIX } from '../../job/cache-gate.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

/** The id of the job whose result is that of all which share the gate `g.gate`. */
export const ANSWER = `case when starts_with(g.gate, '${CACHE_PREFIX}') then (
    select j.id from millhand.results r join millhand.jobs j on j.seq = r.job
    where r.gate = g.gate and r.until > ${NOW}
    and exists (select from millhand.settled s where s.seq = r.job and s.state = 'complete')
  ) end`

/**
 * In the statement by which jobs leave: what those that are complete come to is the result of their equals from now on, in the
 * transaction in which the gate is left.
 */
export const KEEP_RESULTS = `answered as (
    insert into millhand.results (gate, job, until)
    select distinct on (a.gate) a.gate, m.seq, (select now from clock) + a.for_ms
    from moved m join unnest($seqs, $answered, $answersFor) as a(seq, gate, for_ms) using (seq)
    where a.gate is not null and m.state = 'complete' order by a.gate, m.seq desc
    on conflict (gate) do update set job = excluded.job, until = excluded.until
  ), `

const PRUNE = `delete from millhand.results where gate = any (array(
    select gate from millhand.results where until <= ${NOW} order by until, gate limit $2::integer for update skip locked))`

/** Forgets results that count no more, at most so many. */
export async function pruneResults(session: Session, limit: number): Promise<void> {
  await session.at(PRUNE, limit)
}
