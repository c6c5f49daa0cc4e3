import { FairTurns } from '../../../job/fair-turns.ts'
import { Admissions } from '../../admissions.ts'
import type { ClaimedJob, ClaimRequest, Served } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import { gateReader } from '../gates.ts'
import { READY, READY_ALONE, READY_LIMITED, READY_TURN, type ReadyKind, WAITS } from '../pending.ts'
import { choose, type Source } from './choose.ts'
import { isAnyServed, pausedQueues, servedBy } from './heads.ts'
import { headsOfKind, type KnownHeads } from './known-heads.ts'
import { drawnFor } from './turns.ts'

/** What a claim knows before, and as of when it looks. */
export interface Look {
  readonly heads: KnownHeads
  readonly nowMs: number
  readonly admissions: Admissions
}

/** The one best job that has to run alone, if there may be one; else the best of all others. */
export function chooseReady(
  connection: Connection,
  request: ClaimRequest,
  look: Look,
): readonly ClaimedJob[] {
  const [apart] = request.takesAlone ? chooseAlone(connection, request, look) : []
  return apart ? [{ ...apart, begun: true }] : chooseOrdinary(connection, request, look)
}

function chooseAlone(
  connection: Connection,
  request: Served & Pick<ClaimRequest, 'accepts' | 'after'>,
  { nowMs, admissions }: Omit<Look, 'heads'>,
): readonly ClaimedJob[] {
  if (!connection.get(IS_READY_ALONE)) return []
  const from = [{ kind: 'alone', lanes: headsOfKind(connection, request, 'alone') }] as const
  const wanted = { ...request, limit: 1, begins: 1, bytesMax: 0 }
  return choose(connection, wanted, { from, nowMs, admissions }).jobs
}

function chooseOrdinary(
  connection: Connection,
  request: ClaimRequest,
  { heads, nowMs, admissions }: Look,
): readonly ClaimedJob[] {
  const turns = (request.turns ?? new FairTurns()).begin()
  heads.refresh(connection, request, nowMs)
  const from: Source[] = [{ kind: 'ready', lanes: heads }]
  if (request.begins > 0 && connection.get(IS_READY_LIMITED))
    from.push({ kind: 'limited', lanes: headsOfKind(connection, request, 'limited') })
  const isDrawn = request.begins > 0 && connection.get(IS_READY_TURN)
  const drawn = isDrawn ? drawnFor(connection, request, { nowMs, turns }) : []
  const { jobs, read } = choose(connection, request, { from, drawn, nowMs, admissions })
  heads.putBack(read)
  return jobs
}

/**
 * Whether a claim could find anything: a look that takes no lock, so that idle workers cost the busy ones nothing. Where there
 * is nothing at all, nobody asks for the time.
 */
export function mayClaim(
  connection: Connection,
  request: ClaimRequest,
  { heads, now }: Pick<Look, 'heads'> & { readonly now: () => number },
): boolean {
  if (request.limit <= 0) return false
  const { ready, alone, nextDueAt, limited, turn, opensAt } = connection.get<Peek>(PEEK) ?? NOTHING
  if (nextDueAt === null && opensAt === null && ready + alone + limited + turn === 0) return false
  const nowMs = now()
  return (
    (nextDueAt !== null && nextDueAt <= nowMs) ||
    (opensAt !== null && opensAt <= nowMs) ||
    (limited > 0 && request.begins > 0 && isAnyOf(connection, request, 'limited')) ||
    (turn > 0 && request.begins > 0 && isAnyOf(connection, request, 'turn')) ||
    (ready > 0 && heads.isAny(connection, request, nowMs)) ||
    (request.takesAlone && alone > 0 && waitsAlone(connection, request, nowMs))
  )
}

function isAnyOf(connection: Connection, served: Served, kind: ReadyKind): boolean {
  return isAnyServed(connection, servedBy(served, pausedQueues(connection)), kind)
}

/** Whether a job is ready, of those that the worker serves, that has to run alone. */
export function waitsAlone(
  connection: Connection,
  { names, queues, ability }: Served,
  nowMs: number,
): boolean {
  const admissions = new Admissions(gateReader(connection, nowMs), nowMs)
  return (
    chooseAlone(connection, { names, queues, ...(ability && { ability }) }, { nowMs, admissions }).length > 0
  )
}

interface Peek {
  readonly ready: number
  readonly alone: number
  readonly nextDueAt: number | null
  readonly limited: number
  readonly turn: number
  readonly opensAt: number | null
}

const NOTHING: Peek = { ready: 0, alone: 0, nextDueAt: null, limited: 0, turn: 0, opensAt: null }

const IS_READY_ALONE = `select 1 from millhand_jobs where ${READY_ALONE} limit 1`

const IS_READY_LIMITED = `select 1 from millhand_jobs where ${READY_LIMITED} limit 1`

const IS_READY_TURN = `select 1 from millhand_jobs where ${READY_TURN} limit 1`

const PEEK = `select exists (select 1 from millhand_jobs where ${READY}) as ready,
  exists (select 1 from millhand_jobs where ${READY_ALONE}) as alone,
  (select min(due_at) from millhand_jobs where waits = ${WAITS.due}) as nextDueAt,
  exists (${IS_READY_LIMITED}) as limited, exists (${IS_READY_TURN}) as turn,
  (select min(opens_at) from millhand_gates where opens_at is not null) as opensAt`
