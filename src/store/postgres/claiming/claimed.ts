import type { Care } from '../../../job/care.ts'
import type { Hold } from '../../../job/outcome.ts'
import type { ClaimedJob } from '../../jobs.ts'

/** What stands in a claimed job, in the order of `ClaimRow`. */
export const JOB_COLUMNS = `j.seq, j.id, j.name, j.queue, j.priority, j.key, j.tags, j.context, j.input, j.retries,
  j.timeout_ms, j.created_at, d.errors, d.checkpoint`

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
  ...[createdAt: number, errors: string | null, checkpoint: string | null, dueAt: number, attempt: number],
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

/** A row in which there is no job, but a text beside it. */
export const ONLY_BESIDE = `select ${Array(23).fill('null').join(', ')}`

const [EPOCH, HOLD, BESIDE] = [16, 22, 23] as const

/** What stands beside a job, or in a row without one. */
export function besideIn(row: ClaimRow | undefined): string {
  return row?.[BESIDE] ?? ''
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
    const id = row[HOLD]
    if (id === null) return undefined
    const hold: GrowingHold = holds.get(id) ?? { id, call: callOf(row), epochs: new Map(), keyed: [] }
    hold.epochs.set(row[0], row[EPOCH])
    if (row[5] !== null) hold.keyed.push(row[0])
    holds.set(id, hold)
    return hold
  }
  return rows.map((row) => toJob(row, holdOf(row))).sort(inOrder)
}

/** A job that has left what the store held it in: the others can still end as one. */
export function leaveHold(hold: Hold | undefined, seq: number): void {
  if (hold?.epochs instanceof Map) hold.epochs.delete(seq)
}

function inOrder(one: ClaimedJob, other: ClaimedJob): number {
  return other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq
}

function toJob(row: ClaimRow, hold: Hold | undefined): ClaimedJob {
  return {
    seq: row[0],
    id: row[1],
    name: row[2],
    queue: row[3],
    priority: row[4],
    key: row[5],
    tags: row[6],
    context: row[7],
    input: row[8],
    retries: row[9],
    timeoutMs: row[10],
    createdAt: row[11],
    errors: row[12],
    checkpoint: row[13],
    dueAt: row[14],
    attempt: row[15],
    epoch: row[16],
    crashes: row[17],
    care: row[18],
    expiresAt: row[19],
    claimedAt: row[20],
    begun: row[21],
    hold,
  }
}
