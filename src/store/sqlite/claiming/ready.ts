import type { ClaimedJob, ClaimRequest } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import { READY, READY_ALONE, WAITS } from '../pending.ts'
import { choose } from './choose.ts'
import type { Served } from './heads.ts'
import { aloneHeads, type KnownHeads } from './known-heads.ts'

/** What a claim knows before, and as of when it looks. */
export interface Look {
  readonly heads: KnownHeads
  readonly nowMs: number
}

/** The one best job that has to run alone, if there may be one; else the best of all others. */
export function chooseReady(
  connection: Connection,
  request: ClaimRequest,
  look: Look,
): readonly ClaimedJob[] {
  const [apart] = request.takesAlone ? chooseAlone(connection, request, look.nowMs) : []
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
    (request.takesAlone && alone > 0 && waitsAlone(connection, request, nowMs))
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
