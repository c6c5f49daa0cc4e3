import type { ClaimedJob, ClaimRequest, Place } from '../jobs.ts'
import { besideIn, type ClaimRow, JOB_COLUMNS, ONLY_BESIDE, toClaimed, WITH_JOB } from './claimed.ts'
import { type Look, lookValues, placeOf } from './look.ts'
import { inLane, look, note } from './ready.ts'
import type { Session } from './session.ts'
import { LIGHT_CLOCK, NOW, tell, WAKE } from './sql.ts'
import { fitting, taking } from './take.ts'

/**
 * One lane, as most often: its first jobs are locked as they are found. Else it has been looked, without a lock, how
 * many of the best jobs each lane has, and then as many are locked in each. What another worker has locked meanwhile is
 * skipped: then the lane's next ones are taken.
 */
const CHOSEN = `shares as materialized (
    select lane, rank, due_at, seq, $3::integer as many from visited where (select count(*) from visited) = 1
    union all select v.lane, v.rank, v.due_at, v.seq, p.many from visited v join picked p using (lane)
  ), chosen as materialized (
    select p.* from shares b cross join lateral (
      ${inLane('b', 'p.ctid as place, p.rank, p.due_at, p.seq, p.bytes')} limit b.many for update skip locked) p
  )`

/** A pending job as it is when it is claimed. */
const CLAIMED_COLUMNS = `${JOB_COLUMNS}, p.due_at, p.attempt + 1, p.epoch + 1, p.crashes, p.care,
  case when not p.begun then p.expires_at end, (select now from clock), p.begun, h.hold`

/** What was taken, each job with what it is held in. */
const TAKEN = `parted p join holds h using (part) ${WITH_JOB}`

const claimIn = (
  mode: 'top' | 'known',
): string => `with recursive ${LIGHT_CLOCK}, ${look(mode, 'several')}, ${CHOSEN},
  ${fitting('$17')}, ${taking({ call: '$15', begins: '$16' })}, ${tell('claimed')}
  select ${CLAIMED_COLUMNS}, null from ${TAKEN} where ${WAKE}
  union all ${ONLY_BESIDE}, ${note(mode, '(select count(*) from chosen) > (select count(*) from fitting)')}`

const CLAIM = claimIn('top')
const CLAIM_KNOWN = claimIn('known')

const TAKE = `with ${LIGHT_CLOCK}, fitting as materialized (
    select p.ctid as place from millhand.pending p join unnest($3::bigint[], $4::integer[]) as c(seq, epoch)
    on p.seq = c.seq and p.epoch = c.epoch - 1 for update of p skip locked
  ), ${taking({ call: '$5', begins: '$6' })}, ${tell('claimed')}
  select ${CLAIMED_COLUMNS}, null from ${TAKEN} where ${WAKE}`

const ADOPT = `select ${JOB_COLUMNS}, u.due_at, u.attempt, u.epoch, u.crashes, coalesce(u.care, 0), u.expires_at,
  c.started_at, c.begun, c.id, c.call from millhand.claims c
  cross join lateral unnest(c.seqs, c.epochs, c.attempts, c.crashes, c.dues, c.cares, c.expiries)
    as u(seq, epoch, attempt, crashes, due_at, care, expires_at)
  join millhand.jobs j using (seq) left join millhand.details d using (seq)
  where c.worker = $2 and c.call = any($3::text[]) and ${NOW} is not null`

/** Lanes to look into: of each, the place behind which it has jobs, and how many of them are read at most. */
export interface Visit {
  readonly lane: number
  readonly after: Place
  readonly cap: number
}

/** Where a claim looks: from the top, or in lanes that are known, as far as a place that no other one comes before. */
export type Where =
  | Pick<Look, 'after'>
  | { readonly visits: readonly Visit[]; readonly cutoff: Place | undefined }

/** Takes the best jobs where it looks. `call` names the call. */
export function claim(
  session: Session,
  request: ClaimRequest,
  { where, call, ...how }: Omit<Look, 'after'> & { readonly where: Where; readonly call: string },
): Promise<ClaimRow[]> {
  const after = 'after' in where ? where.after : undefined
  const values = [...lookValues(request, { ...how, after }), call, request.begins, request.bytesMax]
  if (!('visits' in where)) return session.lists(CLAIM, ...values)
  const { visits, cutoff = LAST } = where
  return session.lists(
    CLAIM_KNOWN,
    ...values,
    visits.map(({ lane }) => lane),
    visits.map(({ after }) => -after.priority),
    visits.map(({ after }) => after.dueAt),
    visits.map(({ after }) => after.seq),
    visits.map(({ cap }) => cap),
    ...placeOf(cutoff),
  )
}

/** After every job. */
const LAST: Place = { priority: -(2 ** 31) + 1, dueAt: 0, seq: 0 }

/** Takes jobs that were looked at before, where nobody else has meanwhile. */
export async function take(
  session: Session,
  request: ClaimRequest,
  { jobs, call }: { readonly jobs: readonly ClaimedJob[]; readonly call: string },
): Promise<ClaimedJob[]> {
  const [seqs, epochs] = [jobs.map(({ seq }) => seq), jobs.map(({ epoch }) => epoch)]
  const rows = await session.lists<ClaimRow>(TAKE, request.worker, seqs, epochs, call, request.begins)
  return toClaimed(rows, () => call)
}

/** What earlier calls have claimed that got no answer. */
export async function adopt(
  session: Session,
  worker: string,
  calls: readonly string[],
): Promise<ClaimedJob[]> {
  return toClaimed(await session.lists<ClaimRow>(ADOPT, worker, calls), besideIn)
}
