import {
  addEntries,
  type LedgerEntry,
  type LedgerRow,
  LedgerSheets,
  minuteOf,
  readHistogram,
} from '../../job/ledger.ts'
import { STATEMENT_ROWS_MAX } from '../../job/limits.ts'
import type { Depth } from '../ledger.ts'
import type { Connection } from './connection.ts'
import { ASKED_DUE_AT } from './order.ts'
import { asList, atMost } from './parameters.ts'
import { PARKED, READY, READY_ALONE, READY_LIMITED, READY_TURN, WAITS } from './pending.ts'

const COLUMNS = 'minute, queue, name, completed, failed, cancelled, waits, runs'

const ROW = `select ${COLUMNS} from millhand_ledger where minute = ? and queue = ? and name = ?`

const WRITE = `insert or replace into millhand_ledger (${COLUMNS}) values (?, ?, ?, ?, ?, ?, ?, ?)`

type Stored = Omit<LedgerRow, 'waits' | 'runs'> & { readonly waits: string; readonly runs: string }

/** Adds what has ended to its minute, in the transaction that ends it: a row for each queue and name. */
export function enter(connection: Connection, sheets: LedgerSheets, nowMs: number): void {
  const minute = minuteOf(nowMs)
  for (const entry of sheets.entries()) {
    const before = connection.get<Stored>(ROW, minute, entry.queue, entry.name)
    write(connection, minute, before ? addEntries(toRow(before), entry) : entry)
  }
}

function write(connection: Connection, minute: number, entry: LedgerEntry): void {
  const { queue, name, completed, failed, cancelled, waits, runs } = entry
  const [waited, ran] = [JSON.stringify(waits), JSON.stringify(runs)]
  connection.run(WRITE, minute, queue, name, completed, failed, cancelled, waited, ran)
}

const PLACES = `select queue, name, count(*) as count from millhand_jobs
  where seq in (select value from json_each(?)) group by queue, name`

/** Adds jobs that ended otherwise than by a settlement. */
export function enterEnded(
  connection: Connection,
  seqs: readonly number[],
  { end, nowMs }: { readonly end: 'failed' | 'cancelled'; readonly nowMs: number },
): void {
  if (seqs.length === 0) return
  const sheets = new LedgerSheets()
  const places = connection.all<{ queue: string; name: string; count: number }>(PLACES, asList(seqs))
  for (const { queue, name, count } of places) sheets.ended(queue, name, { end, count })
  enter(connection, sheets, nowMs)
}

const READ = `select ${COLUMNS} from millhand_ledger where minute >= ?`

export function read(connection: Connection, fromMs: number): LedgerRow[] {
  return connection.all<Stored>(READ, fromMs).map(toRow)
}

function toRow({ waits, runs, ...row }: Stored): LedgerRow {
  return { ...row, waits: readHistogram(waits), runs: readHistogram(runs) }
}

const readyJobs = (
  ready: string,
) => `select l.queue, substr(l.name, 1, instr(l.name || ' ', ' ') - 1) as name, jobs as pending, 0 as scheduled, 0 as running,
    iif(q.due_by is null and q.placed_before is null, oldest, (select min(${ASKED_DUE_AT}) from millhand_jobs where ${ready} and lane = r.lane)) as oldest
  from (select lane, count(*) as jobs, min(due_at) as oldest from millhand_jobs where ${ready} group by lane) as r
  join millhand_lanes as l on l.id = r.lane left join millhand_queues as q on q.queue = l.queue`

const DEPTHS = `select queue, name, sum(pending) as pending, sum(scheduled) as scheduled, sum(running) as running,
    min(oldest) as oldestDueAt from (
    ${readyJobs(READY)} union all ${readyJobs(READY_ALONE)}
    union all ${readyJobs(READY_LIMITED)} union all ${readyJobs(READY_TURN)} union all ${readyJobs(PARKED)}
    union all select queue, name, count(*), sum(due_at > ?1), 0, min(iif(due_at <= ?1, due_at, null))
      from millhand_jobs where waits = ${WAITS.due} group by queue, name
    union all select queue, name, sum(state = 'pending'), 0, sum(state = 'running'), null
      from millhand_jobs where worker is not null and state in ('pending', 'running') group by queue, name
  ) group by queue, name`

export function depths(connection: Connection, nowMs: number): Depth[] {
  return connection.all<Depth>(DEPTHS, nowMs)
}

const FORGET = `delete from millhand_ledger where (minute, queue, name) in (
  select minute, queue, name from millhand_ledger where minute < ? order by minute ${atMost()})`

/** Each minute has one row of a queue and name by itself. */
export function tidy(connection: Connection, keepMs: number, nowMs: number): void {
  connection.run(FORGET, nowMs - keepMs, STATEMENT_ROWS_MAX)
}
