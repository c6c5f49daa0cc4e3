import { type ClaimedJob, type ClaimRequest, type Place, REFUSALS_MAX } from '../jobs.ts'
import type { Connection, Value } from './connection.ts'
import { asList, CLAIMABLE, CLAIMABLE_IF_DUE, recordChanges } from './rows.ts'

/** Jobs that become ready in one piece; the rest follow with the next claim. */
const PROMOTE_MAX = 1_000
/**
 * Pieces in one claim while there is nothing for its worker among them, so that its own are found soon. Bounds how long
 * a claim holds the lock: some 30 ms. The claim after it goes on, since `nextDueAt` tells of what is still to be moved.
 */
const PROMOTE_ROUNDS = 10

/** A queue and a name: the jobs of one lane are in order, and a claim merges the lanes that the worker serves. */
interface Lane {
  readonly queue: string
  readonly name: string
}

/**
 * Takes the best ready jobs that the worker serves, and first makes ready what was due at `nowMs`: the one horizon of a
 * claim, however much falls due meanwhile. It moves a bounded part of that and takes what is ready by then, so that
 * jobs which keep coming due stop nobody. Ready jobs are indexed by lane, so that a million jobs that this
 * worker does not serve cost nothing: one probe of the index a lane finds the lanes, and the best of their heads is
 * taken until there are enough.
 */
export function claim(connection: Connection, request: ClaimRequest, nowMs: number): ClaimedJob[] {
  if (request.limit <= 0) return []
  const isAlive = connection.get(LEASE_ALIVE, request.worker, nowMs) !== undefined
  let chosen: ClaimedJob[] = []
  for (let round = 0; round < PROMOTE_ROUNDS && chosen.length === 0; round += 1) {
    const promoted = connection.get(IS_DUE, nowMs) ? connection.run(PROMOTE, nowMs, nowMs, PROMOTE_MAX) : 0
    // A worker whose lease is gone moves what is due all the same, or it would look again for it without a pause.
    chosen = isAlive ? chooseBoth(connection, request, nowMs) : []
    if (promoted < PROMOTE_MAX) break
  }
  const seqs = chosen.map((job) => job.seq)
  connection.run(TAKE, request.worker, nowMs, asList(seqs))
  recordChanges(connection, { verb: 'claim', nowMs }, seqs)
  return chosen
}

/** The best jobs of both classes, at most `limit`. */
function chooseBoth(connection: Connection, request: ClaimRequest, nowMs: number): ClaimedJob[] {
  const suspects =
    request.suspects > 0 ? choose(connection, request, { claimable: CLAIMABLE.suspect, nowMs }) : []
  const ordinary = choose(connection, request, { claimable: CLAIMABLE.ordinary, nowMs })
  return suspects.length === 0 ? ordinary : [...suspects, ...ordinary].sort(inOrder).slice(0, request.limit)
}

/** Whether a claim could find anything: a look that takes no lock, so that idle workers cost the busy ones nothing. */
export function mayClaim(connection: Connection, request: ClaimRequest, nowMs: number): boolean {
  const { ready, due } = connection.get<{ ready: number; due: number }>(PEEK, nowMs) ?? { ready: 0, due: 0 }
  if (request.limit <= 0 || !(ready || due)) return false
  return (
    due > 0 ||
    servedLanes(connection, request, CLAIMABLE.ordinary).length > 0 ||
    (request.suspects > 0 && servedLanes(connection, request, CLAIMABLE.suspect).length > 0)
  )
}

const PEEK = `select exists (select 1 from millhand_jobs where claimable is not null) as ready,
  exists (select 1 from millhand_jobs where state = 'pending' and claimable is null and due_at <= ?) as due`

const IS_DUE =
  "select 1 from millhand_jobs where state = 'pending' and claimable is null and due_at <= ? limit 1"

const LEASE_ALIVE = 'select 1 from millhand_workers where id = ? and lease_until > ?'

const PROMOTE = `update millhand_jobs set claimable = ${CLAIMABLE_IF_DUE}
  where seq in (select seq from millhand_jobs where state = 'pending' and claimable is null and due_at <= ?
    order by due_at limit ?)`

const TAKE = `update millhand_jobs set state = 'running', claimable = null, worker = ?, started_at = ?,
  epoch = epoch + 1, attempt = attempt + 1, progress = null, expires_at = null where seq in (select value from json_each(?))`

/** The best jobs of one class, merged from the lanes. */
function choose(
  connection: Connection,
  request: ClaimRequest,
  { claimable, nowMs }: { claimable: number; nowMs: number },
): ClaimedJob[] {
  const limit = claimable === CLAIMABLE.suspect ? Math.min(request.suspects, request.limit) : request.limit
  const most = limit + (request.accepts ? REFUSALS_MAX : 0)
  const readers = servedLanes(connection, request, claimable).map(
    (lane, slot) => new LaneReader(connection, { lane, claimable, nowMs, most, slot, after: request.after }),
  )
  const chosen: ClaimedJob[] = []
  let refusals = 0
  while (chosen.length < limit && refusals < REFUSALS_MAX) {
    const job = takeBest(readers)
    if (!job) break
    if (request.accepts && !request.accepts(job)) refusals += 1
    else chosen.push(job)
  }
  for (const reader of readers) reader.close()
  return chosen
}

/** The lanes that have ready jobs, found by skipping from one to the next, that the worker serves and nobody paused. */
function servedLanes(connection: Connection, request: ClaimRequest, claimable: number): Lane[] {
  const paused = new Set(connection.all<{ queue: string }>(PAUSED).map((row) => row.queue))
  const lanes: Lane[] = []
  for (let lane = nextLane(connection, claimable); lane; lane = nextLane(connection, claimable, lane)) {
    const served =
      (request.queues?.includes(lane.queue) ?? true) &&
      (request.names?.includes(lane.name) ?? true) &&
      !paused.has(lane.queue)
    if (served) lanes.push(lane)
  }
  return lanes
}

/** Two plain comparisons: of a row value, `(queue, name) > (?, ?)`, SQLite would read every job of the lane before. */
function nextLane(connection: Connection, claimable: number, after?: Lane): Lane | undefined {
  return (
    (after && connection.get<Lane>(NEXT_NAME, claimable, after.queue, after.name)) ??
    connection.get<Lane>(NEXT_QUEUE, claimable, after?.queue ?? '')
  )
}

const PAUSED = 'select queue from millhand_queues where paused_at is not null'

const NEXT_NAME = `select queue, name from millhand_jobs where claimable = ? and queue = ? and name > ?
  order by name limit 1`

const NEXT_QUEUE = `select queue, name from millhand_jobs where claimable = ? and queue > ?
  order by queue, name limit 1`

/** What a claim reads of a job beside its lane, in the order of `ClaimRow`. */
const CLAIM_COLUMNS = `seq, id, priority, due_at, key, tags, context, input, retries, timeout_ms, attempt, epoch,
  crashes, checkpoint, errors, created_at`

type ClaimRow = [
  seq: number,
  id: string,
  priority: number,
  dueAt: number,
  key: string | null,
  tags: string | null,
  context: string | null,
  input: string,
  retries: number,
  timeoutMs: number | null,
  attempt: number,
  epoch: number,
  crashes: number,
  checkpoint: string | null,
  errors: string | null,
  createdAt: number,
]

const laneFrom = (start: string) => `select ${CLAIM_COLUMNS} from millhand_jobs
  where claimable = ?1 and queue = ?2 and name = ?3 and (expires_at is null or expires_at > ?4) ${start}
  order by priority desc, due_at, seq limit ?5`

const LANE = laneFrom('')

const LANE_AFTER = laneFrom(
  'and (priority < ?6 or (priority = ?6 and (due_at > ?7 or (due_at = ?7 and seq > ?8))))',
)

interface LaneRead {
  readonly lane: Lane
  readonly claimable: number
  readonly nowMs: number
  readonly most: number
  readonly after: Place | undefined
  /** The lane's number: two that are read side by side cannot share one statement. */
  readonly slot: number
}

/** The jobs of one lane in order, read as far as they are needed. */
class LaneReader {
  readonly #rows: Iterator<Value[]>
  readonly #read: LaneRead
  head: ClaimedJob | undefined

  constructor(connection: Connection, read: LaneRead) {
    const { lane, claimable, nowMs, most, slot, after } = read
    const start = after ? [after.priority, after.dueAt, after.seq] : []
    const sql = `${after ? LANE_AFTER : LANE} -- lane ${slot}`
    this.#read = read
    this.#rows = connection.lists(sql, claimable, lane.queue, lane.name, nowMs, most, ...start)
    this.advance()
  }

  advance(): void {
    const next = this.#rows.next()
    this.head = next.done ? undefined : claimed(next.value as ClaimRow, this.#read)
  }

  close(): void {
    this.#rows.return?.()
  }
}

/** The job of a row as it will be when it is taken. */
function claimed(row: ClaimRow, { lane, nowMs }: LaneRead): ClaimedJob {
  return {
    seq: row[0],
    id: row[1],
    name: lane.name,
    queue: lane.queue,
    priority: row[2],
    dueAt: row[3],
    key: row[4],
    tags: row[5],
    context: row[6],
    input: row[7],
    retries: row[8],
    timeoutMs: row[9],
    attempt: row[10] + 1,
    epoch: row[11] + 1,
    crashes: row[12],
    checkpoint: row[13],
    errors: row[14],
    createdAt: row[15],
    startedAt: nowMs,
    expiresAt: null,
  }
}

function takeBest(readers: readonly LaneReader[]): ClaimedJob | undefined {
  let best: LaneReader | undefined
  for (const reader of readers) {
    if (reader.head && (!best?.head || inOrder(reader.head, best.head) < 0)) best = reader
  }
  const job = best?.head
  best?.advance()
  return job
}

function inOrder(one: ClaimedJob, other: ClaimedJob): number {
  return other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq
}

const NEXT_DUE = `select min(due_at) as dueAt from millhand_jobs
  where state = 'pending' and claimable is null`

/**
 * When the first of the jobs that no claim has made ready will be, or was, due. In the past, too: what falls due between
 * a worker's claim and this look would otherwise be seen by neither, and wait for the worker's next poll.
 */
export function nextDueAt(connection: Connection): number | null {
  return connection.get<{ dueAt: number | null }>(NEXT_DUE)?.dueAt ?? null
}
