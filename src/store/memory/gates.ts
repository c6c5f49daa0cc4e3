import { isTimely } from '../../job/deadline.ts'
import { type GateState, opensAt, ROOM_MAX, roomAt } from '../../job/gate.ts'
import type { JobRecord } from '../../job/job.ts'
import { type Limit, limitOf } from '../../job/limit.ts'
import type { Settlement } from '../../job/outcome.ts'
import type { Admissions } from '../admissions.ts'
import { placeOf } from '../jobs.ts'
import { ruleNamed } from '../limits.ts'
import { isIdle, type PlacementReader } from '../placement.ts'
import type { GateRow, MemoryData } from './data/data.ts'
import { answerAt } from './results.ts'

const UNTOUCHED: GateRow = { grants: [], closedUntil: null, opensAt: null }

export function gateReader(data: MemoryData): PlacementReader {
  return {
    limit: (name) => limitNamed(data, name),
    state: (gate) => stateOf(data, gate),
    firstPriority: (gate) => firstRank(data, gate),
  }
}

function firstRank(data: MemoryData, gate: string): number | undefined {
  const nowMs = data.clock.now()
  const [first] = firstOf(data.jobs.pending.parkedAt(gate), 1, (job) => isTimely(job, nowMs))
  return first && placeOf(first).priority
}

function limitNamed(data: MemoryData, name: string): Limit | undefined {
  return ruleNamed(name, data.limits.get(name))
}

function stateOf(data: MemoryData, gate: string): GateState {
  const { grants, closedUntil } = data.gates.get(gate) ?? UNTOUCHED
  const answer = answerAt(data, gate)
  const state = { holders: data.jobs.holding(gate).length, grants, closedUntil }
  return answer === undefined ? state : { ...state, answer }
}

/** Writes what a claim has found out: who waits at which gate, what a rate has spent, and when to look again. */
export function park(data: MemoryData, admissions: Admissions): void {
  for (const { id, gate } of admissions.parked) {
    const job = data.jobs.get(id)
    if (job) data.jobs.put({ ...job, gate })
  }
  for (const [gate, { grants }] of admissions.granted) put(data, gate, { grants })
  noteOpenings(data, admissions.openings)
}

/** When those that wait are to be let go on, where it is a matter of time. */
export function noteOpenings(data: MemoryData, openings: ReadonlyMap<string, number>): void {
  for (const [gate, at] of openings) openAt(data, gate, at)
}

/** Somebody has left the gate, or it may be open otherwise: as many go on as there is room for. */
export function reopen(data: MemoryData, gate: string): number {
  const limit = limitNamed(data, limitOf(gate))
  const state = stateOf(data, gate)
  const nowMs = data.clock.now()
  const mayRun = (job: JobRecord) => !data.paused.has(job.queue) && isTimely(job, nowMs)
  const going = firstOf(data.jobs.pending.parkedAt(gate), roomAt(limit, state, nowMs), mayRun)
  for (const job of going) data.jobs.put({ ...job, gate: null })
  const at = opensAt(limit, state)
  // Of more than go on at once that need nobody to leave, the next claim lets the others go on.
  const more = state.answer !== undefined && going.length === ROOM_MAX ? nowMs : null
  openAt(data, gate, at > nowMs && Number.isFinite(at) ? at : more)
  return going.length
}

function firstOf(jobs: Iterable<JobRecord>, count: number, fits: (job: JobRecord) => boolean): JobRecord[] {
  const found: JobRecord[] = []
  for (const job of jobs) {
    if (found.length >= count) break
    if (fits(job)) found.push(job)
  }
  return found
}

/** Opens what opens by itself by now. */
export function openDue(data: MemoryData, nowMs: number): void {
  for (const [gate, row] of data.gates) if (row.opensAt !== null && row.opensAt <= nowMs) reopen(data, gate)
}

export function nextOpening(data: MemoryData): number | null {
  const times = [...data.gates.values()].map((row) => row.opensAt).filter((at) => at !== null)
  return times.length === 0 ? null : Math.min(...times)
}

/** A handler has said that nobody may pass for so long; what was said before and lasts longer stands. */
export function closeGate(data: MemoryData, { gate, forMs }: NonNullable<Settlement['closes']>): void {
  const until = data.clock.now() + forMs
  const { closedUntil } = data.gates.get(gate) ?? UNTOUCHED
  put(data, gate, { closedUntil: Math.max(closedUntil ?? 0, until) })
}

/** Forgets gates at which nothing is left of what has happened there. */
export function pruneGates(data: MemoryData): void {
  const [reader, nowMs] = [gateReader(data), data.clock.now()]
  for (const gate of data.gates.keys()) if (isIdle(gate, reader, nowMs)) data.gates.delete(gate)
}

/** Only where somebody waits there: nobody is to be woken for nothing. */
function openAt(data: MemoryData, gate: string, at: number | null): void {
  const waits = data.jobs.pending.isParked(gate)
  if (waits || data.gates.has(gate)) put(data, gate, { opensAt: waits ? at : null })
}

function put(data: MemoryData, gate: string, changed: Partial<GateRow>): void {
  const row = { ...(data.gates.get(gate) ?? UNTOUCHED), ...changed }
  data.gates.set(gate, row)
}
