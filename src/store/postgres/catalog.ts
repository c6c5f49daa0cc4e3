import type { JobRecord } from '../../job/job.ts'
import { writeGroup } from '../../job/job-gates.ts'
import { STATEMENT_CHARACTERS_MAX } from '../../job/limits.ts'
import { FINAL_STATES, type JobState } from '../../job/state.ts'
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
import { groupFor, groupOf, LIMITED, REQUIRING_CLASS, TURN } from './claiming/lane-of-job.ts'
import { rowOf } from './lookup.ts'
import type { Session, Value } from './session.ts'
import { NOW } from './sql.ts'
import { RECORD_COLUMNS, RECORD_NAMES, STANDING, STANDING_OF_JOB } from './standing.ts'

const GET = `select ${RECORD_COLUMNS} from (select * from millhand.jobs where id = any($1::text[]) offset 0) j
  cross join lateral (${places(STANDING_OF_JOB)}) s left join ${rowOf('j', '*', 'details')} d on true`

/** What may be large of a job. */
const SIZE = ['j.input', 'j.context', 's.output', 'd.errors', 'd.checkpoint', 'd.progress']
  .map((text) => `coalesce(octet_length(${text}), 0)`)
  .join(' + ')

/** In this many bytes are more characters than a page may have too few of: see `CatalogStore`. */
const PAGE_BYTES_MAX = 4 * STATEMENT_CHARACTERS_MAX

export function get(session: Session, ids: readonly string[]): Promise<JobRecord[]> {
  return session.rows<JobRecord>(GET, ids)
}

const IDS_FROM = 'select id from millhand.jobs where id >= $1 and id < $2 order by id limit $3'

/** Every text that begins so comes before it, of which this is the last character. */
const LAST_CHARACTER = '\u{10ffff}'

export async function idsFrom(session: Session, prefix: string, limit: number): Promise<string[]> {
  const found = await session.rows<{ id: string }>(IDS_FROM, prefix, prefix + LAST_CHARACTER, limit)
  return found.map(({ id }) => id)
}

/** Newest first. */
export async function list(session: Session, filter: JobFilter, page: Page): Promise<JobRecord[]> {
  const { from, where, values } = select(filter, 'each')
  const rows = `select ${RECORD_COLUMNS}, ${SIZE} as size ${from} where ${where}
    and j.seq < $${values.length + 2} order by j.seq desc limit $${values.length + 3}`
  const sql = `select ${RECORD_NAMES} from (
      select *, sum(size) over newest as total, row_number() over newest as nth from (${rows}) page
      window newest as (order by seq desc)
    ) page where nth = 1 or total <= ${PAGE_BYTES_MAX} order by seq desc`
  return session.at<JobRecord>(sql, ...values, page.beforeSeq ?? Number.MAX_SAFE_INTEGER, page.limit)
}

export function find(session: Session, filter: JobFilter, page: Page): Promise<Found[]> {
  const { from, where, values } = select(filter, 'each')
  const sql = `select j.id, j.seq ${from} where ${where}
    and j.seq < $${values.length + 2} order by j.seq desc limit $${values.length + 3}`
  return session.at<Found>(sql, ...values, page.beforeSeq ?? Number.MAX_SAFE_INTEGER, page.limit)
}

export async function count(session: Session, filter: JobFilter): Promise<number> {
  const { from, where, values } = select(filter, 'all')
  const [row] = await session.at<{ count: number }>(
    `select count(*) as count ${from} where ${where}`,
    ...values,
  )
  return row?.count ?? 0
}

const LOGS = `select at, level, message, data from millhand.logs
  where job = (select seq from millhand.jobs where id = $1) order by seq`

export function logs(session: Session, id: string): Promise<LogLine[]> {
  return session.rows<LogLine>(LOGS, id)
}

/** Ready jobs of one class in the lanes of its queue, each by the index. */
const beforeIt = (readyClass: number): string => `select from it cross join lateral (
      select id from millhand.lanes where queue = it.queue) l cross join lateral (
      select from millhand.pending p where p.waits = 1 and p.class = ${readyClass} and p.lane = l.id
      and (p.rank, p.due_at, p.seq) < (it.rank, it.due_at, it.seq) and (p.class <> ${TURN} or p.rank = it.rank and (it.class <> ${TURN} or ${groupOf('p')} = it.its_group))) p`

/** Of what is ready, or is to be as soon as it has its lane. */
const AHEAD = `with it as materialized (
    select j.queue, p.rank, p.due_at, p.seq, p.class, ${groupOf('p')} as its_group from millhand.jobs j join millhand.pending p using (seq)
    where j.id = $1 and p.waits in (1, 4)
  ) select count(*)::integer as ahead from (
    ${[1, LIMITED, REQUIRING_CLASS, TURN].map(beforeIt).join(' union all ')} limit ${AHEAD_MAX}) b`

export async function ahead(session: Session, id: string): Promise<number> {
  const [row] = await session.rows<{ ahead: number }>(AHEAD, id)
  return row?.ahead ?? 0
}

const ITS_RANK = `p.waits = 1 and p.class = ${TURN} and p.lane = l.id and p.rank = it.rank`

/** Groups are found by going through the index from one to the next. */
const ITS_TURN = `with it as materialized (
    select j.queue, p.rank, ${groupOf('p')} as its_group from millhand.jobs j join millhand.pending p using (seq)
    where j.id = $1 and p.waits = 1 and p.class = ${TURN} and p.turn_group is not null
  ), there as materialized (
    select g.name from it cross join lateral (select id from millhand.lanes where queue = it.queue) l cross join lateral (
      with recursive groups as (
        (select ${groupOf('p')} as name from millhand.pending p where ${ITS_RANK} order by 1 limit 1)
        union all
        select (select ${groupOf('p')} from millhand.pending p where ${ITS_RANK} and ${groupOf('p')} > b.name order by 1 limit 1)
          from groups b where b.name is not null
      ) select name from groups where name is not null limit ${GROUPS_COUNTED_MAX + 1}) g
  )
  select (select count(*) from (select from (select id from millhand.lanes where queue = it.queue) l cross join lateral (
      select from millhand.pending p where ${ITS_RANK} and ${groupOf('p')} = it.its_group) p limit ${AHEAD_MAX}) c)::integer as waiting,
    least(${GROUPS_COUNTED_MAX}, (select count(distinct name) from there) - 1)::integer as groups from it`

export async function turn(session: Session, id: string): Promise<GroupTurn | null> {
  const [row] = await session.rows<GroupTurn>(ITS_TURN, id)
  return row ?? null
}

const TALLY = `select j.queue, j.name, s.state, count(*) as count,
  min(s.due_at) filter (where s.state = 'pending' and s.worker is null and s.due_at <= ${NOW}) as "oldestDueAt",
  count(*) filter (where s.state = 'pending' and s.due_at > ${NOW}) as scheduled
  from millhand.jobs j join (${places(STANDING)}) s using (seq)
  group by j.queue, j.name, s.state order by j.queue, j.name, s.state`

export function tally(session: Session): Promise<Tally[]> {
  return session.at<Tally>(TALLY)
}

/** Where jobs in these states stand: only the tables that can hold them. */
function places(standing: Record<keyof typeof STANDING, string>, states?: readonly JobState[]): string {
  const wanted = (among: readonly JobState[]) => states?.some((state) => among.includes(state)) ?? true
  const parts = [
    ...(wanted(['pending']) ? [standing.pending] : []),
    ...(wanted(['pending', 'running']) ? [standing.claimed] : []),
    ...(wanted(['complete']) ? [standing.completed] : []),
    ...(wanted(FINAL_STATES) ? [standing.settled] : []),
  ]
  return parts.length === 0 ? `${STANDING.pending} where false` : parts.join(' union all ')
}

/**
 * Jobs with where they stand. From job to job, as they are asked for: most are complete, so that whoever looks for
 * those soon has enough. All others are few beside them, and are found by their state.
 */
function standing(states: readonly JobState[] | undefined, each: boolean): string {
  return each && (states?.includes('complete') ?? true)
    ? `cross join lateral (${places(STANDING_OF_JOB, states)}) s`
    : `join (${places(STANDING, states)}) s on s.seq = j.seq`
}

/** Each part of a filter with its condition; only those that are asked for are in the statement. */
function select(filter: JobFilter, wanted: 'each' | 'all'): { from: string; where: string; values: Value[] } {
  const values: Value[] = []
  const parts = [`${NOW} is not null`]
  const where = (sql: string, value: Value) => {
    values.push(value)
    parts.push(sql.replaceAll('?', `$${values.length + 1}`))
  }
  if (filter.states) where('s.state = any(?::text[])', filter.states)
  if (filter.names) where('j.name = any(?::text[])', filter.names)
  if (filter.queues) where('j.queue = any(?::text[])', filter.queues)
  if (filter.tag !== undefined) where('j.tags ~ ?', asElement(filter.tag))
  if (filter.key !== undefined) where('j.key = ?', filter.key)
  if (filter.group !== undefined) where(`${groupFor('j.limits')} = ?`, writeGroup(filter.group))
  if (filter.scheduled === true) parts.push(`s.due_at > ${NOW}`)
  if (filter.scheduled === false) parts.push(`s.due_at <= ${NOW}`)
  if (filter.createdAfterMs !== undefined) where('j.created_at >= ?::bigint', filter.createdAfterMs)
  if (filter.createdBeforeMs !== undefined) where('j.created_at < ?::bigint', filter.createdBeforeMs)
  if (filter.errorText !== undefined) where('d.errors ~ ?', inMessage(filter.errorText))
  for (const { path, value } of filter.input ?? []) {
    values.push(path)
    where(`millhand.input_at(j.input, $${values.length + 1}::text[]) = ?`, value)
  }
  const from = `from millhand.jobs j ${standing(filter.states, wanted === 'each')}
    left join millhand.details d on d.seq = j.seq`
  return { from, where: parts.join(' and '), values }
}

/**
 * A pattern for the JSON of the errors: the text within a message. As text, since PostgreSQL's JSON types refuse some
 * of what JSON allows. The quotes of whatever stands inside of another text are escaped, so that it cannot match.
 */
function inMessage(text: string): string {
  return `"message":"(?:[^"\\\\]|\\\\.)*?${literal(text)}`
}

/** A pattern for a list of texts as JSON: the text is one of them. What is no such list does not match it. */
function asElement(text: string): string {
  return `^\\s*\\[\\s*(?:"(?:[^"\\\\]|\\\\.)*"\\s*,\\s*)*"${literal(text)}"\\s*[],]`
}

/** The text as it stands in JSON, and as a pattern that means just that. */
function literal(text: string): string {
  const json = JSON.stringify(text).slice(1, -1)
  return json.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
