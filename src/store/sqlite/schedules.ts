import type { NewJob } from '../../job/new-job.ts'
import type { NewSchedule, ScheduleRecord, ScheduleStep } from '../../job/schedule.ts'
import type { Room } from '../room.ts'
import type { DueSchedules } from '../schedules.ts'
import type { Connection } from './connection.ts'
import { insert } from './insert.ts'
import { atMost } from './parameters.ts'

const COLUMNS = `name, rule, plan, declared, revision, tick_at as tickAt, due_at as dueAt, paused_at as pausedAt,
  last_tick_at as lastTickAt, jobs, problem`

/** On the right stands what was there before, but for what is excluded. */
const SET = `insert into millhand_schedules as s (name, rule, plan, declared, tick_at, due_at) values (?, ?, ?, ?, ?, ?)
  on conflict (name) do update set
    declared = max(declared, excluded.declared),
    revision = revision + (rule <> excluded.rule or plan <> excluded.plan),
    tick_at = iif(rule = excluded.rule, tick_at, excluded.tick_at),
    due_at = iif(rule = excluded.rule, due_at, iif(paused_at is null, excluded.due_at, null)),
    problem = iif(rule = excluded.rule and plan = excluded.plan, problem, null),
    rule = excluded.rule, plan = excluded.plan
  returning ${COLUMNS}`

type Row = Omit<ScheduleRecord, 'declared'> & { readonly declared: number }

export function set(connection: Connection, schedule: NewSchedule): ScheduleRecord {
  const { name, rule, plan, declared, tickAt, dueAt } = schedule
  const [row] = connection.all<Row>(SET, name, rule, plan, declared ? 1 : 0, tickAt, dueAt)
  return toRecord(row as Row)
}

export function remove(connection: Connection, name: string): boolean {
  return connection.run('delete from millhand_schedules where name = ?', name) > 0
}

const LIST = `select ${COLUMNS} from millhand_schedules where ?1 is null or name = ?1 order by name`

export function list(connection: Connection, name?: string): ScheduleRecord[] {
  return connection.all<Row>(LIST, name ?? null).map(toRecord)
}

const DUE = `select ${COLUMNS} from millhand_schedules where due_at <= ? order by due_at, name ${atMost()}`

export const NEXT_DUE = 'select min(due_at) as dueAt from millhand_schedules where due_at is not null'

export function due(connection: Connection, limit: number, nowMs: number): DueSchedules {
  const schedules = connection.all<Row>(DUE, nowMs, limit).map(toRecord)
  return { schedules, nowMs, nextDueAt: nextDueAt(connection) }
}

export function nextDueAt(connection: Connection): number | null {
  return connection.get<{ dueAt: number | null }>(NEXT_DUE)?.dueAt ?? null
}

const ADVANCE = `update millhand_schedules set revision = revision + 1, tick_at = ?, due_at = ?, paused_at = ?,
  last_tick_at = ?, jobs = ?, problem = ? where name = ? and revision = ? and tick_at is ?`

/** Inside the caller's transaction, which has to be undone when this throws. @throws MillhandError `queue_full` */
export function advance(
  connection: Connection,
  { name, expected, next }: ScheduleStep,
  given: { jobs: readonly NewJob[]; room: Room; pendingMax: number; nowMs: number },
): boolean {
  const { tickAt, dueAt, pausedAt, lastTickAt, jobs, problem } = next
  const set = [tickAt, dueAt, pausedAt, lastTickAt, jobs, problem] as const
  if (connection.run(ADVANCE, ...set, name, expected.revision, expected.tickAt) === 0) return false
  insert(connection, given.jobs, given)
  return true
}

function toRecord(row: Row): ScheduleRecord {
  return { ...row, declared: row.declared === 1 }
}
