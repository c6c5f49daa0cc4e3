import type { ClaimedJob } from '../../jobs.ts'

/** Where the errors and the checkpoint of a job `j` are found. */
interface Details {
  readonly errors: string
  readonly checkpoint: string
}

/**
 * What is told of a job `j`, in the order of `JobRow`. What is as in most jobs is `null`: of each value that is sent, server and
 * worker make a text, and of a job of a few bytes these texts are most of what a claim costs.
 */
export const jobColumns = ({ errors, checkpoint }: Details): string => `j.seq, j.id, j.name, j.queue,
  nullif(j.priority, 0), j.key, j.tags, j.context, j.input, j.retries, j.timeout_ms, j.created_at, j.deadline_at,
  ${errors}, ${checkpoint}, j.limits`

/** Looked up of those alone that have any, as `which` says in SQL. */
export function detailsWhere(which: string): Details {
  const detail = (column: string) =>
    `case when ${which} then (select ${column} from millhand.details where seq = j.seq) end`
  return { errors: detail('errors'), checkpoint: detail('checkpoint') }
}

/** The columns of `jobColumns`. */
export type JobFields = readonly [
  ...[seq: number, id: string, name: string, queue: string, priority: number | null, key: string | null],
  ...[tags: string | null, context: string | null, input: string, retries: number, timeoutMs: number | null],
  ...[createdAt: number, deadlineAt: number | null, errors: string | null, checkpoint: string | null],
  ...[limits: string | null],
]

/** A row with a job, and with whatever is told behind it. */
export type JobRow = readonly [...JobFields, ...unknown[]]

/** Where each of them stands. */
export const JOB_AT = {
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
} as const

/** Columns of a job: what is told behind it begins there. */
export const JOB_WIDTH = 16

/** A row in which there is no job, but a text behind so many columns. */
export const onlyBeside = (width: number): string => `select ${Array(width).fill('null').join(', ')}`

/** What is not of the job itself, but of how it stands with a worker. */
export type Standing = Pick<
  ClaimedJob,
  | 'dueAt'
  | 'attempt'
  | 'epoch'
  | 'crashes'
  | 'care'
  | 'expiresAt'
  | 'claimedAt'
  | 'begun'
  | 'hold'
  | 'rank'
  | 'place'
>

/** Reads the jobs of one answer. */
export class JobReader {
  readonly #name = oneText()
  readonly #queue = oneText()

  /** Nothing is spread here: see `attemptOf`. */
  read(row: JobRow, standing: Standing): ClaimedJob {
    return {
      seq: row[JOB_AT.seq],
      id: row[JOB_AT.id],
      name: this.#name(row[JOB_AT.name]),
      queue: this.#queue(row[JOB_AT.queue]),
      priority: row[JOB_AT.priority] ?? 0,
      key: row[JOB_AT.key],
      tags: row[JOB_AT.tags],
      context: row[JOB_AT.context],
      input: row[JOB_AT.input],
      retries: row[JOB_AT.retries],
      timeoutMs: row[JOB_AT.timeoutMs],
      createdAt: row[JOB_AT.createdAt],
      errors: row[JOB_AT.errors],
      checkpoint: row[JOB_AT.checkpoint],
      limits: row[JOB_AT.limits],
      dueAt: standing.dueAt,
      attempt: standing.attempt,
      epoch: standing.epoch,
      crashes: standing.crashes,
      care: standing.care,
      expiresAt: standing.expiresAt,
      deadlineAt: row[JOB_AT.deadlineAt],
      claimedAt: standing.claimedAt,
      begun: standing.begun,
      hold: standing.hold,
      rank: standing.rank,
      place: standing.place,
    }
  }
}

/** Gives for a text like the last one that one itself: most jobs of an answer have one name, which is hashed once then. */
function oneText(): (text: string) => string {
  let last = ''
  return (text) => {
    if (text !== last) last = text
    return last
  }
}
