import { isCacheGate } from '../../job/cache-gate.ts'
import { CARE } from '../../job/care.ts'
import { type GateState, type Grants, opensAt, ROOM_MAX, roomAt } from '../../job/gate.ts'
import { isMark } from '../../job/job-gates.ts'
import { type Limit, limitOf } from '../../job/limit.ts'
import type { Settlement } from '../../job/outcome.ts'
import { type Admissions, PARKED_MAX } from '../admissions.ts'
import { toLimitRecord } from '../limit-row.ts'
import { OPENINGS_MAX, ruleNamed } from '../limits.ts'
import type { PlacementReader } from '../placement.ts'
import { HAS_GROUP } from './claiming/lane-of-job.ts'
import type { Connection } from './connection.ts'
import { place, restore } from './order.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED, putBack, timelyAt, WAITS } from './pending.ts'
import { answerAt } from './results.ts'

const LIMIT = 'select name, declared, override from millhand_limits where name = ?'

const HOLDERS = 'select count(*) as holders from millhand_holders where gate = ?'

const GATE = 'select grants, closed_until as closedUntil from millhand_gates where gate = ?'

/** Good for one transaction: what it has read of a limit, it does not read again. */
export function gateReader(connection: Connection, nowMs: number): PlacementReader {
  const limits = new Map<string, Limit | undefined>()
  return {
    limit(name) {
      if (!limits.has(name)) limits.set(name, limitNamed(connection, name))
      return limits.get(name)
    },
    state: (gate) => stateOf(connection, gate, nowMs),
    firstPriority: (gate) => firstPriority(connection, gate, nowMs),
  }
}

function limitNamed(connection: Connection, name: string): Limit | undefined {
  const row = connection.get<{ name: string; declared: string; override: string | null }>(LIMIT, name)
  return ruleNamed(name, row && toLimitRecord(row))
}

function stateOf(connection: Connection, gate: string, nowMs: number): GateState {
  const row = connection.get<{ grants: string; closedUntil: number | null }>(GATE, gate)
  return {
    holders: connection.get<{ holders: number }>(HOLDERS, gate)?.holders ?? 0,
    closedUntil: row?.closedUntil ?? null,
    grants: row ? (JSON.parse(row.grants) as Grants) : [],
    answer: isCacheGate(gate) ? answerAt(connection, gate, nowMs) : undefined,
  }
}

const HOLD = 'insert or ignore into millhand_holders (gate, job) values (?, ?)'

const PARK = `update millhand_jobs set waits = ${WAITS.parked}, gate = ? where seq in (select value from json_each(?))`

const GRANT = `insert into millhand_gates (gate, grants) values (?, ?)
  on conflict (gate) do update set grants = excluded.grants`

/** Writes what a claim has found out: who holds which gate and who waits there, what a rate has spent, and when to look again. */
export function admit(connection: Connection, admissions: Admissions): void {
  for (const { seq, gates } of admissions.admitted) {
    for (const { gate } of gates) connection.run(HOLD, gate, seq)
  }
  for (const [gate, parked] of Map.groupBy(admissions.parked, ({ gate }) => gate))
    connection.run(PARK, gate, asList(parked.map(({ seq }) => seq)))
  for (const [gate, { grants }] of admissions.granted) connection.run(GRANT, gate, JSON.stringify(grants))
  noteOpenings(connection, admissions.openings)
}

/** When those that wait are to be let go on, where it is a matter of time. */
export function noteOpenings(connection: Connection, openings: ReadonlyMap<string, number>): void {
  for (const [gate, at] of openings) openAt(connection, gate, at)
}

const FIRST = `select priority from millhand_jobs where ${PARKED} and gate = ? and ${timelyAt()}
  order by priority desc, due_at, seq limit 1`

function firstPriority(connection: Connection, gate: string, nowMs: number): number | undefined {
  return connection.get<{ priority: number }>(FIRST, gate, nowMs)?.priority
}

const IS_PARKED = `select 1 from millhand_jobs where ${PARKED} and gate = ? limit 1`

/** Whether a job waits at the gate. */
function isParked(connection: Connection, gate: string): boolean {
  return connection.get(IS_PARKED, gate) !== undefined
}

const OPEN_AT = `insert into millhand_gates (gate, opens_at) values (?1, ?2)
  on conflict (gate) do update set opens_at = excluded.opens_at`

/** Only where somebody waits there: nobody is to be woken for nothing. */
function openAt(connection: Connection, gate: string, at: number): void {
  if (isParked(connection, gate)) connection.run(OPEN_AT, gate, at)
}

const IS_HELD = 'select 1 from millhand_holders limit 1'

const LEFT = 'delete from millhand_holders where job in (select value from json_each(?)) returning gate'

/** These jobs run no more: whoever waits at their gates goes on, as far as there is room. */
export function leaveGates(connection: Connection, seqs: readonly number[], nowMs: number): void {
  if (seqs.length === 0 || !connection.get(IS_HELD)) return
  const left = connection.all<{ gate: string }>(LEFT, asList(seqs)).map(({ gate }) => gate)
  reopen(connection, new Set(left), nowMs)
}

const NEXT = `select seq from millhand_jobs where ${PARKED} and gate = ? and ${timelyAt()}
  and queue not in (select queue from millhand_queues where paused_at is not null)
  order by priority desc, due_at, seq ${atMost()}`

const GO_ON = `update millhand_jobs set gate = null,
  waits = case when care = ${CARE.alone} then ${WAITS.readyAlone} when ${HAS_GROUP} then ${WAITS.turn} else ${WAITS.limited} end
  where seq in (select value from json_each(?))`

const FORGET_OPENING = 'update millhand_gates set opens_at = null where gate = ? and opens_at is not null'

/** Lets as many go on at each gate as there is room for; gives how many those were. */
export function reopen(connection: Connection, gates: Iterable<string>, nowMs: number): number {
  const reader = gateReader(connection, nowMs)
  const going: number[] = []
  let count = 0
  for (const gate of gates) {
    if (isMark(gate)) {
      count += mendLane(connection, gate, nowMs)
      continue
    }
    if (!isParked(connection, gate)) {
      connection.run(FORGET_OPENING, gate)
      continue
    }
    const limit = reader.limit(limitOf(gate))
    const state = reader.state(gate)
    const room = roomAt(limit, state, nowMs)
    const next =
      room > 0 ? connection.all<{ seq: number }>(NEXT, gate, nowMs, room).map(({ seq }) => seq) : []
    going.push(...next)
    const at = opensAt(limit, state)
    // Of more than go on at once that need nobody to leave, the next claim lets the others go on.
    if (state.answer !== undefined && next.length === ROOM_MAX) connection.run(OPEN_AT, gate, nowMs)
    else if (at > nowMs && Number.isFinite(at)) connection.run(OPEN_AT, gate, at)
    else connection.run(FORGET_OPENING, gate)
  }
  if (going.length > 0) {
    connection.run(GO_ON, asList(going))
    place(connection, going)
  }
  return count + going.length
}

const STRAYS = `update millhand_jobs set gate = null where seq in (
  select seq from millhand_jobs where ${PARKED} and gate = ? order by seq ${atMost()}) returning seq`

/** Who waits there was put where nobody heeds what he requires, or his group, by a version that knows nothing of it. */
function mendLane(connection: Connection, gate: string, nowMs: number): number {
  const seqs = connection.all<{ seq: number }>(STRAYS, gate, PARKED_MAX).map(({ seq }) => seq)
  restore(connection, seqs)
  putBack(connection, seqs, nowMs)
  return seqs.length
}

const OPENING = `select gate from millhand_gates where opens_at <= ? order by opens_at ${atMost()}`

/** Opens what opens by itself by now. */
export function openDue(connection: Connection, nowMs: number): void {
  const gates = connection.all<{ gate: string }>(OPENING, nowMs, OPENINGS_MAX).map(({ gate }) => gate)
  if (gates.length > 0) reopen(connection, gates, nowMs)
}

const NEXT_OPENING = 'select min(opens_at) as at from millhand_gates where opens_at is not null'

export function nextOpening(connection: Connection): number | null {
  return connection.get<{ at: number | null }>(NEXT_OPENING)?.at ?? null
}

const CLOSE = `insert into millhand_gates (gate, closed_until) values (?1, ?2)
  on conflict (gate) do update set closed_until = max(coalesce(closed_until, 0), excluded.closed_until)`

/** Handlers have said that nobody may pass for so long; what was said before and lasts longer stands. */
export function closeGates(connection: Connection, settlements: readonly Settlement[], nowMs: number): void {
  for (const { closes } of settlements) if (closes) connection.run(CLOSE, closes.gate, nowMs + closes.forMs)
}
