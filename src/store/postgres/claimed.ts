import type { Hold } from '../../job/outcome.ts'
import type { ClaimedJob } from '../jobs.ts'

/** What stands in a claimed job, in the order of `ClaimRow`. */
export const JOB_COLUMNS = `j.seq, j.id, j.name, j.queue, j.priority, j.key, j.tags, j.context, j.input, j.retries,
  j.timeout_ms, j.created_at, d.errors, d.checkpoint`

/** The columns of `JOB_COLUMNS` and those behind them; beside them the call, and what has become ready. */
export type ClaimRow = readonly [
  ...[seq: number, id: string, name: string, queue: string, priority: number, key: string | null],
  ...[tags: string | null, context: string | null, input: string, retries: number, timeoutMs: number | null],
  ...[createdAt: number, errors: string | null, checkpoint: string | null, dueAt: number, attempt: number],
  ...[epoch: number, crashes: number, startedAt: number, hold: number | null, call?: string | null],
  ...[last?: string | null, best?: string | null],
]
const [CLAIMED_AT, HOLD, CALL, LAST, BEST] = [18, 19, 20, 21, 22] as const

/** What a look has made ready, if anything: the last of it in the order of the due times, and the best of it. */
export function promotedIn([row]: readonly ClaimRow[]) {
  if (!row?.[LAST] || !row[BEST]) return undefined
  const [dueAt, seq] = JSON.parse(row[LAST]) as [number, number]
  const [priority, bestDueAt, bestSeq] = JSON.parse(row[BEST]) as [number, number, number]
  return { last: { dueAt, seq }, best: { priority, dueAt: bestDueAt, seq: bestSeq } }
}

/** When it was looked. */
export function atMs([row]: readonly ClaimRow[]): number {
  return row?.[CLAIMED_AT] ?? 0
}

export function besideCall(row: ClaimRow): string {
  return String(row[CALL])
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
    hold.epochs.set(row[0], row[16])
    if (row[5] !== null) hold.keyed.push(row[0])
    holds.set(id, hold)
    return hold
  }
  return rows.map((row) => toJob(row, holdOf(row))).sort(inOrder)
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
    startedAt: row[18],
    expiresAt: null,
    hold,
  }
}
