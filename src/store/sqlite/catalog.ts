import type { InputPart } from '../../job/input-path.ts'
import type { JobRecord } from '../../job/job.ts'
import { writeGroup } from '../../job/job-gates.ts'
import {
  AHEAD_MAX,
  type Found,
  GROUPS_COUNTED_MAX,
  type GroupTurn,
  type JobFilter,
  type Page,
  type Tally,
} from '../catalog.ts'
import type { LogLine } from '../jobs.ts'
import { GROUP_OF_JOB, groupOf } from './claiming/lane-of-job.ts'
import type { Connection, Value } from './connection.ts'
import { ASKED_DUE_AT, ASKED_PRIORITY } from './order.ts'
import { asList, atMost } from './parameters.ts'
import { READY, READY_LIMITED, READY_TURN, WAITS } from './pending.ts'

/** What has ended stands nowhere any more, though its row is left as it was. */
const HAS_PLACE = 'asked_due_at is not null and waits is not null'

/** The columns of a job under the names of `JobRecord`. */
const RECORD_COLUMNS = `seq, id, name, queue, ${ASKED_PRIORITY} as priority, ${ASKED_DUE_AT} as dueAt, key, rerun_of as rerunOf, tags, context, input, retries,
  timeout_ms as timeoutMs, attempt, epoch, crashes, care, checkpoint, errors, created_at as createdAt,
  expires_at as expiresAt, deadline_at as deadlineAt, state, worker, progress, output, outcome, reason,
  failure_kind as failureKind, started_at as startedAt, finished_at as finishedAt, limits, gate,
  iif(${HAS_PLACE}, priority, null) as rank, iif(${HAS_PLACE}, due_at, null) as place`

const GET = `select ${RECORD_COLUMNS} from millhand_jobs where id in (select value from json_each(?))`

export function get(connection: Connection, ids: readonly string[]): JobRecord[] {
  return connection.all<JobRecord>(GET, asList(ids))
}

const IDS_FROM = `select id from millhand_jobs where id >= ? and id < ? order by id ${atMost()}`

/** Every text that begins so comes before it, of which this is the last character. */
const LAST_CHARACTER = '\u{10ffff}'

export function idsFrom(connection: Connection, prefix: string, limit: number): string[] {
  const found = connection.all<{ id: string }>(IDS_FROM, prefix, prefix + LAST_CHARACTER, limit)
  return found.map(({ id }) => id)
}

/** Newest first. */
export function list(connection: Connection, filter: JobFilter, page: Page & { nowMs: number }): JobRecord[] {
  const { where, values } = condition(filter, page.nowMs)
  const before = page.beforeSeq ?? Number.MAX_SAFE_INTEGER
  const sql = `select ${RECORD_COLUMNS} from millhand_jobs where ${where} and seq < ? order by seq desc ${atMost()}`
  return connection.all<JobRecord>(sql, ...values, before, page.limit)
}

export function find(connection: Connection, filter: JobFilter, page: Page & { nowMs: number }): Found[] {
  const { where, values } = condition(filter, page.nowMs)
  const before = page.beforeSeq ?? Number.MAX_SAFE_INTEGER
  const sql = `select id, seq from millhand_jobs where ${where} and seq < ? order by seq desc ${atMost()}`
  return connection.all<Found>(sql, ...values, before, page.limit)
}

export function count(connection: Connection, filter: JobFilter, nowMs: number): number {
  const { where, values } = condition(filter, nowMs)
  const sql = `select count(*) as count from millhand_jobs where ${where}`
  return connection.get<{ count: number }>(sql, ...values)?.count ?? 0
}

const LOGS = `select at, level, message, data from millhand_logs
  where job = (select seq from millhand_jobs where id = ?) order by seq`

export function logs(connection: Connection, id: string): LogLine[] {
  return connection.all<LogLine>(LOGS, id)
}

const beforeIt = (ready: string): string => `select 1 from it join millhand_jobs j on j.lane in (
    select id from millhand_lanes where queue = it.queue) where j.${ready} and (j.priority > it.priority
    or (j.priority = it.priority and (j.due_at < it.due_at or (j.due_at = it.due_at and j.seq < it.seq))))`

/** Of what is ready and runs beside others: each kind by its index. */
const AHEAD = `with it as (
    select queue, priority, due_at, seq, waits, ${GROUP_OF_JOB} as its_group from millhand_jobs where id = ? and lane is not null and waits <> ${WAITS.parked}
  ) select count(*) as ahead from (
    ${beforeIt(READY)} union all ${beforeIt(READY_LIMITED)}
    union all ${beforeIt(READY_TURN)} and j.priority = it.priority
      and (it.waits <> ${WAITS.turn} or ${groupOf('j')} = it.its_group) limit ${AHEAD_MAX})`

export function ahead(connection: Connection, id: string): number {
  return connection.get<{ ahead: number }>(AHEAD, id)?.ahead ?? 0
}

const ITS_TURN = `with recursive it as (
    select queue, priority, ${GROUP_OF_JOB} as its_group from millhand_jobs where id = ? and ${READY_TURN} and limits is not null
  ), lanes as (
    select l.id, it.priority, it.its_group from it join millhand_lanes l on l.queue = it.queue
  ), there (lane, priority, name) as (
    select id, priority, (select ${groupOf('j')} from millhand_jobs j indexed by millhand_jobs_groups
      where j.${READY_TURN} and j.lane = lanes.id and j.priority = lanes.priority order by ${groupOf('j')} limit 1) from lanes
    union all
    select lane, priority, (select ${groupOf('j')} from millhand_jobs j indexed by millhand_jobs_groups
      where j.${READY_TURN} and j.lane = there.lane and j.priority = there.priority and ${groupOf('j')} > there.name order by ${groupOf('j')} limit 1)
      from there where there.name is not null limit ${2 * GROUPS_COUNTED_MAX}
  )
  select (select count(*) from (select 1 from lanes join millhand_jobs j indexed by millhand_jobs_groups on j.lane = lanes.id
      where j.${READY_TURN} and j.priority = lanes.priority and ${groupOf('j')} = lanes.its_group limit ${AHEAD_MAX})) as waiting,
    min(${GROUPS_COUNTED_MAX}, (select count(distinct name) from there where name is not null) - 1) as groups
  from it where its_group <> ''`

export function turn(connection: Connection, id: string): GroupTurn | null {
  return connection.get<GroupTurn & object>(ITS_TURN, id) ?? null
}

const TALLY = `select queue, name, state, count(*) as count,
  min(${ASKED_DUE_AT}) filter (where waits is not null and ${ASKED_DUE_AT} <= ?1) as oldestDueAt,
  count(*) filter (where waits is not null and ${ASKED_DUE_AT} > ?1) as scheduled
  from millhand_jobs group by queue, name, state order by queue, name, state`

export function tally(connection: Connection, nowMs: number): Tally[] {
  return connection.all<Tally>(TALLY, nowMs)
}

/** Asked only where it can be answered: of what is no JSON, SQLite's functions make an error of the whole statement. */
const whereJson = (column: string, element: string): string =>
  `case when json_valid(${column}) then exists (select 1 from json_each(${column}) where ${element}) end`

const inMessage = "case type when 'object' then instr(json_extract(value, '$.message'), ?) > 0 end"

/** A walk from the input to the value, a step a name: of a list, a name is the place. */
function whereInput({ path, value }: InputPart): { sql: string; values: Value[] } {
  const steps = path.map((_, step) => `json_each(${step === 0 ? 'input' : inner(step - 1)}) as step${step}`)
  const names = path.map((_, step) => `cast(step${step}.key as text) = ?`)
  const last = `step${path.length - 1}`
  const wanted: unknown = JSON.parse(value)
  const isText = typeof wanted === 'string'
  const isValue =
    isText || typeof wanted === 'number'
      ? `${last}.type in (${isText ? "'text'" : "'integer', 'real'"}) and ${last}.value = ?`
      : `${last}.type = ?`
  const sql = `case when json_valid(input) then exists (
    select 1 from ${steps.join(' cross join ')} where ${[...names, isValue].join(' and ')}) end`
  return { sql, values: [...path, isText || typeof wanted === 'number' ? wanted : value] }
}

/** What is no list and no object has nothing in it. */
function inner(step: number): string {
  return `case when step${step}.type in ('object', 'array') then step${step}.value else '{}' end`
}

/** Each part of a filter with its condition; only those that are asked for are in the statement. */
function condition(filter: JobFilter, nowMs: number): { where: string; values: Value[] } {
  const parts: [string, Value][] = []
  const isIn = (column: string, list?: readonly string[]) => {
    if (list) parts.push([`${column} in (select value from json_each(?))`, asList(list)])
  }
  isIn('state', filter.states)
  isIn('name', filter.names)
  isIn('queue', filter.queues)
  if (filter.tag !== undefined) {
    parts.push([whereJson('tags', 'value = ?'), filter.tag])
  }
  if (filter.key !== undefined) parts.push(['key = ?', filter.key])
  if (filter.group !== undefined) parts.push([`${GROUP_OF_JOB} = ?`, writeGroup(filter.group)])
  if (filter.scheduled === true) parts.push([`${ASKED_DUE_AT} > ?`, nowMs])
  if (filter.scheduled === false) parts.push([`${ASKED_DUE_AT} <= ?`, nowMs])
  if (filter.createdAfterMs !== undefined) parts.push(['created_at >= ?', filter.createdAfterMs])
  if (filter.createdBeforeMs !== undefined) parts.push(['created_at < ?', filter.createdBeforeMs])
  if (filter.errorText !== undefined) {
    parts.push([whereJson('errors', inMessage), filter.errorText])
  }
  const within = (filter.input ?? []).map(whereInput)
  return {
    where: ['true', ...parts.map(([sql]) => sql), ...within.map(({ sql }) => sql)].join(' and '),
    values: [...parts.map(([, value]) => value), ...within.flatMap(({ values }) => values)],
  }
}
