import { CARE, type Care } from '../../../job/care.ts'
import type { Hold } from '../../../job/outcome.ts'
import { type ClaimedJob, compareJobs } from '../../jobs.ts'
import { JobReader, type JobRow, type Standing } from './job-row.ts'

/** `null` where each is that value, as in most rows. */
const unlessAll = (value: number, column: string): string =>
  `case when not (${value} = all(${column})) then ${column} end`

/** A row `h` of `claims` as JSON, in the order of `HoldTuple`. */
const HOLD = `json_build_array(h.id, h.call, h.begun, h.started_at, h.seqs, ${unlessAll(1, 'h.epochs')},
    ${unlessAll(1, 'h.attempts')}, ${unlessAll(0, 'h.crashes')}, h.dues, h.cares, h.expiries)`

/**
 * What a worker holds, as JSON: the rows of `claims` and, of jobs that stood in an order of their queue's own, where; given as
 * SQL, the latter with (seq, rank, due_at), unless nobody knows that any more. A thousand jobs stand in some sixteen rows: how
 * they stand is told by the row and not with each job, and the jobs are looked up all at once.
 */
export const takenIn = (holds: string, placed?: string): string => `json_build_object(
    'holds', (select json_agg(${HOLD}) from ${holds} h),
    'places', ${placed === undefined ? 'null' : `(select json_agg(json_build_array(seq, -rank, due_at)) from ${placed})`})`

type HoldTuple = readonly [
  ...[id: number, call: string, begun: boolean, startedAt: number, seqs: readonly number[]],
  ...[epochs: readonly number[] | null, attempts: readonly number[] | null],
  ...[crashes: readonly number[] | null, dues: readonly number[], cares: readonly Care[] | null],
  ...[expiries: readonly (number | null)[] | null],
]

/** What `takenIn` gives. */
export interface Taken {
  readonly holds: readonly HoldTuple[] | null
  readonly places: readonly (readonly [seq: number, rank: number, place: number])[] | null
}

interface GrowingHold extends Hold {
  readonly epochs: Map<number, number>
  readonly keyed: number[]
}

interface HeldStanding extends Standing {
  readonly hold: GrowingHold
}

/** How each job stands, by its number. */
function standingsIn({ holds, places }: Taken): ReadonlyMap<number, HeldStanding> {
  const standings = new Map<number, HeldStanding>()
  for (const tuple of holds ?? []) addStandings(standings, tuple)
  for (const [seq, rank, place] of places ?? []) {
    const standing = standings.get(seq)
    if (standing) standings.set(seq, { ...standing, rank, place })
  }
  return standings
}

function addStandings(standings: Map<number, HeldStanding>, tuple: HoldTuple): void {
  const [id, call, begun, claimedAt, seqs, epochs, attempts, crashes, dues, cares, expiries] = tuple
  const hold: GrowingHold = { id, call, epochs: new Map(), keyed: [] }
  for (let index = 0; index < seqs.length; index += 1) {
    const seq = seqs[index] as number
    const epoch = epochs?.[index] ?? 1
    hold.epochs.set(seq, epoch)
    standings.set(seq, {
      dueAt: dues[index] as number,
      attempt: attempts?.[index] ?? 1,
      epoch,
      crashes: crashes?.[index] ?? 0,
      care: cares?.[index] ?? CARE.none,
      expiresAt: expiries?.[index] ?? null,
      claimedAt,
      begun,
      hold,
      rank: null,
      place: null,
    })
  }
}

/** Jobs that a worker holds, in their order: here and not in the statement, where whole jobs would be sorted. */
export function toHeld(rows: readonly JobRow[], taken: Taken): ClaimedJob[] {
  const standings = standingsIn(taken)
  const reader = new JobReader()
  const jobs: ClaimedJob[] = []
  for (const row of rows) {
    const standing = standings.get(row[0])
    if (!standing) continue
    const job = reader.read(row, standing)
    if (job.key !== null) standing.hold.keyed.push(job.seq)
    jobs.push(job)
  }
  return jobs.sort(compareJobs)
}

/** The same of jobs that are known: those of them that it holds by now, as they stand. */
export function asHeld(jobs: readonly ClaimedJob[], taken: Taken): ClaimedJob[] {
  const standings = standingsIn(taken)
  return jobs.flatMap((job) => {
    const standing = standings.get(job.seq)
    if (!standing) return []
    if (job.key !== null) standing.hold.keyed.push(job.seq)
    return { ...job, ...standing }
  })
}

/** A job that has left what the store held it in: the others can still end as one. */
export function leaveHold(hold: Hold | undefined, seq: number): void {
  if (hold?.epochs instanceof Map) hold.epochs.delete(seq)
}
