import type { RankOf, Stock } from '../../../job/drawn-line.ts'
import type { PlannedTurns } from '../../../job/fair-turns.ts'
import type { Place } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import type { Lane } from '../lanes.ts'
import { atMost } from '../parameters.ts'
import { READY_TURN, timelyAt } from '../pending.ts'
import { GROUP_OF_JOB } from './lane-of-job.ts'

/** Groups of one queue and priority that one claim looks at. Where there are more, the next claim goes on behind them. */
const GROUPS_MAX = 1_000

/** A job that may be drawn. */
export interface Candidate extends Place {
  readonly lane: Lane
}

/** How the jobs are read that one claim may draw. */
interface Reading {
  readonly connection: Connection
  readonly nowMs: number
  /** Only jobs that come after this place. */
  readonly after: Place | undefined
  readonly turns: PlannedTurns
}

type RankReading = Reading & { readonly priority: number }

const NEXT_RANK = `select priority from millhand_jobs where ${READY_TURN} and lane = ? and priority < ?
  order by priority desc limit 1`

/** The queue's priorities of which anything is ready in its lanes, from the highest on, each looked at when it is asked for. */
export function* ranksOf(lanes: readonly Lane[], reading: Reading): Generator<RankOf<Candidate>> {
  const { connection, after } = reading
  const below = after ? after.priority + 1 : Number.MAX_SAFE_INTEGER
  const nextOf = (lane: Lane, rank: number) =>
    connection.get<{ priority: number }>(NEXT_RANK, lane.lane, rank)?.priority
  let heads = lanes.map((lane) => ({ lane, priority: nextOf(lane, below) }))
  for (;;) {
    heads = heads.filter((head) => head.priority !== undefined)
    if (heads.length === 0) return
    const priority = Math.max(...heads.map((head) => head.priority ?? 0))
    const there = heads.filter((head) => head.priority === priority).map(({ lane }) => lane)
    yield { priority, stocks: stocksOf(there, { ...reading, priority }) }
    heads = heads.map((head) =>
      head.priority === priority ? { lane: head.lane, priority: nextOf(head.lane, priority) } : head,
    )
  }
}

/** The groups that have anything at a priority, each with its jobs of all lanes. */
function stocksOf(lanes: readonly Lane[], reading: RankReading): Stock<Candidate>[] {
  const most = Math.max(1, Math.floor(GROUPS_MAX / lanes.length))
  const parts = lanes.flatMap((lane) => groupsIn(lane, reading, most))
  return [...Map.groupBy(parts, ({ group }) => group)].map(([, ofIt]) => new GroupStock(ofIt))
}

/** Numbers come before all texts. */
const BEFORE_ALL = -1

const OF_LANE = `from millhand_jobs indexed by millhand_jobs_groups where ${READY_TURN} and lane = ?1 and priority = ?2`

const IS_TIMELY = timelyAt('?3')

/** The next group, with its first job: asked for one after the other, which takes less time than a statement that goes through them. */
const NEXT_GROUP = `select ${GROUP_OF_JOB}, seq, due_at, ${IS_TIMELY} ${OF_LANE} and ${GROUP_OF_JOB} > ?4
  order by ${GROUP_OF_JOB}, due_at, seq limit 1`

/** Those of a lane after the last one that was looked at, and on from the first one; as many as are looked at in a claim. */
function groupsIn(lane: Lane, reading: RankReading, most: number): LaneOfGroup[] {
  const { turns, priority } = reading
  const place = `${lane.lane} ${priority}`
  const behind = turns.looked.get(place)
  const found: LaneOfGroup[] = []
  for (const group of groupsAfter(lane, reading, behind)) {
    if (found.length === most) break
    found.push(group)
  }
  const first = found[0]?.group
  if (behind !== undefined) {
    for (const group of groupsAfter(lane, reading, undefined)) {
      if (found.length === most || group.group === first) break
      found.push(group)
    }
  }
  turns.lookedUpTo(place, found.length < most ? undefined : found.at(-1)?.group)
  return found
}

function* groupsAfter(lane: Lane, reading: RankReading, behind: string | undefined): Generator<LaneOfGroup> {
  const { connection, nowMs, priority } = reading
  let from: string | number = behind ?? BEFORE_ALL
  for (;;) {
    const [row] = connection.allLists(NEXT_GROUP, lane.lane, priority, nowMs, from)
    if (!row) return
    const [group, seq, dueAt, isTimely] = row as [string, number, number, number]
    from = group
    yield new LaneOfGroup(
      lane,
      { group, first: isTimely ? { seq, dueAt, priority, lane } : undefined },
      reading,
    )
  }
}

function startOf({ after, priority }: RankReading): [dueAt: number, seq: number] {
  return after?.priority === priority ? [after.dueAt, after.seq] : [Number.MIN_SAFE_INTEGER, 0]
}

const NEXT = `select seq, due_at ${OF_LANE} and ${IS_TIMELY} and ${GROUP_OF_JOB} = ?4 and (due_at, seq) > (?5, ?6)
  order by due_at, seq ${atMost('?7')}`

/** Jobs that are read of a group behind its first one: most claims take one or two of each. */
const FIRST_PIECE = 2
const PIECE_MAX = 500

/** The jobs of one group in one lane, read in pieces as far as they are needed. */
class LaneOfGroup {
  readonly group: string
  readonly #lane: Lane
  readonly #reading: RankReading
  /** What is read and not taken, the next one last. */
  #read: Candidate[] = []
  #behind: readonly [dueAt: number, seq: number]
  #piece = FIRST_PIECE
  #atEnd = false

  constructor(
    lane: Lane,
    { group, first }: { readonly group: string; readonly first: Candidate | undefined },
    reading: RankReading,
  ) {
    this.group = group
    this.#lane = lane
    this.#reading = reading
    const [dueAt, seq] = startOf(reading)
    this.#behind = [dueAt, seq]
    if (!first || first.dueAt < dueAt || (first.dueAt === dueAt && first.seq <= seq)) return
    this.#read = [first]
    this.#behind = [first.dueAt, first.seq]
  }

  get first(): Candidate | undefined {
    if (this.#read.length === 0 && !this.#atEnd) this.#readOn()
    return this.#read.at(-1)
  }

  shift(): void {
    this.#read.pop()
  }

  #readOn(): void {
    const { connection, nowMs, priority } = this.#reading
    const values = [this.#lane.lane, priority, nowMs, this.group, ...this.#behind, this.#piece] as const
    const found = connection.allLists(NEXT, ...values) as [seq: number, dueAt: number][]
    this.#atEnd = found.length < this.#piece
    this.#piece = Math.min(PIECE_MAX, this.#piece * 4)
    const jobs = found.map(([seq, dueAt]) => ({ seq, dueAt, priority, lane: this.#lane }))
    const last = jobs.at(-1)
    if (last) this.#behind = [last.dueAt, last.seq]
    this.#read = jobs.reverse()
  }
}

/** The jobs of one group in all lanes that are served, the earliest first. */
class GroupStock implements Stock<Candidate> {
  readonly group: string
  readonly #lanes: readonly LaneOfGroup[]

  constructor(lanes: readonly LaneOfGroup[]) {
    this.group = lanes[0]?.group ?? ''
    this.#lanes = lanes
  }

  get first(): Candidate | undefined {
    return this.#next?.first
  }

  shift(): void {
    this.#next?.shift()
  }

  get #next(): LaneOfGroup | undefined {
    if (this.#lanes.length === 1) return this.#lanes[0]
    const filled = this.#lanes.filter(({ first }) => first !== undefined)
    return filled.reduce<LaneOfGroup | undefined>(
      (least, lane) => (least?.first && lane.first && isEarlier(least.first, lane.first) ? least : lane),
      undefined,
    )
  }
}

function isEarlier(one: Candidate, other: Candidate): boolean {
  return one.dueAt < other.dueAt || (one.dueAt === other.dueAt && one.seq < other.seq)
}
