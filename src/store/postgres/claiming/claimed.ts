import type { Care } from '../../../job/care.ts'
import type { Hold } from '../../../job/outcome.ts'
import { type ClaimedJob, compareJobs } from '../../jobs.ts'

/** What stands in a claimed job, in the order of `ClaimRow`. */
export const JOB_COLUMNS = `j.seq, j.id, j.name, j.queue, j.priority, j.key, j.tags, j.context, j.input, j.retries,
  j.timeout_ms, j.created_at, j.deadline_at, d.errors, d.checkpoint, j.limits`

/**
 * The job of a row `p`, by a look into the index for each: a plan that is kept may have been made when the tables were
 * empty, and must not read them whole when they are full. The limits keep the planner from another way.
 */
export const WITH_JOB = `join lateral (select * from millhand.jobs where seq = p.seq limit 1) j on true
  left join lateral (
    select errors, checkpoint from millhand.details where p.detailed and seq = p.seq limit 1
  ) d on true`

/** The columns of `JOB_COLUMNS` and those behind them; beside them the call, or what the statement has to say. */
export type ClaimRow = readonly [
  ...[seq: number, id: string, name: string, queue: string, priority: number, key: string | null],
  ...[tags: string | null, context: string | null, input: string, retries: number, timeoutMs: number | null],
  ...[createdAt: number, deadlineAt: number | null, errors: string | null],
  ...[checkpoint: string | null, limits: string | null],
  ...[dueAt: number, attempt: number],
  ...[
    epoch: number,
    crashes: number,
    care: Care,
    expiresAt: number | null,
    claimedAt: number,
    begun: boolean,
  ],
  ...[hold: number | null, beside: string | null],
]

/** Where each stands in a row. */
const AT = {
  seq: 0,
  id: 1,
  name: 2,
  queue: 3,
  priority: 4,
  key: 5,
  tags: 6,
  context: 7,
  input: 8,
  retries: 9,
  timeoutMs: 10,
  createdAt: 11,
  deadlineAt: 12,
  errors: 13,
  checkpoint: 14,
  limits: 15,
  dueAt: 16,
  attempt: 17,
  epoch: 18,
  crashes: 19,
  care: 20,
  expiresAt: 21,
  claimedAt: 22,
  begun: 23,
  hold: 24,
  beside: 25,
} as const

/** Where a job `p` stood in an order of its queue's own, beside it: as JSON, so that it is no name of a call. */
export const PLACE = `case when p.asked_due_at is not null then json_build_array(-p.rank, p.due_at)::text end`

/** A row in which there is no job, but a text beside it. */
export const ONLY_BESIDE = `select ${Array(AT.beside).fill('null').join(', ')}`

/** What stands beside a job, or in a row without one. */
export function besideIn(row: ClaimRow | undefined): string {
  return row?.[AT.beside] ?? ''
}

interface GrowingHold extends Hold {
  readonly epochs: Map<number, number>
  readonly keyed: number[]
}

/**
 * The jobs of one answer in their order, each with what it is held in: an answer brings all jobs of each. Here and not
 * in the statement: there, whole jobs would be sorted.
 */
export function toClaimed(rows: readonly ClaimRow[], callOf: (row: ClaimRow) => string): ClaimedJob[] {
  const holds = new Map<number, GrowingHold>()
  const holdOf = (row: ClaimRow): GrowingHold | undefined => {
    const id = row[AT.hold]
    if (id === null) return undefined
    const hold: GrowingHold = holds.get(id) ?? { id, call: callOf(row), epochs: new Map(), keyed: [] }
    hold.epochs.set(row[AT.seq], row[AT.epoch])
    if (row[AT.key] !== null) hold.keyed.push(row[AT.seq])
    holds.set(id, hold)
    return hold
  }
  return rows.map((row) => toJob(row, holdOf(row))).sort(compareJobs)
}

/** A job that has left what the store held it in: the others can still end as one. */
export function leaveHold(hold: Hold | undefined, seq: number): void {
  if (hold?.epochs instanceof Map) hold.epochs.delete(seq)
}

function standingIn(row: ClaimRow): Pick<ClaimedJob, 'rank' | 'place'> {
  const beside = row[AT.beside]
  if (!beside?.startsWith('[')) return { rank: null, place: null }
  const [rank, place] = JSON.parse(beside) as [number, number]
  return { rank, place }
}

function toJob(row: ClaimRow, hold: Hold | undefined): ClaimedJob {
  return {
    seq: row[AT.seq],
    id: row[AT.id],
    name: row[AT.name],
    queue: row[AT.queue],
    priority: row[AT.priority],
    key: row[AT.key],
    tags: row[AT.tags],
    context: row[AT.context],
    input: row[AT.input],
    retries: row[AT.retries],
    timeoutMs: row[AT.timeoutMs],
    createdAt: row[AT.createdAt],
    errors: row[AT.errors],
    checkpoint: row[AT.checkpoint],
    limits: row[AT.limits],
    dueAt: row[AT.dueAt],
    attempt: row[AT.attempt],
    epoch: row[AT.epoch],
    crashes: row[AT.crashes],
    care: row[AT.care],
    expiresAt: row[AT.expiresAt],
    deadlineAt: row[AT.deadlineAt],
    claimedAt: row[AT.claimedAt],
    begun: row[AT.begun],
    hold,
    ...standingIn(row),
  }
}
