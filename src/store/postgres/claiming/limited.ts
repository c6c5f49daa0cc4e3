import { runsAlone } from '../../../job/care.ts'
import type { PlannedTurns } from '../../../job/fair-turns.ts'
import { OPEN_GATE } from '../../../job/gate.ts'
import { readGates as gatesOf } from '../../../job/job-gates.ts'
import { Admissions } from '../../admissions.ts'
import { InTurn } from '../../in-turn.ts'
import { bytesOf, type ClaimedJob, type ClaimRequest, compareJobs, type Place, placeOf } from '../../jobs.ts'
import type { Claims } from '../claim.ts'
import type { Database } from '../database.ts'
import { type Gates, makeGates, noteOpenings, readGates } from '../gates.ts'
import type { Session } from '../session.ts'
import { statement } from '../sql.ts'
import { bestIn, type Candidate } from './best-of-class.ts'
import { orNothing, restBeside } from './filling.ts'
import { LIMITED } from './lane-of-job.ts'
import { type LanesOfClass, requiringLanes } from './requiring.ts'
import { takeLocked } from './statements.ts'
import { type DrawnQueue, drawn, lineOf } from './turns.ts'

/** Looks in one claim: each one takes something, or puts something away. */
const ROUNDS_MAX = 10

const LOCKED = `select g.gate, l.gate is not null as locked, exists (select from millhand.gates where gate = g.gate) as made
  from unnest($1::text[]) as g(gate) left join (
    select gate from millhand.gates where gate = any($1::text[]) order by gate for update skip locked
  ) l on l.gate = g.gate`

interface LockedRow {
  readonly gate: string
  readonly locked: boolean
  readonly made: boolean
}

const WRITE = statement(
  {
    ...{ heldGates: 'text[]', holders: 'bigint[]', parkedAt: 'text[]', parked: 'bigint[]' },
    ...{ grantedGates: 'text[]', grants: 'text[]' },
  },
  `with held as (
    insert into millhand.holders (gate, job) select * from unnest($heldGates, $holders) on conflict do nothing
  ), waiting as (
    update millhand.pending p set waits = 3, gate = g.gate
    from unnest($parkedAt, $parked) as g(gate, seq) where p.seq = g.seq
  )
  update millhand.gates m set grants = g.grants from unnest($grantedGates, $grants) as g(gate, grants)
  where m.gate = g.gate and $1::bigint is not distinct from $1::bigint`,
)

interface LimitedClaim {
  readonly request: ClaimRequest
  /** Only jobs that come before: others are better. */
  readonly before: Place | undefined
  /** Those of jobs that require something, which the worker has, by their class. */
  readonly lanes: readonly LanesOfClass[]
  readonly calls: Pick<Claims, 'nextCall' | 'orDoubt'>
  readonly turns: PlannedTurns
}

/**
 * Claims jobs that have to pass gates, best first, and those alone that can begin at once. Who passes is decided under the
 * locks of the gates; a gate that somebody else has locked is left for the next look. What cannot pass is left to wait at
 * its gate, so that nobody looks at it again before that opens. On the disk when it is answered: a handler that runs must
 * not be forgotten.
 */
export async function claimLimited(
  database: Database,
  claim: Omit<LimitedClaim, 'lanes'>,
): Promise<ClaimedJob[]> {
  const jobs: ClaimedJob[] = []
  const lanes = await requiringLanes(database.session, claim.request)
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const request = restBeside(claim.request, jobs)
    if (request.begins <= 0 || request.limit <= 0 || jobs.some(runsAlone)) break
    const looked = await orNothing(jobs, NOTHING, () => lookAgain(database, { ...claim, request, lanes }))
    jobs.push(...looked.jobs)
    if (!looked.more) break
  }
  return jobs
}

interface Looked {
  readonly jobs: ClaimedJob[]
  /** Something was put away, or a gate was made: it is worth to look again. */
  readonly more: boolean
}

const NOTHING: Looked = { jobs: [], more: false }

/** What is only drawn, or requires something, passes none. */
const NO_GATES: Gates = {
  nowMs: 0,
  limit: () => undefined,
  state: () => OPEN_GATE,
  firstPriority: () => undefined,
}

function lookAgain(database: Database, claim: LimitedClaim): Promise<Looked> {
  const call = claim.calls.nextCall()
  return claim.calls.orDoubt(claim.request, call, () => look(database, claim, call))
}

async function look(database: Database, claim: LimitedClaim, call: string): Promise<Looked> {
  const { found, unmade, missed } = await database.briefTransaction(async (_, session) => {
    const { missed, ...candidates } = await candidatesOf(session, claim)
    const all = [...candidates.sorted, ...candidates.queues.flatMap(({ jobs }) => jobs)]
    if (all.length === 0) return { found: NOTHING, unmade: [], missed }
    const names = [...new Set(all.flatMap(({ limits }) => gatesOf(limits).map(({ gate }) => gate)))].sort()
    const rows = names.length === 0 ? [] : await session.rows<LockedRow>(LOCKED, names)
    const locked = new Set(rows.flatMap(({ gate, locked: isLocked }) => (isLocked ? [gate] : [])))
    const gates = locked.size === 0 ? NO_GATES : await readGates(session, [...locked])
    const passable = among(candidates, ({ limits }) => gatesOf(limits).every(({ gate }) => locked.has(gate)))
    const missing = rows.filter(({ made }) => !made).map(({ gate }) => gate)
    return {
      found: await admit(session, { claim, call, candidates: passable, gates }),
      unmade: missing,
      missed,
    }
  })
  await makeGates(database.session, unmade)
  return { jobs: found.jobs, more: found.more || missed || unmade.length > 0 }
}

/** What a claim may take, and has locked: in its order, and of the queues that are drawn from. */
interface Candidates {
  readonly sorted: readonly Candidate[]
  readonly queues: readonly DrawnQueue[]
}

async function candidatesOf(
  session: Session,
  claim: LimitedClaim,
): Promise<Candidates & { readonly missed: boolean }> {
  const fromQueues = await drawn(session, claim.request, claim.turns)
  return { sorted: await sortedOf(session, claim), ...fromQueues }
}

/** Those that fit. */
function among({ sorted, queues }: Candidates, fits: (job: Candidate) => boolean): Candidates {
  return {
    sorted: sorted.filter(fits),
    queues: queues.map(({ rules, jobs }) => ({ rules, jobs: jobs.filter(fits) })),
  }
}

/** The best of both classes. One that requires anything is of the second, or was put where nobody asks for that. */
async function sortedOf(session: Session, claim: LimitedClaim): Promise<Candidate[]> {
  const candidates = await bestIn(session, claim.request, { class: LIMITED, lanes: null })
  for (const each of claim.lanes) candidates.push(...(await bestIn(session, claim.request, each)))
  return candidates.sort(compareJobs)
}

interface Admitting {
  readonly claim: LimitedClaim
  readonly call: string
  readonly candidates: Candidates
  readonly gates: Gates
}

/** Lets pass whom the gates let, and takes them. */
async function admit(session: Session, { claim, call, candidates, gates }: Admitting): Promise<Looked> {
  const admissions = new Admissions(gates, gates.nowMs)
  const { request } = claim
  const chosen = choose(candidates, claim, admissions)
  const taken =
    chosen.length === 0
      ? []
      : await takeLocked(session, { ...request, begins: chosen.length }, { jobs: chosen, call })
  const bySeq = new Map(taken.map((job) => [job.seq, job]))
  const jobs = chosen.flatMap(({ seq }) => bySeq.get(seq) ?? [])
  if (jobs[0]) admissions.takenAt(jobs[0].claimedAt)
  await write(session, admissions)
  return { jobs: withAnswers(jobs, admissions), more: admissions.parked.length > 0 }
}

/** Who takes the result of an equal job. */
function withAnswers(jobs: ClaimedJob[], { answers }: Admissions): ClaimedJob[] {
  if (answers.size === 0) return jobs
  return jobs.map((job) => (answers.has(job.seq) ? { ...job, answer: answers.get(job.seq) } : job))
}

function choose(
  { sorted, queues }: Candidates,
  { request, before }: LimitedClaim,
  admissions: Admissions,
): ClaimedJob[] {
  const others = sorted.map((job) => ({ ...placeOf(job), job }))
  const candidates = new InTurn({ others, lines: queues.map(lineOf), before })
  const chosen: ClaimedJob[] = []
  let bytes = 0
  for (const job of candidates) {
    if (chosen.length >= Math.min(request.limit, request.begins) || chosen.some(runsAlone)) break
    if (request.accepts?.(job) === false || (runsAlone(job) && chosen.length > 0)) continue
    bytes += bytesOf(job)
    if (bytes > request.bytesMax && chosen.length > 0) break
    const { heeded, ...claimed } = job
    if (!admissions.admit(job, heeded)) continue
    chosen.push(claimed)
    candidates.took(job)
  }
  return chosen
}

async function write(session: Session, admissions: Admissions): Promise<void> {
  const { admitted, parked, granted, openings } = admissions
  if (admitted.length === 0 && parked.length === 0) return
  const held = admitted.flatMap(({ seq, gates }) => gates.map(({ gate }) => ({ gate, seq })))
  const values = WRITE.values({
    heldGates: held.map(({ gate }) => gate),
    holders: held.map(({ seq }) => seq),
    parkedAt: parked.map(({ gate }) => gate),
    parked: parked.map(({ seq }) => seq),
    grantedGates: granted.map(([gate]) => gate),
    grants: granted.map(([, { grants }]) => JSON.stringify(grants)),
  })
  await session.at(WRITE.text, ...values)
  await noteOpenings(session, openings)
}
