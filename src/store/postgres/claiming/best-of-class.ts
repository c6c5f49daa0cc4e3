import { runsAlone } from '../../../job/care.ts'
import { PARKED_MAX } from '../../admissions.ts'
import type { ClaimedJob, ClaimRequest } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, statement, timely } from '../sql.ts'
import { CANDIDATE_COLUMNS, type ClaimRow, toCandidates, WITH_JOB } from './claimed.ts'
import { LOOK_PARAMETERS, lookValues } from './look.ts'
import { isOpen, isServed } from './ready.ts'
import type { LanesOfClass } from './requiring.ts'

/** Jobs that one look locks, for each that it may take: some of them will have to wait at their gates. */
const LOOKED_AT = 2
const LOOKED_AT_MIN = 50

const { dueFrom, dueFromSeq, promotes, horizon, heedsApart, capable, ...PARAMETERS } = LOOK_PARAMETERS

/**
 * The best jobs of a class that has to pass gates, in lanes that are found by going through the index from one to the next; or in
 * those that were found. One that was moved before it was locked is left to the next look: what is read of it is of before. The
 * sums leave the planner no index but that of the numbers: another one, as long as it was empty, would be read whole for each.
 */
const CANDIDATES = statement(
  { ...PARAMETERS, alone: 'boolean', lanes: 'integer[]' },
  `with recursive ${LIGHT_CLOCK}, present as (
    (select lane from millhand.pending where waits = 1 and class = $class and $lanes is null
      order by lane limit 1)
    union all
    select (select p.lane from millhand.pending p where p.waits = 1 and p.class = $class and p.lane > n.lane
      order by p.lane limit 1) from present n where n.lane is not null
  ), served as materialized (
    select l.id as lane from (select lane from present union all select unnest($lanes)) n
    cross join lateral (select * from millhand.lanes where id = n.lane limit 1) l
    where ($lanes is not null or ${isServed('l')}) and ${isOpen('l.queue')}
    and exists (select from millhand.workers w where w.id = $worker and w.lease_until > (select now from clock))
  ), best as materialized (
    select p.seq, p.lane, p.rank from served s cross join lateral (
      select seq, lane, rank, due_at from millhand.pending p where p.waits = 1 and p.class = $class and p.lane = s.lane
      and (p.rank, p.due_at, p.seq) > ($afterRank, $afterDueAt, $afterSeq) and (p.care <> 2 or $alone)
      and ${timely()}
      order by p.rank, p.due_at, p.seq limit $limit
    ) p order by p.rank, p.due_at, p.seq limit $limit
  ), candidates as materialized (
    select p.* from millhand.pending p
    where (p.seq, p.lane + 0, p.rank + 0) in (select seq, lane, rank from best) and p.waits + 0 = 1 for update of p skip locked
  )
  select ${CANDIDATE_COLUMNS}
  from candidates p ${WITH_JOB}`,
)

/** A job with what is heeded where it is ready: see `Admissions.admit`. */
export interface Candidate extends ClaimedJob {
  readonly heeded: { readonly requirements?: string; readonly group?: string }
}

/** A look that takes nothing, and makes nothing ready. */
export const FROM_TOP = {
  due: { dueAt: 0, seq: 0 },
  promotes: 0,
  horizonMs: null,
  heedsApart: false,
} as const

/** The best of a class, which it locks until the transaction ends. */
export async function bestIn(
  session: Session,
  request: ClaimRequest,
  where: LanesOfClass,
): Promise<Candidate[]> {
  const limit = Math.min(
    PARKED_MAX,
    Math.max(LOOKED_AT_MIN, LOOKED_AT * Math.min(request.begins, request.limit)),
  )
  const look = { ...FROM_TOP, class: where.class, after: request.after }
  const values = {
    ...lookValues({ ...request, limit }, look),
    alone: String(request.takesAlone),
    lanes: where.lanes,
  }
  const rows = await session.lists<ClaimRow>(CANDIDATES.text, ...CANDIDATES.values(values))
  return toCandidates(rows).map((job) => ({ ...job, heeded: heededOf(job, where) }))
}

/** Who runs alone takes no turn. */
function heededOf(job: ClaimedJob, { lanes }: LanesOfClass): Candidate['heeded'] {
  return { ...(lanes === null && { requirements: '' }), ...(!runsAlone(job) && { group: '' }) }
}
