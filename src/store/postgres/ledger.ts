import {
  addEntries,
  LEDGER_MINUTE_MS,
  type LedgerRow,
  LedgerSheets,
  readHistogram,
} from '../../job/ledger.ts'
import type { Settlement } from '../../job/outcome.ts'
import type { Depth } from '../ledger.ts'
import type { Database } from './database.ts'
import { ASKED_DUE_AT } from './order.ts'
import { LANELESS } from './pending.ts'
import type { Session, Value } from './session.ts'
import { CLOCK, NOW, statement } from './sql.ts'

/** The parameters of `entering`, in every statement that has it. */
export const ENTRY_TYPES = {
  entryQueues: 'text[]',
  entryNames: 'text[]',
  entryCompleted: 'integer[]',
  entryFailed: 'integer[]',
  entryWaits: 'text[]',
  entryRuns: 'text[]',
} as const

const MINUTE = `now / ${LEDGER_MINUTE_MS} * ${LEDGER_MINUTE_MS}`

/**
 * Adds what a statement settles to the ledger, as rows of its own: one row that all workers added to, all of them would
 * wait for. They become one a minute later: see `tidy`. `where` says whether the statement did all that it was to do.
 */
export const entering = (where: string): string => `entered as (
    insert into millhand.ledger (minute, queue, name, completed, failed, waits, runs)
    select ${MINUTE}, e.* from clock cross join
      unnest($entryQueues, $entryNames, $entryCompleted, $entryFailed, $entryWaits, $entryRuns) as e
    where ${where}
  )`

type EntryValues = Readonly<Record<keyof typeof ENTRY_TYPES, Value>>

export function entryValues(settlements: readonly Settlement[]): EntryValues {
  const sheets = new LedgerSheets()
  for (const settlement of settlements) sheets.settled(settlement)
  const entries = sheets.entries()
  return {
    entryQueues: entries.map(({ queue }) => queue),
    entryNames: entries.map(({ name }) => name),
    entryCompleted: entries.map(({ completed }) => completed),
    entryFailed: entries.map(({ failed }) => failed),
    entryWaits: entries.map(({ waits }) => JSON.stringify(waits)),
    entryRuns: entries.map(({ runs }) => JSON.stringify(runs)),
  }
}

const ENTER = statement(ENTRY_TYPES, `with ${CLOCK}, ${entering('true')} select`)

/**
 * Adds settlements of a statement that could not write all that it was to write, and so has added none. A process that dies
 * between the two has settled jobs that are not counted: only where a result came too late.
 */
export async function enter(session: Session, settlements: readonly Settlement[]): Promise<void> {
  if (settlements.length === 0) return
  await session.at(ENTER.text, ...ENTER.values(entryValues(settlements)))
}

const ENTER_ENDED = `with ${CLOCK} insert into millhand.ledger (minute, queue, name, completed, failed, cancelled, waits, runs)
  select ${MINUTE}, queue, name, 0, case when $3 = 'failed' then jobs else 0 end,
    case when $3 = 'cancelled' then jobs else 0 end, '{}', '{}'
  from (select queue, name, count(*)::integer as jobs from millhand.jobs where id = any($2::text[]) group by queue, name) g
  cross join clock`

/** Adds jobs that ended otherwise than by a settlement, in the transaction that ends them. */
export async function enterEnded(
  session: Session,
  ids: readonly string[],
  end: 'failed' | 'cancelled',
): Promise<void> {
  if (ids.length > 0) await session.at(ENTER_ENDED, ids, end)
}

const COLUMNS = 'minute, queue, name, completed, failed, cancelled, waits, runs'

const READ = `select ${COLUMNS} from millhand.ledger where folded and minute >= $1::bigint
  union all select ${COLUMNS} from millhand.ledger where not folded and minute >= $1::bigint`

type Stored = Omit<LedgerRow, 'waits' | 'runs'> & { readonly waits: string; readonly runs: string }

export async function read(session: Session, fromMs: number): Promise<LedgerRow[]> {
  return (await session.rows<Stored>(READ, fromMs)).map(toRow)
}

function toRow({ waits, runs, ...row }: Stored): LedgerRow {
  return { ...row, waits: readHistogram(waits), runs: readHistogram(runs) }
}

/** Of the jobs of one group that wait, by the time `now`. */
const WAITING = `count(*) as jobs, count(*) filter (where ${ASKED_DUE_AT} > now) as scheduled,
      min(${ASKED_DUE_AT}) filter (where ${ASKED_DUE_AT} <= now) as oldest`

const DEPTHS = `with ${CLOCK}, waiting as (
    select lane, ${WAITING} from millhand.pending cross join clock group by lane
  ), laneless as (
    select j.queue, j.name, ${WAITING} from ${LANELESS} cross join clock group by j.queue, j.name
  ), held as (
    select j.queue, j.name, count(*) filter (where not c.begun) as pending, count(*) filter (where c.begun) as running
    from millhand.claims c cross join lateral unnest(c.seqs) u(seq) join millhand.jobs j on j.seq = u.seq
    group by j.queue, j.name
  )
  select queue, name, sum(pending)::integer as pending, sum(scheduled)::integer as scheduled,
    sum(running)::integer as running, min(oldest) as "oldestDueAt" from (
    select l.queue, split_part(l.name, ' ', 1) as name, w.jobs as pending, w.scheduled, 0 as running, w.oldest
      from waiting w join millhand.lanes l on l.id = w.lane
    union all select queue, name, jobs, scheduled, 0, oldest from laneless
    union all select queue, name, pending, 0, running, null from held
  ) each group by queue, name`

export function depths(session: Session): Promise<Depth[]> {
  return session.at<Depth>(DEPTHS)
}

/** Rows that one transaction folds, and how many of these a round has: more than a minute brings. */
const FOLDED_MAX = 5_000
const ROUNDS_MAX = 20

const TAKE = `delete from millhand.ledger where id = any (array(
    select id from millhand.ledger where not folded and minute < (${NOW} / ${LEDGER_MINUTE_MS}) * ${LEDGER_MINUTE_MS}
    order by minute, id limit $2::integer for update skip locked)) and not folded returning ${COLUMNS}`

const FOLD = `insert into millhand.ledger (folded, ${COLUMNS}) select true, * from
  json_to_recordset($1::text::json) as f(minute bigint, queue text, name text, completed integer, failed integer,
    cancelled integer, waits text, runs text)`

const FORGET = `delete from millhand.ledger where folded and minute < ${NOW} - $2::bigint`

/** Makes few rows of the many of minutes that are over, and deletes what is too old. */
export async function tidy(database: Database, keepMs: number): Promise<void> {
  for (let round = 0, taken = FOLDED_MAX; taken === FOLDED_MAX && round < ROUNDS_MAX; round += 1) {
    taken = await database.transaction((_, session) => fold(session))
  }
  await database.session.at(FORGET, keepMs)
}

async function fold(session: Session): Promise<number> {
  const rows = (await session.at<Stored>(TAKE, FOLDED_MAX)).map(toRow)
  if (rows.length === 0) return 0
  const groups = Map.groupBy(rows, ({ minute, queue, name }) => JSON.stringify([minute, queue, name]))
  const folded = [...groups.values()].map((group) => group.reduce((sum, row) => addEntries(sum, row)))
  const texts = folded.map(({ waits, runs, ...row }) => ({
    ...row,
    waits: JSON.stringify(waits),
    runs: JSON.stringify(runs),
  }))
  await session.rows(FOLD, JSON.stringify(texts))
  return rows.length
}
