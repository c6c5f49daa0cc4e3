import type { ClaimedJob, ClaimRequest, Place } from '../../jobs.ts'
import { tell, WAKE } from '../change.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, NOW, statement } from '../sql.ts'
import { asHeld, type Taken, takenIn, toHeld } from './held.ts'
import { detailsWhere, JOB_WIDTH, type JobFields, jobColumns, onlyBeside } from './job-row.ts'
import { LOOK_PARAMETERS, type Look, lookValues } from './look.ts'
import { inLane, LOOK, note } from './ready.ts'
import { FITTING, LEAVES_SOME, TAKEN, TAKING, TAKING_PARAMETERS } from './take.ts'

const PLACED = 'p.ctid as place, p.rank, p.due_at, p.seq, p.bytes'

/** A job that was taken, or a row without one that has the note of the claim. */
type HeldRow = readonly [...JobFields, beside: string | null]

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

/** The jobs that are `taken`, looked up at once: a plan for a few is kept, and must not read each with each. */
const JOBS = `select ${jobColumns(detailsWhere('(select any_detailed from detailed)'))}, null::text
    from millhand.jobs j where j.seq = any (array(select seq from taken))`

/** Mostly none of them has any. */
const DETAILED = 'detailed as materialized (select exists (select from taken where detailed) as any_detailed)'

const claimIn = (mode: 'top' | 'lane' | 'lanes'): string => `with recursive ${LIGHT_CLOCK}, ${LOOK[mode]},
  ${mode === 'lanes' ? OF_SEVERAL : OF_ONE}, ${FITTING}, ${TAKING}, ${DETAILED},
  ${tell('claimed')}
  ${JOBS} and ${WAKE}
  union all ${onlyBeside(JOB_WIDTH)}, ${note(mode, LEAVES_SOME, TAKEN)}`

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

const TAKE_PARAMETERS = {
  worker: 'text',
  seqs: 'bigint[]',
  epochs: 'integer[]',
  ...TAKING_PARAMETERS,
} as const

const TAKING_GIVEN = `with ${LIGHT_CLOCK}, fitting as materialized (
    select array(select p.ctid from millhand.pending p join unnest($seqs, $epochs) as c(seq, epoch)
    on p.seq = c.seq and p.epoch = c.epoch - 1 for update of p skip locked) as places
  ), ${TAKING}, ${tell('claimed')}`

const TAKE = statement(
  TAKE_PARAMETERS,
  `${TAKING_GIVEN}, ${DETAILED} ${JOBS} and ${WAKE} union all ${onlyBeside(JOB_WIDTH)}, ${TAKEN}::text`,
)

const TAKE_LOCKED = statement(TAKE_PARAMETERS, `${TAKING_GIVEN} select ${TAKEN}::text as taken where ${WAKE}`)

const ADOPT = `with mine as materialized (
    select * from millhand.claims where worker = $2 and call = any($3::text[]) and ${NOW} is not null
  )
  select ${jobColumns(detailsWhere('true'))}, null::text
  from millhand.jobs j where j.seq = any (array(select unnest(seqs) from mine))
  union all ${onlyBeside(JOB_WIDTH)}, ${takenIn('mine')}::text`

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
): Promise<HeldRow[]> {
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

interface Chosen {
  readonly jobs: readonly ClaimedJob[]
  readonly call: string
}

function takeValues({ worker, begins }: ClaimRequest, { jobs, call }: Chosen) {
  return {
    worker,
    seqs: jobs.map(({ seq }) => seq),
    epochs: jobs.map(({ epoch }) => epoch),
    call,
    begins,
  }
}

/** Takes jobs that were looked at before, where nobody else has meanwhile; they are read again, as they may have been replaced. */
export async function take(session: Session, request: ClaimRequest, chosen: Chosen): Promise<ClaimedJob[]> {
  const rows = await session.lists<HeldRow>(TAKE.text, ...TAKE.values(takeValues(request, chosen)))
  return toHeld(rows, besideIn(rows))
}

/** Takes jobs that are locked since they were read. */
export async function takeLocked(
  session: Session,
  request: ClaimRequest,
  chosen: Chosen,
): Promise<ClaimedJob[]> {
  const values = TAKE_LOCKED.values(takeValues(request, chosen))
  const [row] = await session.at<{ taken: string }>(TAKE_LOCKED.text, ...values)
  return row ? asHeld(chosen.jobs, JSON.parse(row.taken)) : []
}

/** What the row says that has no job. */
function besideIn(rows: readonly HeldRow[]): Taken {
  return JSON.parse(rows.findLast((row) => row[0] === null)?.[JOB_WIDTH] ?? '{}')
}

/** What earlier calls have claimed that got no answer. */
export async function adopt(
  session: Session,
  worker: string,
  calls: readonly string[],
): Promise<ClaimedJob[]> {
  const rows = await session.lists<HeldRow>(ADOPT, worker, calls)
  return toHeld(rows, besideIn(rows))
}
