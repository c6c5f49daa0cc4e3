import { readLaneName } from '../../../job/lane-name.ts'
import { draw, type Weights } from '../../../job/turns.ts'
import { systemRandom } from '../../../kit/random.ts'
import {
  type ClaimedJob,
  type ClaimRequest,
  compareJobs,
  type Place,
  placeOfDrawn,
  type Served,
} from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { Lane } from '../lanes.ts'
import { atMost } from '../parameters.ts'
import { READY_TURN } from '../pending.ts'
import { AT, COLUMNS, claimed, type Row, sizeOf } from './claimed.ts'
import { pausedQueues, servedBy } from './heads.ts'

/** The priorities of which a lane has something, found by skipping from one to the next. */
const RANKS = `with recursive ranks (seq) as (
    select * from (select seq from millhand_jobs where ${READY_TURN} order by lane, priority desc limit 1)
    union all
    select coalesce(
      (select seq from millhand_jobs where ${READY_TURN} and lane = j.lane and priority < j.priority
        order by priority desc limit 1),
      (select seq from millhand_jobs where ${READY_TURN} and lane > j.lane order by lane, priority desc limit 1))
    from ranks join millhand_jobs j on j.seq = ranks.seq
  )
  select l.id as lane, l.queue, l.name, j.priority, q.weights
  from ranks join millhand_jobs j on j.seq = ranks.seq join millhand_lanes l on l.id = j.lane
  left join millhand_queues q on q.queue = l.queue`

const FIRST = `select seq, due_at as dueAt from millhand_jobs where ${READY_TURN} and lane = ? and priority = ?
  and (expires_at is null or expires_at > ?) order by due_at, seq ${atMost()}`

const READ = `select ${COLUMNS} from millhand_jobs where seq = ?`

interface Rank extends Lane {
  readonly priority: number
  readonly weights: string | null
}

/** With the name of a lane. */
type RankRow = Omit<Rank, 'requirements'>

function rankOf(row: RankRow): Rank {
  return { ...row, ...readLaneName(row.name) }
}

interface Candidate extends Place {
  readonly lane: Lane
}

/** What a claim draws, of each queue in which priorities have weights: as many as could begin. */
export function drawnFor(
  connection: Connection,
  request: Served & Pick<ClaimRequest, 'limit' | 'begins' | 'random' | 'after'>,
  nowMs: number,
): DrawnReader[] {
  const { random = systemRandom, after } = request
  const count = Math.min(request.limit, request.begins)
  const isServed = servedBy(request, pausedQueues(connection))
  const ranks = connection.all<RankRow>(RANKS).map(rankOf).filter(isServed)
  return [...Map.groupBy(ranks, ({ queue }) => queue).values()].flatMap((ofQueue) => {
    const firsts = ofQueue.flatMap((rank) => firstOf(connection, rank, { count, nowMs }))
    const fitting = after ? firsts.filter((job) => compareJobs(job, after) > 0) : firsts
    const jobs = fitting.sort((one, other) => one.dueAt - other.dueAt || one.seq - other.seq)
    const weights = JSON.parse(ofQueue[0]?.weights ?? '{}') as Weights
    const [first, ...others] = draw(jobs, { weights, random, count })
    return first ? [new DrawnReader(connection, [first, ...others], nowMs)] : []
  })
}

function firstOf(
  connection: Connection,
  { priority, ...lane }: Rank,
  { count, nowMs }: { readonly count: number; readonly nowMs: number },
): Candidate[] {
  const found = connection.all<{ seq: number; dueAt: number }>(FIRST, lane.lane, priority, nowMs, count)
  return found.map(({ seq, dueAt }) => ({ seq, dueAt, priority, lane }))
}

/** The jobs that were drawn of one queue, in their order, read one by one as they are needed. */
export class DrawnReader {
  readonly kind = 'turn'
  /** Nothing that requires something is drawn. */
  readonly requirements = ''
  readonly #connection: Connection
  readonly #nowMs: number
  /** The next one last. */
  readonly #jobs: Candidate[]
  #row: Row | undefined
  /** Among the jobs of other queues the next one stands by its due time; where there is none, where the last one stood. */
  place: Place

  constructor(connection: Connection, jobs: readonly [Candidate, ...Candidate[]], nowMs: number) {
    this.#connection = connection
    this.#jobs = jobs.toReversed()
    this.#nowMs = nowMs
    this.place = placeOfDrawn(jobs[0])
  }

  get isRead(): boolean {
    return this.#row !== undefined
  }

  read(): void {
    const next = this.#jobs.at(-1)
    if (next) this.place = placeOfDrawn(next)
    const [row] = next ? this.#connection.allLists(READ, next.seq) : []
    this.#row = row as Row | undefined
  }

  take(): { job: ClaimedJob; size: number } {
    const { lane } = this.#jobs.pop() as Candidate
    const row = this.#row as Row
    this.read()
    return { job: claimed(row, { ...lane, ...placeIn(row) }, this.#nowMs), size: sizeOf(row) }
  }

  /** What is not taken stays where it is. */
  leave(): void {}
}

function placeIn(row: Row): Place {
  return { priority: row[AT.priority], dueAt: row[AT.dueAt], seq: row[AT.seq] }
}
