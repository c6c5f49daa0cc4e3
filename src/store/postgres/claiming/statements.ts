import type { ClaimedJob, ClaimRequest, Place } from '../../jobs.ts'
import { tell, WAKE } from '../change.ts'
import { ASKED_DUE_AT } from '../order.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, NOW, statement } from '../sql.ts'
import { besideIn, type ClaimRow, JOB_COLUMNS, ONLY_BESIDE, PLACE, toClaimed, WITH_JOB } from './claimed.ts'
import { LOOK_PARAMETERS, type Look, lookValues } from './look.ts'
import { inLane, LOOK, note } from './ready.ts'
import { FITTING, LEAVES_SOME, TAKING, TAKING_PARAMETERS } from './take.ts'

const PLACED = 'p.ctid as place, p.rank, p.due_at, p.seq, p.bytes'

/** The first jobs of one lane are locked as they are found. What another worker has locked is skipped. */
const OF_ONE = `chosen as materialized (
    select p.* from start b cross join lateral (${inLane('b', PLACED)} limit $limit for update skip locked) p
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
const CLAIMED_COLUMNS = `${JOB_COLUMNS}, ${ASKED_DUE_AT}, p.attempt + 1, p.epoch + 1, p.crashes, p.care,
  case when not p.begun then p.expires_at end, (select now from clock), p.begun,
  (select first from hold) + p.part`

/** What was taken. */
const TAKEN = `parted p ${WITH_JOB}`

const claimIn = (mode: 'top' | 'lane' | 'lanes'): string => `with recursive ${LIGHT_CLOCK}, ${LOOK[mode]},
  ${mode === 'lanes' ? OF_SEVERAL : OF_ONE}, ${FITTING}, ${TAKING},
  ${tell('claimed')}
  select ${CLAIMED_COLUMNS}, ${PLACE} from ${TAKEN} where ${WAKE}
  union all ${ONLY_BESIDE}, ${note(mode, LEAVES_SOME)}`

const CLAIM_PARAMETERS = { ...LOOK_PARAMETERS, ...TAKING_PARAMETERS, bytesMax: 'bigint' } as const

const CLAIM_TOP = statement(CLAIM_PARAMETERS, claimIn('top'))

const CLAIM_LANE = statement(
  { ...CLAIM_PARAMETERS, lane: 'integer', rank: 'integer', dueAt: 'bigint', seq: 'bigint' },
  claimIn('lane'),
)

const CLAIM_LANES = statement(
  {
    ...CLAIM_PARAMETERS,
    ...{ lanes: 'integer[]', ranks: 'integer[]', dueAts: 'bigint[]', seqs: 'bigint[]', caps: 'integer[]' },
    ...{ cutRank: 'integer', cutDueAt: 'bigint', cutSeq: 'bigint' },
  },
  claimIn('lanes'),
)

const TAKE = statement(
  { worker: 'text', seqs: 'bigint[]', epochs: 'integer[]', ...TAKING_PARAMETERS },
  `with ${LIGHT_CLOCK}, fitting as materialized (
    select p.ctid as place from millhand.pending p join unnest($seqs, $epochs) as c(seq, epoch)
    on p.seq = c.seq and p.epoch = c.epoch - 1 for update of p skip locked
  ), ${TAKING}, ${tell('claimed')}
  select ${CLAIMED_COLUMNS}, ${PLACE} from ${TAKEN} where ${WAKE}`,
)

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
  { where, call, ...look }: Look & { readonly where: Where; readonly call: string },
): Promise<ClaimRow[]> {
  const { begins, bytesMax } = request
  const values = { ...lookValues(request, look), call, begins, bytesMax }
  if (!where) return session.lists(CLAIM_TOP.text, ...CLAIM_TOP.values(values))
  const { visits, cutoff = LAST } = where
  const [only] = visits
  if (only && visits.length === 1 && !where.cutoff) {
    const { lane, after } = only
    const place = { lane, rank: -after.priority, dueAt: after.dueAt, seq: after.seq }
    return session.lists(CLAIM_LANE.text, ...CLAIM_LANE.values({ ...values, ...place }))
  }
  const places = {
    lanes: visits.map(({ lane }) => lane),
    ranks: visits.map(({ after }) => -after.priority),
    dueAts: visits.map(({ after }) => after.dueAt),
    seqs: visits.map(({ after }) => after.seq),
    caps: visits.map(({ cap }) => cap),
  }
  const cut = { cutRank: -cutoff.priority, cutDueAt: cutoff.dueAt, cutSeq: cutoff.seq }
  return session.lists(CLAIM_LANES.text, ...CLAIM_LANES.values({ ...values, ...places, ...cut }))
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
  const { worker, begins } = request
  const values = TAKE.values({ worker, seqs, epochs, call, begins })
  const rows = await session.lists<ClaimRow>(TAKE.text, ...values)
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
