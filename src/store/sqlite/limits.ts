import type { Limit } from '../../job/limit.ts'
import { changedBy, type LimitOverride } from '../../job/limit-change.ts'
import { asSet } from '../../job/queue-limits.ts'
import { readSettings } from '../../job/queue-settings.ts'
import { type LimitRow, limitFrom, limitTexts, ruleText, toLimitRecord } from '../limit-row.ts'
import {
  AFTER_GATES,
  type GateRecord,
  HOLDERS_SHOWN,
  type LimitRecord,
  type LimitStore,
  type LimitSums,
  REOPENED_MAX,
} from '../limits.ts'
import { once } from './calls.ts'
import type { Connection } from './connection.ts'
import { reopen } from './gates.ts'
import { atMost } from './parameters.ts'
import { PARKED } from './pending.ts'

const DECLARE = `insert into millhand_limits (name, declared) values (?1, ?2)
  on conflict (name) do update set declared = excluded.declared where declared <> excluded.declared`

const NAMED = 'select name, declared, override from millhand_limits where name = ?'

const OVERRIDE = 'update millhand_limits set override = ? where name = ?'

const SETTINGS = 'select settings from millhand_queues where settings is not null order by queue'

/** Inside the caller's transaction: what is set for queues stays as it is until its end. */
export function declare(connection: Connection, limits: readonly Limit[], nowMs: number): void {
  const rows = connection.all<{ settings: string }>(SETTINGS)
  const settings = rows.map((row) => readSettings(row.settings))
  write(connection, asSet(limits, settings), nowMs)
}

/** Those that have changed let others pass at once. */
export function write(connection: Connection, limits: readonly Limit[], nowMs: number): void {
  for (const { name, ...rule } of limits) {
    if (connection.run(DECLARE, name, ruleText(rule)) > 0) reopenAll(connection, name, nowMs)
  }
}

/** Inside the caller's transaction, which is the lock. */
export function override(
  connection: Connection,
  name: string,
  { change, ...made }: { change: LimitOverride | null; call: string | undefined; nowMs: number },
): LimitRecord | null {
  const make = () => {
    const row = connection.get<LimitRow>(NAMED, name)
    if (!row) return []
    const before = toLimitRecord(row)
    const changed = { ...before, override: changedBy(before.override, change) }
    connection.run(OVERRIDE, changed.override && ruleText(changed.override), name)
    reopenAll(connection, name, made.nowMs)
    return limitTexts(changed)
  }
  return limitFrom(name, once(connection, made, make))
}

function reopenAll(connection: Connection, name: string, nowMs: number): void {
  const keyed = waitedAt(connection, { after: `${name}=`, to: `${name}>`, limit: REOPENED_MAX })
  reopen(connection, [name, ...keyed], nowMs)
}

/** Gates at which jobs wait, found by skipping from one to the next. */
const WAITED_AT = `with recursive at (gate) as (
    select * from (select gate from millhand_jobs where ${PARKED} and gate > ?1 and gate < ?2 order by gate limit 1)
    union all
    select (select gate from millhand_jobs where ${PARKED} and gate > at.gate and gate < ?2 order by gate limit 1)
      from at where at.gate is not null
  )
  select gate from at where gate is not null ${atMost('?3')}`

export function waitedAt(
  connection: Connection,
  {
    after,
    to = AFTER_GATES,
    limit,
  }: { readonly after: string; readonly to?: string; readonly limit: number },
): string[] {
  return connection.all<{ gate: string }>(WAITED_AT, after, to, limit).map(({ gate }) => gate)
}

const LIST = 'select name, declared, override from millhand_limits order by name'

export function list(connection: Connection): LimitRecord[] {
  return connection.all<LimitRow>(LIST).map(toLimitRecord)
}

/** Those of a limit: its own name, and what comes between `name=` and the next text that cannot begin so. */
const KNOWN = `select gate from (
    select gate from millhand_holders where gate = ?1 or (gate >= ?2 and gate < ?3)
    union select gate from millhand_jobs where ${PARKED} and (gate = ?1 or (gate >= ?2 and gate < ?3))
    union select gate from millhand_gates where closed_until > ?4 and (gate = ?1 or (gate >= ?2 and gate < ?3))
  ) order by gate ${atMost('?5')}`

export function gates(
  connection: Connection,
  which: Parameters<LimitStore['gates']>[0],
  {
    limit,
    nowMs,
    waitingMax = -1,
  }: { readonly limit: number; readonly nowMs: number; readonly waitingMax?: number | undefined },
): GateRecord[] {
  const names =
    'names' in which ? [...new Set(which.names)].sort() : known(connection, which.limit, { limit, nowMs })
  return names.slice(0, limit).map((gate) => recordOf(connection, gate, { nowMs, waitingMax }))
}

/** How many gates of a limit are looked at, and when. */
interface Extent {
  readonly limit: number
  readonly nowMs: number
}

function known(connection: Connection, name: string, { limit, nowMs }: Extent): string[] {
  const rows = connection.all<{ gate: string }>(KNOWN, name, `${name}=`, `${name}>`, nowMs, limit)
  return rows.map(({ gate }) => gate)
}

const SUMS = `select count(*) as keys,
  coalesce(sum((select count(*) from millhand_holders where gate = known.gate)), 0) as running,
  coalesce(sum((select count(*) from millhand_jobs where ${PARKED} and gate = known.gate)), 0) as waiting
  from (${KNOWN}) known`

export function sums(connection: Connection, name: string, { limit, nowMs }: Extent): LimitSums {
  return connection.get<LimitSums>(SUMS, name, `${name}=`, `${name}>`, nowMs, limit) as LimitSums
}

const HOLDERS = `select id, worker, started_at as since from millhand_holders
  join millhand_jobs on millhand_jobs.seq = millhand_holders.job
  where millhand_holders.gate = ? order by started_at, id ${atMost()}`

const COUNTS = `select (select count(*) from millhand_holders where gate = ?1) as running,
  (select count(*) from (select 1 from millhand_jobs where ${PARKED} and gate = ?1 ${atMost('?3')})) as waiting,
  (select closed_until from millhand_gates where gate = ?1 and closed_until > ?2) as closedUntil,
  (select grants from millhand_gates where gate = ?1) as grants`

interface Counts extends Pick<GateRecord, 'running' | 'waiting' | 'closedUntil'> {
  readonly grants: string | null
}

function recordOf(
  connection: Connection,
  gate: string,
  { nowMs, waitingMax }: { readonly nowMs: number; readonly waitingMax: number },
): GateRecord {
  const { grants, ...counts } = connection.get<Counts>(COUNTS, gate, nowMs, waitingMax) as Counts
  const holders = connection.all<GateRecord['holders'][number]>(HOLDERS, gate, HOLDERS_SHOWN)
  return { gate, holders, ...counts, grants: grants === null ? [] : JSON.parse(grants) }
}

const FORGET = `delete from millhand_holders where not exists (
    select 1 from millhand_jobs where millhand_jobs.seq = millhand_holders.job and state = 'running'
  )`

const TO_TEND = `select 1 where exists (select 1 from millhand_jobs where ${PARKED}) or exists (
    select 1 from millhand_holders where not exists (
      select 1 from millhand_jobs where millhand_jobs.seq = millhand_holders.job and state = 'running'))`

/** Whether somebody waits at a gate, or holds one and does not run: asked without a lock. */
export function mayTend(connection: Connection): boolean {
  return connection.get(TO_TEND) !== undefined
}

/** Lets go on what waits at open gates after the one named; gives how many jobs that were, and where to go on. */
export function tend(
  connection: Connection,
  { after, limit }: { readonly after: string; readonly limit: number },
  nowMs: number,
): { readonly count: number; readonly next: string } {
  connection.run(FORGET)
  const waited = waitedAt(connection, { after, limit })
  return {
    count: reopen(connection, waited, nowMs),
    next: waited.length < limit ? '' : (waited.at(-1) ?? ''),
  }
}
