import type { Connection, Value } from '../connection.ts'
import { hasOrders, place } from '../order.ts'
import { countReturn, PARKED, READY, READY_ALONE, READY_LIMITED, READY_TURN, WAITS } from '../pending.ts'

/** How the time of a file follows from the uptime of the machine. */
export interface Anchor {
  /** The boot that it holds for. */
  readonly boot: string
  /** When it was written: an uptime below tells of a new boot where the machine does not. */
  readonly uptimeMs: number
  /** The time of the file, less the uptime. */
  readonly offsetMs: number
}

interface Move {
  readonly nowMs: number
  /** What time it was before; `null` after a boot, of which nobody is left who had gone by that. */
  readonly wasMs: number | null
}

const ANCHOR = 'select boot, uptime_ms as uptimeMs, offset_ms as offsetMs from millhand_clock'

const ANCHORED = `insert into millhand_clock (role, boot, uptime_ms, offset_ms) values ('anchor', ?, ?, ?)
  on conflict (role) do update set boot = excluded.boot, uptime_ms = excluded.uptime_ms, offset_ms = excluded.offset_ms`

/**
 * Read in each transaction, so that everybody sees at once that it was moved: 5 µs, where the smallest one takes 20, and
 * one that is flushed to the disk a thousand.
 */
export function anchorOf(connection: Connection): Anchor | undefined {
  return connection.get<Anchor>(ANCHOR)
}

/**
 * For a statement that goes by an anchor that was read before: it does nothing where that was moved meanwhile. The values of
 * `anchorValues` stand at `first` and the two behind it.
 */
export function anchorHolds(first: number): string {
  return `(?${first} is null or exists (select 1 from millhand_clock
    where boot = ?${first} and uptime_ms = ?${first + 1} and offset_ms = ?${first + 2}))`
}

/** `undefined`: a clock that is injected needs none. */
export function anchorValues(anchor: Anchor | undefined): Value[] {
  return anchor ? [anchor.boot, anchor.uptimeMs, anchor.offsetMs] : [null, null, null]
}

/**
 * Lets the time of the file follow the wall clock, within a transaction. What is short is moved along with it, so that
 * it lasts as long as it should: leases, and what is due or expires within a minute. All else is where people expect
 * it on the wall clock.
 */
export function moveAnchor(connection: Connection, anchor: Anchor, { nowMs, wasMs }: Move): void {
  connection.run(ANCHORED, anchor.boot, anchor.uptimeMs, anchor.offsetMs)
  if (wasMs === null) boundLeases(connection, nowMs)
  else moveShort(connection, { nowMs, wasMs })
}

/** A due time or an end that is nearer than this is a delay; one that is farther is a time on the wall clock. */
const SHORT_MS = 60_000

const MOVE_LEASES = [
  'update millhand_workers set lease_until = lease_until + ?1, beat_at = beat_at + ?1',
  'update millhand_leader set lease_until = lease_until + ?',
  'update millhand_subscribers set lease_until = lease_until + ?',
]

/** What is overdue as well: an hour back, it would be due in an hour. */
const MOVE_SCHEDULED = `update millhand_jobs set due_at = due_at + ?
  where waits = ${WAITS.due} and due_at <= ?`

/**
 * What has become due and stands ahead of the clock now: given back by a worker, it would be due in an hour, and it
 * would run after all that comes later.
 */
const MOVE_READY = [READY, READY_ALONE, READY_LIMITED, PARKED, 'worker is not null'].map(
  (where) =>
    `update millhand_jobs set due_at = due_at + ? where ${where} and due_at > ? and asked_due_at is null`,
)

/** The same of what has a place in an order: that follows from when it was due, and may be ahead of the clock by itself. */
const MOVE_PLACED = [READY, READY_ALONE, READY_LIMITED, READY_TURN, PARKED].map(
  (where) => `update millhand_jobs set asked_due_at = asked_due_at + ? where ${where} and asked_due_at > ?
    returning seq`,
)

function movePlaced(connection: Connection, byMs: number, nowMs: number): void {
  for (const statement of MOVE_PLACED) {
    const moved = connection.all<{ seq: number }>(statement, byMs, nowMs)
    place(
      connection,
      moved.map(({ seq }) => seq),
    )
  }
}

/** What a gate remembers lasts for a while from when it happened: no time on the wall clock. */
const MOVE_GATES = `update millhand_gates set closed_until = closed_until + ?1, opens_at = opens_at + ?1,
  grants = (select json_group_array(json_array(value ->> 0 + ?1, value ->> 1)) from json_each(grants))`

/** Of jobs that wait and of those that are held. */
const MOVE_EXPIRY = ['waits is not null', "worker is not null and state = 'pending'"].map(
  (where) => `update millhand_jobs set expires_at = expires_at + ?1,
    deadline_at = iif(deadline_at = expires_at, deadline_at + ?1, deadline_at)
    where ${where} and expires_at is not null and expires_at <= ?2`,
)

function moveShort(connection: Connection, { nowMs, wasMs }: { nowMs: number; wasMs: number }): void {
  const byMs = nowMs - wasMs
  const untilMs = wasMs + SHORT_MS
  for (const statement of MOVE_LEASES) connection.run(statement, byMs)
  connection.run(MOVE_SCHEDULED, byMs, untilMs)
  connection.run(MOVE_GATES, byMs)
  if (byMs < 0) {
    for (const statement of MOVE_READY) connection.run(statement, byMs, nowMs)
    if (hasOrders(connection)) movePlaced(connection, byMs, nowMs)
    countReturn(connection)
  }
  for (const statement of MOVE_EXPIRY) connection.run(statement, byMs, untilMs)
}

/** Where the wall clock stands back after a boot, as one without a battery does, leases of before would be alive for hours. */
const BOUND_LEASES = [
  'update millhand_workers set lease_until = min(lease_until, ? + lease_ms)',
  `update millhand_leader set lease_until = min(lease_until, ?1 + coalesce(
    (select lease_ms from millhand_workers where id = millhand_leader.worker), 0))`,
  `update millhand_subscribers set lease_until = min(lease_until, ? + ${SHORT_MS})`,
]

function boundLeases(connection: Connection, nowMs: number): void {
  for (const statement of BOUND_LEASES) connection.run(statement, nowMs)
}
