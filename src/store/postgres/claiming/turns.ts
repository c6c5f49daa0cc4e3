import { DrawnLine, type DrawRules } from '../../../job/drawn-line.ts'
import type { Placed, PlannedTurns } from '../../../job/fair-turns.ts'
import { groupIn } from '../../../job/job-gates.ts'
import { readSettings } from '../../../job/queue-settings.ts'
import { systemRandom } from '../../../kit/random.ts'
import { ranksOf, type Standing } from '../../in-turn.ts'
import { type ClaimedJob, type ClaimRequest, compareJobs, placeOf } from '../../jobs.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, statement } from '../sql.ts'
import type { Candidate } from './best-of-class.ts'
import { CANDIDATE_COLUMNS, type ClaimRow, toCandidates, WITH_JOB } from './claimed.ts'
import { TURN } from './lane-of-job.ts'
import { type QueueStock, type StockPlace, stocksFor } from './stocks.ts'

/** Jobs that are drawn for each that may begin: others may have locked some, as they begin with the same ones. */
const DRAWN_FOR_EACH = 3
/** Where the worker has a predicate, which may refuse some: at least so many, as of those with limits. */
const DRAWN_MIN = 50

/**
 * As many as may begin, in the order in which they were drawn; what somebody else has locked, or has moved, is passed over. The sums:
 * see best-of-class.ts.
 */
const LOCK = statement(
  { seqs: 'bigint[]', lanes: 'integer[]', limit: 'integer' },
  `with ${LIGHT_CLOCK}, candidates as materialized (
    select p.* from unnest($seqs, $lanes) with ordinality as g(seq, lane, nth) join millhand.pending p using (seq)
    where p.seq = any($seqs) and p.waits + 0 = 1 and p.class + 0 = ${TURN} and p.lane + 0 = g.lane
    order by g.nth limit $limit for update of p skip locked
  )
  select ${CANDIDATE_COLUMNS}
  from candidates p ${WITH_JOB}`,
)

/** What was drawn and locked of one queue. */
export interface DrawnQueue {
  readonly rules: DrawRules
  /** In the order of their places. */
  readonly jobs: readonly Candidate[]
}

interface Locked {
  readonly queues: readonly DrawnQueue[]
  /** There is more, or somebody else has locked some of it: it is worth to draw again. */
  readonly missed: boolean
}

/**
 * Draws of each queue, as many as could begin and some more, and locks as many as could begin; where the worker has a predicate, all
 * of them. In which order those begin that are locked is another draw: see `lineOf`.
 */
export async function drawn(session: Session, request: ClaimRequest, turns: PlannedTurns): Promise<Locked> {
  const count = Math.min(request.limit, request.begins)
  const most = Math.max(request.accepts ? DRAWN_MIN : 0, DRAWN_FOR_EACH * count)
  const stocks = await stocksFor(session, { ...request, limit: request.accepts ? most : count }, turns)
  const lines = stocks.map((stock) => drawOf(stock, rulesOf(stock, request, turns), most))
  const all = knownOf(lines).sort((one, other) => compareJobs(one.at, other.at))
  if (all.length === 0) return { queues: [], missed: false }
  const limit = request.accepts ? most : count
  const [seqs, lanes] = [all.map(({ seq }) => seq), all.map(({ lane }) => lane)]
  const values = LOCK.values({ seqs, lanes, limit })
  const locked = toCandidates(await session.lists<ClaimRow>(LOCK.text, ...values))
  const queues = Map.groupBy(locked, ({ queue }) => queue)
  return {
    queues: lines.map(({ rules }) => ({ rules, jobs: (queues.get(rules.queue) ?? []).map(asCandidate) })),
    missed: locked.length < count && (locked.length < all.length || lines.some(({ isCut }) => isCut)),
  }
}

interface Drawn {
  readonly seq: number
  readonly lane: number
  readonly at: Placed
}

interface Line {
  readonly jobs: readonly Drawn[]
  /** There is more of it that was not looked at. */
  readonly isCut: boolean
}

/** What is drawn of all queues, up to where the first line is cut: what comes behind may come behind the rest of that, too. */
function knownOf(lines: readonly Line[]) {
  const ends = lines.flatMap(({ jobs, isCut }) => (isCut ? (jobs.at(-1)?.at ?? []) : []))
  const [end] = ends.sort(compareJobs)
  return lines.flatMap(({ jobs }) => jobs).filter(({ at }) => !end || compareJobs(at, end) <= 0)
}

function asCandidate(job: ClaimedJob): Candidate {
  return { ...job, heeded: {} }
}

function rulesOf(
  { queue, settings }: QueueStock,
  { random = systemRandom }: Pick<ClaimRequest, 'random'>,
  turns: PlannedTurns,
): DrawRules {
  const { order, weights = {}, shares = {} } = readSettings(settings)
  return { queue, weights: order === 'weighted' ? weights : null, shares, random, turns }
}

/** What is drawn of one queue, as if all of it were taken. */
function drawOf({ ranks, hasMore }: QueueStock, rules: DrawRules, count: number) {
  const line = new DrawnLine<StockPlace>(ranks, { ...rules, turns: rules.turns.beside() })
  const jobs: Drawn[] = []
  while (jobs.length < count) {
    const { at } = line
    const job = line.next()
    if (!at || !job) return { rules, jobs, isCut: line.isCut || (hasMore && rules.weights === null) }
    line.took(job)
    jobs.push({ seq: job.seq, lane: job.lane, at })
  }
  return { rules, jobs, isCut: true }
}

/** How those are drawn that are locked. */
export function lineOf({ rules, jobs }: DrawnQueue): DrawnLine<Standing<Candidate>> {
  const standing = jobs.map((job) => ({ ...placeOf(job), job }))
  return new DrawnLine(
    ranksOf(standing, ({ limits }) => groupIn(limits)),
    rules,
  )
}
