import type { ClaimedJob, ClaimRequest, Place } from '../../jobs.ts'
import { tell, WAKE } from '../change.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, NOW } from '../sql.ts'
import { besideIn, type ClaimRow, JOB_COLUMNS, ONLY_BESIDE, toClaimed, WITH_JOB } from './claimed.ts'
import { type Look, lookValues, placeOf } from './look.ts'
import { inLane, LOOK, note } from './ready.ts'
import { fitting, taking } from './take.ts'

const PLACED = 'p.ctid as place, p.rank, p.due_at, p.seq, p.bytes'

/** The first jobs of one lane are locked as they are found. What another worker has locked is skipped. */
const OF_ONE = `chosen as materialized (
    select p.* from start b cross join lateral (${inLane('b', PLACED)} limit $3::integer for update skip locked) p
  )`

/**
 * It has been looked, without a lock, how many of the best jobs each lane has; as many are locked in each. Where another
 * worker has locked some meanwhile, the lane's next ones are taken.
 */
const OF_SEVERAL = `shares as materialized (
    select lane, from_rank as rank, from_due_at as due_at, from_seq as seq, many from counted where nth = 1 and many > 0
  ), chosen as materialized (
    select p.* from shares b cross join lateral (${inLane('b', PLACED)} limit b.many for update skip locked) p
  )`

/** A pending job as it is when it is claimed. */
const CLAIMED_COLUMNS = `${JOB_COLUMNS}, p.due_at, p.attempt + 1, p.epoch + 1, p.crashes, p.care,
  case when not p.begun then p.expires_at end, (select now from clock), p.begun,
  (select first from hold) + p.part`

/** What was taken. */
const TAKEN = `parted p ${WITH_JOB}`

const claimIn = (mode: 'top' | 'lane' | 'lanes'): string => `with recursive ${LIGHT_CLOCK}, ${LOOK[mode]},
  ${mode === 'lanes' ? OF_SEVERAL : OF_ONE}, ${fitting('$17')}, ${taking({ call: '$15', begins: '$16' })},
  ${tell('claimed')}
  select ${CLAIMED_COLUMNS}, null from ${TAKEN} where ${WAKE}
  union all ${ONLY_BESIDE}, ${note(mode, '(select count(*) from chosen) > (select count(*) from fitting)')}`

const CLAIM = { top: claimIn('top'), lane: claimIn('lane'), lanes: claimIn('lanes') } as const

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
interface Visit {
  readonly lane: number
  readonly after: Place
  readonly cap: number
}

/** Lanes that are known, and the place that no job of another lane comes before. None: it looks from the top. */
export type Where = { readonly visits: readonly Visit[]; readonly cutoff: Place | undefined } | undefined

/**
 * Takes the best jobs where it looks. From the top it takes only where one lane has any: else it tells which ones have.
 * `call` names the call.
 */
export function claim(
  session: Session,
  request: ClaimRequest,
  { where, call, ...how }: Look & { readonly where: Where; readonly call: string },
): Promise<ClaimRow[]> {
  const values = [...lookValues(request, how), call, request.begins, request.bytesMax]
  if (!where) return session.lists(CLAIM.top, ...values)
  const { visits, cutoff = LAST } = where
  const [only] = visits
  if (only && visits.length === 1 && !where.cutoff)
    return session.lists(CLAIM.lane, ...values, only.lane, ...placeOf(only.after))
  return session.lists(
    CLAIM.lanes,
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
