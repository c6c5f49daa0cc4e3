import type { ClaimedJob, ClaimRequest } from '../jobs.ts'
import { choose } from './choose.ts'
import type { Connection } from './connection.ts'
import type { Served } from './heads.ts'
import { aloneHeads, type KnownHeads } from './known-heads.ts'
import { putBack } from './lanes.ts'
import { asList, atMost, READY, READY_ALONE, recordChanges, WAITS } from './rows.ts'

/** Jobs that become ready in one piece; the rest follow with the next claim. */
const PROMOTE_MAX = 1_000
/**
 * Pieces in one claim while there is nothing for its worker among them, so that its own are found soon. Bounds how long
 * a claim holds the lock: some 30 ms. The claim after it goes on, since `nextDueAt` tells of what is still to be moved.
 */
const PROMOTE_ROUNDS = 10

/**
 * Takes the best ready jobs that the worker serves, and first makes ready what was due at `nowMs`: the one horizon of a
 * claim, however much falls due meanwhile. It moves a bounded part of that and takes what is ready by then, so that
 * jobs which keep coming due stop nobody. Ready jobs are indexed by lane, so that a million jobs that this worker does
 * not serve cost nothing.
 */
export function claim(connection: Connection, request: ClaimRequest, { heads, nowMs }: Look): ClaimedJob[] {
  if (request.limit <= 0 || !connection.get(LEASE_ALIVE, request.worker, nowMs)) return []
  let chosen: readonly ClaimedJob[] = []
  for (let round = 0; round < PROMOTE_ROUNDS && chosen.length === 0; round += 1) {
    const promoted = promote(connection, nowMs)
    heads.returned(connection, promoted)
    chosen = chooseAny(connection, request, { heads, nowMs })
    if (promoted.length < PROMOTE_MAX) break
  }
  return take(connection, chosen, { ...request, nowMs })
}

/** What a claim knows before, and as of when it looks. */
interface Look {
  readonly heads: KnownHeads
  readonly nowMs: number
}

/** The one best job that has to run alone, if there may be one; else the best of all others. */
function chooseAny(connection: Connection, request: ClaimRequest, look: Look): readonly ClaimedJob[] {
  const [apart] = request.alone ? chooseAlone(connection, request, look.nowMs) : []
  return apart ? [{ ...apart, begun: true }] : chooseOrdinary(connection, request, look)
}

function chooseAlone(
  connection: Connection,
  request: Served & Pick<ClaimRequest, 'accepts' | 'after'>,
  nowMs: number,
): readonly ClaimedJob[] {
  if (!connection.get(IS_READY_ALONE)) return []
  const lanes = aloneHeads(connection, request)
  return choose(connection, { ...request, limit: 1, bytesMax: 0 }, { lanes, alone: true, nowMs }).jobs
}

function chooseOrdinary(
  connection: Connection,
  request: ClaimRequest,
  { heads, nowMs }: Look,
): readonly ClaimedJob[] {
  heads.refresh(connection, request, nowMs)
  const { jobs, read } = choose(connection, request, { lanes: heads, alone: false, nowMs })
  heads.putBack(read)
  return jobs
}

/** Whether a claim could find anything: a look that takes no lock, so that idle workers cost the busy ones nothing. */
export function mayClaim(connection: Connection, request: ClaimRequest, { heads, nowMs }: Look): boolean {
  if (request.limit <= 0) return false
  const { ready, alone, due } = connection.get<Peek>(PEEK, nowMs) ?? { ready: 0, alone: 0, due: 0 }
  return (
    due > 0 ||
    (ready > 0 && heads.isAny(connection, request, nowMs)) ||
    (request.alone && alone > 0 && waitsAlone(connection, request, nowMs))
  )
}

/** Whether a job is ready, of those that the worker serves, that has to run alone. */
export function waitsAlone(connection: Connection, { names, queues }: Served, nowMs: number): boolean {
  return chooseAlone(connection, { names, queues }, nowMs).length > 0
}

interface Peek {
  readonly ready: number
  readonly alone: number
  readonly due: number
}

const IS_READY_ALONE = `select 1 from millhand_jobs where ${READY_ALONE} limit 1`

const IS_DUE = `select 1 from millhand_jobs where waits = ${WAITS.due} and due_at <= ?`

const PEEK = `select exists (select 1 from millhand_jobs where ${READY}) as ready,
  exists (select 1 from millhand_jobs where ${READY_ALONE}) as alone, exists (${IS_DUE}) as due`

const LEASE_ALIVE = 'select 1 from millhand_workers where id = ? and lease_until > ?'

const DUE = `select seq from millhand_jobs where waits = ${WAITS.due} and due_at <= ? order by due_at ${atMost()}`

/** Makes ready what is due, a piece of it. */
function promote(connection: Connection, nowMs: number): number[] {
  const due = connection.all<{ seq: number }>(DUE, nowMs, PROMOTE_MAX).map((job) => job.seq)
  putBack(connection, due, nowMs)
  return due
}

const TAKEN =
  'waits = null, lane = null, worker = ?1, claimed_at = ?2, epoch = epoch + 1, attempt = attempt + 1, progress = null'

const START = `update millhand_jobs set state = 'running', started_at = ?2, expires_at = null, ${TAKEN}
  where seq in (select value from json_each(?3))`

const HOLD = `update millhand_jobs set started_at = null, ${TAKEN} where seq in (select value from json_each(?3))`

/** The best of them begin at once; the others are held. */
function take(
  connection: Connection,
  chosen: readonly ClaimedJob[],
  { worker, begins, nowMs }: { worker: string; begins: number; nowMs: number },
): ClaimedJob[] {
  const taken = chosen.map((job, place) =>
    job.begun || place < begins ? { ...job, begun: true, expiresAt: null } : job,
  )
  const started = taken.filter((job) => job.begun).map((job) => job.seq)
  const held = taken.filter((job) => !job.begun).map((job) => job.seq)
  if (started.length > 0) connection.run(START, worker, nowMs, asList(started))
  if (held.length > 0) connection.run(HOLD, worker, nowMs, asList(held))
  recordChanges(connection, { verb: 'claim', nowMs }, started)
  return taken
}

const NEXT_DUE = `select min(due_at) as dueAt from millhand_jobs where waits = ${WAITS.due}`

/**
 * When the first of the jobs that no claim has made ready will be, or was, due. In the past, too: what falls due between
 * a worker's claim and this look would otherwise be seen by neither, and wait for the worker's next poll.
 */
export function nextDueAt(connection: Connection): number | null {
  return connection.get<{ dueAt: number | null }>(NEXT_DUE)?.dueAt ?? null
}
