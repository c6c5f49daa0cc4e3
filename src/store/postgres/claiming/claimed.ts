import { CARE, type Care } from '../../../job/care.ts'
import { type ClaimedJob, compareJobs } from '../../jobs.ts'
import { ASKED_DUE_AT } from '../order.ts'
import {
  detailsWhere,
  JOB_AT,
  type JobFields,
  JobReader,
  jobColumns,
  onlyBeside,
  type Standing,
} from './job-row.ts'

/** Where a job `p` stood in an order of its queue's own: as JSON. */
const PLACE = `case when p.asked_due_at is not null then json_build_array(-p.rank, p.due_at)::text end`

/** A pending job `p` as it would be if it were claimed now, with its job `j`: in the order of `ClaimRow`. */
export const CANDIDATE_COLUMNS = `${jobColumns(detailsWhere('p.detailed'))}, nullif(${ASKED_DUE_AT}, j.created_at),
  nullif(p.attempt, 0), nullif(p.epoch, 0), nullif(p.crashes, 0), nullif(p.care, 0), p.expires_at, (select now from clock), ${PLACE}`

/**
 * The job of a row `p`, by a look into the index for each: a plan that is kept may have been made when the tables were
 * empty, and must not read them whole when they are full. The limit keeps the planner from another way.
 */
export const WITH_JOB = `join lateral (select * from millhand.jobs where seq = p.seq limit 1) j on true`

/** A job, and how it would stand; `attempts` and `epochs` are those before this one. */
export type ClaimRow = readonly [
  ...JobFields,
  ...[dueAt: number | null, attempts: number | null, epochs: number | null, crashes: number | null],
  ...[care: Care | null, expiresAt: number | null, claimedAt: number, place: string | null],
]

/** Where each of these stands, behind the job. */
const AT = {
  dueAt: 16,
  attempts: 17,
  epochs: 18,
  crashes: 19,
  care: 20,
  expiresAt: 21,
  claimedAt: 22,
  place: 23,
} as const

/** A row in which there is no candidate, but a text beside. */
export const ONLY_BESIDE = onlyBeside(AT.place)

const NOWHERE: readonly [rank: null, place: null] = [null, null]

/** The jobs of a look, as if they were claimed. */
export function toCandidates(rows: readonly ClaimRow[]): ClaimedJob[] {
  const reader = new JobReader()
  return rows.map((row) => reader.read(row, standingOf(row))).sort(compareJobs)
}

function standingOf(row: ClaimRow): Standing {
  const place = row[AT.place]
  const [rank, at] = place === null ? NOWHERE : (JSON.parse(place) as [number, number])
  return {
    dueAt: row[AT.dueAt] ?? row[JOB_AT.createdAt],
    attempt: (row[AT.attempts] ?? 0) + 1,
    epoch: (row[AT.epochs] ?? 0) + 1,
    crashes: row[AT.crashes] ?? 0,
    care: row[AT.care] ?? CARE.none,
    expiresAt: row[AT.expiresAt],
    claimedAt: row[AT.claimedAt],
    begun: false,
    hold: undefined,
    rank,
    place: at,
  }
}
