import { bytesOf, type ClaimedJob, type ClaimRequest, type Place, placeOf, REFUSALS_MAX } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, statement } from '../sql.ts'
import { CANDIDATE_COLUMNS, type ClaimRow, ONLY_BESIDE, toCandidates, WITH_JOB } from './claimed.ts'
import {
  type Answer,
  type Due,
  LOOK_PARAMETERS,
  type Look,
  lookValues,
  NOTHING_SEEN,
  type Seen,
  whenPromoted,
} from './look.ts'
import { LOOK, note } from './ready.ts'
import { take } from './statements.ts'
import { FITTING } from './take.ts'

/** Candidates that are read at a time. */
const WINDOW = 200

/** Whether there is more behind what is given: in a lane, in another one, or for another answer. */
const MORE = `exists (select from read where nth = cap) or exists (select from cutoff)
    or (select cardinality(places) from fitting) < (select count(*) from read)`

const CANDIDATES = statement(
  { ...LOOK_PARAMETERS, bytesMax: 'bigint' },
  `with recursive ${LIGHT_CLOCK}, ${LOOK.candidates}, chosen as materialized (
    select p.ctid as place, p.rank, p.due_at, p.seq, p.bytes from (select seq from counted where picked) k
    cross join lateral (select ctid, * from millhand.pending where seq = k.seq limit 1) p
  ), ${FITTING}
  select ${CANDIDATE_COLUMNS}
  from (select * from millhand.pending where ctid = any ((select places from fitting)::tid[])) p ${WITH_JOB}
  union all ${ONLY_BESIDE}, ${note('lane', MORE)}`,
)

/** A claim with a predicate. */
export interface Choice {
  readonly request: ClaimRequest & Required<Pick<ClaimRequest, 'accepts'>>
  readonly class: Look['class']
  readonly heedsApart: boolean
  readonly due: Due
  /** Names the call. */
  readonly call: string
}

/** What it brings; `apart`: nothing, since a job waits that has to run alone. */
interface Chosen {
  readonly jobs: ClaimedJob[]
  readonly apart: boolean
  readonly due: Due
  readonly seen: Seen
}

/** Asks the predicate before it takes: what that refuses is left as it was, without a lock. */
export async function claimAccepted(session: Session, choice: Choice): Promise<Chosen> {
  const { request, call } = choice
  const { chosen, ...answer } = await choose(session, choice)
  const jobs = chosen.length === 0 ? [] : await take(session, request, { jobs: chosen, call })
  return { ...answer, jobs }
}

async function choose(session: Session, { request, due: from, call, ...kind }: Choice) {
  const { accepts, limit, bytesMax } = request
  const chosen: ClaimedJob[] = []
  let { after, due }: { after?: Place | undefined; due: Due } = { after: request.after, due: from }
  let [refusals, bytes] = [0, 0]
  let seen = NOTHING_SEEN
  for (let more = true; more; ) {
    const {
      rows,
      note,
      due: dueBefore,
    }: Answer<ClaimRow> = await whenPromoted(due, (promoting) =>
      candidates(session, request, { ...kind, ...promoting, after }),
    )
    due = dueBefore
    seen = note
    if (note.apart) return { chosen: [], apart: true, due, seen }
    const heads = toCandidates(rows)
    for (const job of heads) {
      if (accepts(job)) {
        bytes += bytesOf(job)
        if (bytes > bytesMax && chosen.length > 0) return { chosen, apart: false, due, seen }
        chosen.push(job)
      } else refusals += 1
      if (chosen.length >= limit || refusals >= REFUSALS_MAX) return { chosen, apart: false, due, seen }
    }
    more = note.more && heads.length > 0
    const last = heads.at(-1)
    after = last && placeOf(last)
  }
  return { chosen, apart: false, due, seen }
}

function candidates(session: Session, request: ClaimRequest, look: Look): Promise<ClaimRow[]> {
  const values = lookValues({ ...request, limit: WINDOW }, look)
  return session.lists<ClaimRow>(
    CANDIDATES.text,
    ...CANDIDATES.values({ ...values, bytesMax: WINDOW_BYTES_MAX }),
  )
}

/** A window of large jobs is shorter. */
const WINDOW_BYTES_MAX = 16 * 1024 * 1024
