import { draw, type Weights } from '../../../job/turns.ts'
import { systemRandom } from '../../../kit/random.ts'
import { type ClaimedJob, type ClaimRequest, compareJobs, type Place, placeOfDrawn } from '../../jobs.ts'
import { ASKED_DUE_AT } from '../order.ts'
import type { Session } from '../session.ts'
import { LIGHT_CLOCK, statement } from '../sql.ts'
import { FROM_TOP } from './best-of-class.ts'
import { type ClaimRow, JOB_COLUMNS, PLACE, toClaimed, WITH_JOB } from './claimed.ts'
import { TURN } from './lane-of-job.ts'
import { LOOK_PARAMETERS, lookValues } from './look.ts'
import { isOpen, isServed } from './ready.ts'

const { names, stems, queues, worker, limit, afterRank, afterDueAt, afterSeq } = LOOK_PARAMETERS

/** The first jobs of each priority that a served lane has something of, found by going through the index from one to the next. */
const FIRST = statement(
  { names, stems, queues, worker, limit, afterRank, afterDueAt, afterSeq },
  `with recursive ${LIGHT_CLOCK}, present as (
    (select lane, rank from millhand.pending where waits = 1 and class = ${TURN} order by lane, rank limit 1)
    union all
    select p.lane, p.rank from present n cross join lateral (
      select p.lane, p.rank from millhand.pending p where p.waits = 1 and p.class = ${TURN} and (p.lane, p.rank) > (n.lane, n.rank)
      order by p.lane, p.rank limit 1) p
  ), served as materialized (
    select n.lane, n.rank, l.queue, (select q.weights from millhand.queues q where q.queue = l.queue) as weights
    from present n cross join lateral (select * from millhand.lanes where id = n.lane limit 1) l
    where ${isServed('l')} and ${isOpen('l.queue')}
    and exists (select from millhand.workers w where w.id = $worker and w.lease_until > (select now from clock))
  )
  select s.queue, s.weights, -s.rank as priority, p.seq, p.due_at as "dueAt" from served s cross join lateral (
    select seq, due_at from millhand.pending p where p.waits = 1 and p.class = ${TURN} and p.lane = s.lane and p.rank = s.rank
    and (p.rank, p.due_at, p.seq) > ($afterRank, $afterDueAt, $afterSeq)
    and (p.expires_at is null or p.expires_at > (select now from clock)) order by p.due_at, p.seq limit $limit
  ) p order by p.due_at, p.seq`,
)

const LOCK = statement(
  { seqs: 'bigint[]' },
  `with ${LIGHT_CLOCK}, candidates as materialized (
    select p.* from millhand.pending p where p.seq = any($seqs) and p.waits = 1 and p.class = ${TURN} for update of p skip locked
  )
  select ${JOB_COLUMNS}, ${ASKED_DUE_AT}, p.attempt + 1, p.epoch + 1, p.crashes, p.care, p.expires_at,
    (select now from clock), false, null, ${PLACE}
  from candidates p ${WITH_JOB}`,
)

interface FirstRow extends Place {
  readonly queue: string
  readonly weights: string | null
}

/** What a claim has drawn and locked. */
interface Drawn {
  /** Of each queue, in the order in which they were drawn. */
  readonly lines: readonly (readonly ClaimedJob[])[]
  /** Somebody else has locked some of it: it is worth to draw again. */
  readonly missed: boolean
}

/** Draws of each queue in which priorities have weights, as many as could begin, and locks what was drawn. */
export async function drawn(session: Session, request: ClaimRequest): Promise<Drawn> {
  const { random = systemRandom, after } = request
  const count = Math.min(request.limit, request.begins)
  const values = lookValues({ ...request, limit: count }, { ...FROM_TOP, class: TURN, after })
  const rows = await session.at<FirstRow>(FIRST.text, ...FIRST.values(values))
  const queued = Map.groupBy(rows, ({ queue }) => queue)
  const lines = [...queued.values()].map((jobs) => {
    const weights = JSON.parse(jobs[0]?.weights ?? '{}') as Weights
    return draw(jobs, { weights, random, count }).map(({ seq }) => seq)
  })
  const seqs = lines.flat()
  if (seqs.length === 0) return { lines: [], missed: false }
  const locked = toClaimed(await session.lists<ClaimRow>(LOCK.text, ...LOCK.values({ seqs })), () => '')
  const bySeq = new Map(locked.map((job) => [job.seq, job]))
  return {
    lines: lines.map((line) => line.flatMap((seq) => bySeq.get(seq) ?? [])),
    missed: locked.length < seqs.length,
  }
}

/** The jobs of all lines, each in its order, as far as they come before a place: what was drawn stands by its due time. */
export function merged<Job extends ClaimedJob>(
  jobs: readonly Job[],
  lines: readonly (readonly Job[])[],
  before: Place | undefined,
): Job[] {
  const sorted = jobs.map((job) => ({ job, at: job as Place & Pick<ClaimedJob, 'rank' | 'place'> }))
  const rest = [sorted, ...lines.map((line) => line.map((job) => ({ job, at: placeOfDrawn(job) })))]
  const together: Job[] = []
  for (;;) {
    const [first] = rest
      .filter(([head]) => head && (!before || compareJobs(head.at, before) < 0))
      .sort(([one], [other]) => (one && other ? compareJobs(one.at, other.at) : 0))
    const next = first?.shift()
    if (!next) return together
    together.push(next.job)
  }
}
