import { claimClass } from '../../job/interruption.ts'
import { type ClaimedJob, type ClaimRequest, type Place, REFUSALS_MAX } from '../jobs.ts'
import { atMs, besideCall, type ClaimRow, JOB_COLUMNS, promotedIn, toClaimed } from './claimed.ts'
import type { Session, Value } from './session.ts'
import { LIGHT_CLOCK, NOW, tell, WAKE } from './sql.ts'

/** Jobs that become ready in one statement. Bounds how long it holds their locks. */
const PROMOTE_MAX = 1_000
/** Statements of a claim that do so, before it takes what is ready whatever else is due: the next claim goes on. */
const PROMOTE_ROUNDS = 3
/** A job may be due before the transaction that stores it has committed. */
const DUE_GRACE_MS = 1_000
/** Jobs that stand in one row of `claims`: few enough that the row is not moved out of line. */
const CLAIM_ROW_JOBS = 64
/** Candidates that are read at a time for a predicate. */
const WINDOW = 200

/** What is due at `$14`, the time of the claim's first look, in the order of its due time, from a place on. */
const DUE = `promoted as (
    update millhand.pending p set claimable = case when crashes > 0 then 2 else 1 end
    where ctid = any (array(select ctid from millhand.pending
      where claimable is null and due_at <= coalesce($14::bigint, (select now from clock))
      and (due_at, seq) > ($10::bigint, $11::bigint)
      and exists (select from millhand.workers w where w.id = $2 and w.lease_until > (select now from clock))
      order by due_at, seq limit $12::integer for update skip locked))
    returning rank, due_at, seq
  ), due as materialized (
    select (select count(*) from promoted) = 0 as all_seen,
      (select json_build_array(due_at, seq)::text from promoted order by due_at desc, seq desc limit 1) as last,
      (select json_build_array(-rank, due_at, seq)::text from promoted order by rank, due_at, seq limit 1) as best
  )`

/** The lanes (queue and name) that the worker serves. None where jobs have just become ready: they are to be seen first. */
const SERVED = `served as materialized (
    select l.queue, l.name from millhand.lanes l
    where (select all_seen from due)
    and ($4::text[] is null or l.name = any($4)) and ($5::text[] is null or l.queue = any($5))
    and not exists (select from millhand.queues q where q.queue = l.queue and q.paused_at is not null)
    and exists (select from millhand.workers w where w.id = $2 and w.lease_until > (select now from clock))
  )`

/** The jobs of one lane in order, from a place on; `from` has the columns of the lane. */
const inLane = (from: string, columns: string): string => `select ${columns} from millhand.pending p
  where p.claimable = ${from}.claimable and p.queue = ${from}.queue and p.name = ${from}.name
  and (p.rank, p.due_at, p.seq) > ($7::integer, $8::bigint, $9::bigint)
  and (p.expires_at is null or p.expires_at > (select now from clock))
  order by p.rank, p.due_at, p.seq`

/** The best jobs of one class, at most `most`, without a lock. */
const bestOf = (claimable: 1 | 2, most: string, columns: string): string => `(
    select ${columns} from (select queue, name, ${claimable}::smallint as claimable from served where ${most} > 0) s
    cross join lateral (${inLane('s', 'p.*')} limit ${most}) p
    order by p.rank, p.due_at, p.seq limit ${most})`

const best = (columns: string): string => `${bestOf(1, '$3::integer', columns)}
    union all ${bestOf(2, 'least($3::integer, $6::integer)', columns)}
    order by rank, due_at, seq limit $3`

/**
 * One lane and nothing that runs apart, as most often: its first jobs are locked as they are found. Else it is looked,
 * without a lock, how many of the best jobs each lane has, and then as many are locked in each. What another worker
 * has locked meanwhile is skipped: then the lane's next ones are taken.
 */
const CHOSEN = `alone as materialized (
    select queue, name, 1::smallint as claimable, $3::bigint as many from served
    where (select count(*) from served) = 1 and (
      $6::integer = 0 or not exists (select from millhand.pending where claimable = 2 limit 1))
  ), shares as materialized (
    select * from alone union all
    select queue, name, claimable, count(*)
    from (${best('p.queue, p.name, p.claimable, p.rank, p.due_at, p.seq')}) heads
    where not exists (select from alone) group by queue, name, claimable
  ), chosen as materialized (
    select p.place from shares b
    cross join lateral (${inLane('b', 'p.ctid as place')} limit b.many for update skip locked) p
  )`

/** Takes what is `chosen` and makes it the worker's. `call` is the parameter that names the call. */
const taking = (call: string): string => `taken as (
    delete from millhand.pending where ctid = any (array(select place from chosen))
    returning seq, due_at, attempt, epoch, crashes, detailed
  ), parted as materialized (
    select *, (row_number() over () - 1) / ${CLAIM_ROW_JOBS} as part from taken
  ), holds as materialized (
    select part, nextval('millhand.holds') as hold from (select distinct part from parted) parts
  ), held as (
    insert into millhand.claims (id, worker, call, started_at, low, high, seqs, epochs, attempts, crashes, dues)
    select hold, $2, ${call}, (select now from clock), min(seq), max(seq), array_agg(seq), array_agg(epoch + 1),
      array_agg(attempt + 1), array_agg(crashes), array_agg(due_at)
    from parted join holds using (part) group by hold
  ), claimed as (
    select seq, epoch + 1 as epoch, 'claim' as verb, 'running' as state from taken
  )`

/**
 * The job of a row `p`, by a look into the index for each: a plan that is kept may have been made when the tables were
 * empty, and must not read them whole when they are full. The limits keep the planner from another way.
 */
const WITH_JOB = `join lateral (select * from millhand.jobs where seq = p.seq limit 1) j on true
  left join lateral (
    select errors, checkpoint from millhand.details where p.detailed and seq = p.seq limit 1
  ) d on true`

/** A pending job as it is when it is claimed. */
const NEXT_COLUMNS = `${JOB_COLUMNS}, p.due_at, p.attempt + 1, p.epoch + 1, p.crashes, (select now from clock)`
/** What was taken, each job with what it is held in. */
const TAKEN = `parted p join holds h using (part) ${WITH_JOB}`

/** One row at least: with no job in it where there was none, to say what has become ready. */
const CLAIM = `with ${LIGHT_CLOCK}, ${DUE}, ${SERVED}, ${CHOSEN}, ${taking('$13')}, ${tell('claimed')}
  select ${NEXT_COLUMNS}, h.hold, null, due.last, due.best from due left join (${TAKEN}) on ${WAKE}`

const CANDIDATES = `with ${LIGHT_CLOCK}, ${DUE}, ${SERVED}, heads as (${best('p.*')})
  select ${NEXT_COLUMNS}, null, $13::text, due.last, due.best from due left join (heads p ${WITH_JOB}) on true
  order by p.rank, p.due_at, p.seq`

const TAKE = `with ${LIGHT_CLOCK}, chosen as materialized (
    select p.ctid as place from millhand.pending p join unnest($3::bigint[], $4::integer[]) as c(seq, epoch)
    on p.seq = c.seq and p.epoch = c.epoch - 1 for update of p skip locked
  ), ${taking('$5')}, ${tell('claimed')}
  select ${NEXT_COLUMNS}, h.hold from ${TAKEN} where ${WAKE}`

const ADOPT = `select ${JOB_COLUMNS}, u.due_at, u.attempt, u.epoch, u.crashes, c.started_at, c.id, c.call
  from millhand.claims c
  cross join lateral unnest(c.seqs, c.epochs, c.attempts, c.crashes, c.dues) as u(seq, epoch, attempt, crashes, due_at)
  join millhand.jobs j using (seq) left join millhand.details d using (seq)
  where c.worker = $2 and c.call = any($3::text[]) and ${NOW} is not null`

/** Where a claim begins to look: in the order, and among what becomes due. */
export interface From {
  readonly after: Place | undefined
  readonly due: Due
}

/** A place in the order of the due times. */
export type Due = Pick<Place, 'dueAt' | 'seq'>

/** What a claim brings, and where the next one may begin to look for what becomes due. */
export interface Claim {
  readonly jobs: ClaimedJob[]
  readonly due: Due
}

/** What names a call, and where it begins. */
interface ClaimCall extends From {
  readonly call: string
}

/** Takes the best due jobs that the worker serves. */
export async function claim(session: Session, request: ClaimRequest, how: ClaimCall): Promise<Claim> {
  if (request.limit <= 0) return { jobs: [], due: how.due }
  if (request.accepts) return claimAccepted(session, { ...request, accepts: request.accepts }, how)
  const { rows, due } = await whenPromoted(how, (from) => look(session, CLAIM, request, { ...how, ...from }))
  return { jobs: toClaimed(rows, () => how.call), due }
}

/** What earlier calls have claimed that got no answer. */
export async function adopt(
  session: Session,
  worker: string,
  calls: readonly string[],
): Promise<ClaimedJob[]> {
  return toClaimed(await session.lists<ClaimRow>(ADOPT, worker, calls), besideCall)
}

/** Asks the predicate before it takes: what that refuses is left as it was, without a lock. */
async function claimAccepted(
  session: Session,
  request: ClaimRequest & Required<Pick<ClaimRequest, 'accepts'>>,
  how: ClaimCall,
): Promise<Claim> {
  const chosen: ClaimedJob[] = []
  const room = { suspects: request.suspects, refusals: REFUSALS_MAX }
  const window = { ...request, limit: WINDOW, suspects: request.suspects > 0 ? WINDOW : 0 }
  let from: From = how
  for (let full = true; full && chosen.length < request.limit && room.refusals > 0; ) {
    const { rows, due } = await whenPromoted(from, (next) =>
      look(session, CANDIDATES, window, { ...how, ...next }),
    )
    const heads = toClaimed(rows, () => how.call)
    for (const job of heads) {
      if (chosen.length >= request.limit || room.refusals <= 0) break
      const isSuspect = claimClass(job.crashes) === 'suspect'
      if (isSuspect && room.suspects <= 0) continue
      if (!request.accepts(job)) room.refusals -= 1
      else {
        chosen.push(job)
        if (isSuspect) room.suspects -= 1
      }
    }
    full = heads.length === WINDOW
    from = { after: heads.at(-1), due }
  }
  if (chosen.length === 0) return { jobs: [], due: from.due }
  const [seqs, epochs] = [chosen.map((job) => job.seq), chosen.map((job) => job.epoch)]
  const rows = await session.lists<ClaimRow>(TAKE, request.worker, seqs, epochs, how.call)
  return { jobs: toClaimed(rows, () => how.call), due: from.due }
}

interface Look extends ClaimCall {
  readonly promotes: number
  /** The time at which the claim has looked first: what becomes due later is the next one's. */
  readonly horizonMs: number | null
}

function look(session: Session, statement: string, request: ClaimRequest, how: Look): Promise<ClaimRow[]> {
  const { worker, limit, names, queues, suspects } = request
  const { after, due, call, promotes, horizonMs } = how
  const wish: Value[] = [worker, limit, names, queues, suspects]
  return session.lists(statement, ...wish, ...placeOf(after), due.dueAt, due.seq, promotes, call, horizonMs)
}

/**
 * What is due by the time of the first look becomes ready first, in bounded pieces; a look that has made something
 * ready takes nothing, so that it is seen among the others. Then is taken what is ready, whatever else is due: jobs
 * that keep coming due stop no claim.
 */
async function whenPromoted(
  from: From,
  look: (how: From & Pick<Look, 'promotes' | 'horizonMs'>) => Promise<ClaimRow[]>,
): Promise<{ readonly rows: readonly ClaimRow[]; readonly due: Due }> {
  let { after, due } = from
  let horizonMs: number | null = null
  for (let round = 0; ; round += 1) {
    const promotes = round < PROMOTE_ROUNDS ? PROMOTE_MAX : 0
    const rows = await look({ after, due, promotes, horizonMs })
    const promoted = promotedIn(rows)
    if (!promoted) {
      const seenMs = (horizonMs ?? atMs(rows)) - DUE_GRACE_MS
      // One row without a job says that there is none.
      return { rows: rows[0]?.[0] === null ? [] : rows, due: promotes > 0 ? { dueAt: seenMs, seq: 0 } : due }
    }
    horizonMs ??= atMs(rows)
    due = promoted.last
    if (after && comesBefore(promoted.best, after)) after = { ...promoted.best, seq: promoted.best.seq - 1 }
  }
}

function comesBefore(one: Place, other: Place): boolean {
  return (other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq) < 0
}

/** A place before every job where there is none to begin at. */
function placeOf(after: Place | undefined): [number, number, number] {
  return after ? [-after.priority, after.dueAt, after.seq] : [-(2 ** 31), 0, 0]
}
