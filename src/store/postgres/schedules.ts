import type { NewSchedule, ScheduleRecord, ScheduleStep } from '../../job/schedule.ts'
import type { DueSchedules } from '../schedules.ts'
import type { Session } from './session.ts'
import { NOW } from './sql.ts'

const COLUMNS = `name, rule, plan, declared, revision, tick_at as "tickAt", due_at as "dueAt", paused_at as "pausedAt",
  last_tick_at as "lastTickAt", jobs, problem`

/** What is given comes as one JSON, with the names that it has here. */
const SET = `insert into millhand.schedules as s (name, rule, plan, declared, tick_at, due_at)
  select name, rule, plan, declared, "tickAt", "dueAt" from json_to_record($1::json)
    as g(name text, rule text, plan text, declared boolean, "tickAt" bigint, "dueAt" bigint)
  on conflict (name) do update set
    declared = s.declared or excluded.declared,
    revision = s.revision + ((s.rule, s.plan) is distinct from (excluded.rule, excluded.plan))::integer,
    tick_at = case when s.rule = excluded.rule then s.tick_at else excluded.tick_at end,
    due_at = case when s.rule = excluded.rule then s.due_at when s.paused_at is null then excluded.due_at end,
    problem = case when (s.rule, s.plan) = (excluded.rule, excluded.plan) then s.problem end,
    rule = excluded.rule, plan = excluded.plan
  returning ${COLUMNS}`

export async function set(session: Session, schedule: NewSchedule): Promise<ScheduleRecord> {
  const [row] = await session.rows<ScheduleRecord>(SET, JSON.stringify(schedule))
  return row as ScheduleRecord
}

export async function remove(session: Session, name: string): Promise<boolean> {
  const removed = await session.rows('delete from millhand.schedules where name = $1 returning name', name)
  return removed.length > 0
}

const LIST = `select ${COLUMNS} from millhand.schedules where $1::text is null or name = $1 order by name`

export function list(session: Session, name?: string): Promise<ScheduleRecord[]> {
  return session.rows<ScheduleRecord>(LIST, name ?? null)
}

/** One row at least, so that the time is told. */
const DUE = `select t.now, (select min(due_at) from millhand.schedules) as "nextDueAt", s.*
  from (select ${NOW} as now) t
  left join lateral (
    select ${COLUMNS} from millhand.schedules where due_at <= t.now order by due_at, name limit $2
  ) s on true`

type DueRow = ScheduleRecord & { readonly now: number; readonly nextDueAt: number | null }

export async function due(session: Session, limit: number): Promise<DueSchedules> {
  const rows = await session.at<DueRow>(DUE, limit)
  const { now = 0, nextDueAt = null } = rows[0] ?? {}
  return { schedules: rows.filter(({ name }) => name !== null), nowMs: now, nextDueAt }
}

const ADVANCE = `update millhand.schedules s set revision = s.revision + 1, tick_at = g."tickAt", due_at = g."dueAt",
    paused_at = g."pausedAt", last_tick_at = g."lastTickAt", jobs = g.jobs, problem = g.problem
  from json_to_record($1::json)
    as g("tickAt" bigint, "dueAt" bigint, "pausedAt" bigint, "lastTickAt" bigint, jobs text, problem text)
  where s.name = $2 and s.revision = $3::bigint and s.tick_at is not distinct from $4::bigint returning s.name`

/** Whether the schedule was as it was expected. */
export async function advance(session: Session, { name, expected, next }: ScheduleStep): Promise<boolean> {
  const { revision, tickAt } = expected
  return (await session.rows(ADVANCE, JSON.stringify(next), name, revision, tickAt)).length > 0
}
