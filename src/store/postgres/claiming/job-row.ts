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

/** Columns of a job. */
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
      seq: row[0],
      id: row[1],
      name: this.#name(row[2]),
      queue: this.#queue(row[3]),
      priority: row[4] ?? 0,
      key: row[5],
      tags: row[6],
      context: row[7],
      input: row[8],
      retries: row[9],
      timeoutMs: row[10],
      createdAt: row[11],
      errors: row[13],
      checkpoint: row[14],
      limits: row[15],
      dueAt: standing.dueAt,
      attempt: standing.attempt,
      epoch: standing.epoch,
      crashes: standing.crashes,
      care: standing.care,
      expiresAt: standing.expiresAt,
      deadlineAt: row[12],
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
