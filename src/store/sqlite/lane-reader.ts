import type { Care } from '../../job/interruption.ts'
import type { ClaimedJob, Place } from '../jobs.ts'
import type { Connection } from './connection.ts'
import type { LaneHead } from './heads.ts'
import { READY, READY_ALONE } from './rows.ts'

/** Two at least: the second tells how far the first lane may be read before it is another's turn. */
const ROWS_MIN = 2

/** What a claim reads of a job beside its lane, in the order of `Row`. */
const COLUMNS = `seq, id, priority, due_at, key, tags, context, input, retries, timeout_ms, attempt, epoch, crashes, care,
  checkpoint, errors, created_at, expires_at`

type Row = [
  seq: number,
  id: string,
  priority: number,
  dueAt: number,
  key: string | null,
  tags: string | null,
  context: string | null,
  input: string,
  retries: number,
  timeoutMs: number | null,
  attempt: number,
  epoch: number,
  crashes: number,
  care: Care,
  checkpoint: string | null,
  errors: string | null,
  createdAt: number,
  expiresAt: number | null,
]

const read = (ready: string, start = '') => `select ${COLUMNS} from millhand_jobs
  where ${ready} and lane = ?1 and (expires_at is null or expires_at > ?2) ${start}
  order by priority desc, due_at, seq limit ?3 offset ?4`

const AFTER = 'and (priority < ?5 or (priority = ?5 and (due_at > ?6 or (due_at = ?6 and seq > ?7))))'

const READ = read(READY)
const READ_AFTER = read(READY, AFTER)
const READ_ALONE = read(READY_ALONE)
const READ_ALONE_AFTER = read(READY_ALONE, AFTER)

interface Reading {
  readonly alone: boolean
  readonly nowMs: number
  readonly after: Place | undefined
}

/** The jobs of one lane in order, read in pieces, as far as they are needed. */
export class LaneReader {
  readonly #connection: Connection
  readonly #head: LaneHead
  readonly #reading: Reading
  /** What is read and not taken, the next one last. */
  #rows: Row[] = []
  #rowsRead = 0
  #atEnd = false
  /** No job of the lane that is not taken comes before this place. */
  place: Place

  constructor(connection: Connection, head: LaneHead, reading: Reading) {
    this.#connection = connection
    this.#head = head
    this.#reading = reading
    this.place = head
  }

  /** Whether the next job is read; if it is not, there may be one. */
  get isRead(): boolean {
    return this.#rows.length > 0
  }

  /** Reads the next piece: `wanted` jobs, or as many as all pieces before it, of not much more than `bytesLeft`. */
  read(wanted: number, bytesLeft: number): void {
    if (this.#atEnd) return
    const count = Math.max(ROWS_MIN, wanted, this.#rowsRead)
    const rows: Row[] = []
    let bytes = 0
    for (const row of this.#lists(count)) {
      rows.push(row)
      bytes += sizeOf(row)
      if (bytes > bytesLeft) break
    }
    this.#rowsRead += rows.length
    this.#atEnd = rows.length < count && bytes <= bytesLeft
    this.#rows = rows.reverse()
    this.#turnToNext()
  }

  /** The next job as it will be when it is taken, and how many bytes it brings. */
  take(): { job: ClaimedJob; size: number } {
    const row = this.#rows.pop() as Row
    this.#turnToNext()
    return { job: claimed(row, this.#head, this.#reading.nowMs), size: sizeOf(row) }
  }

  #turnToNext(): void {
    const next = this.#rows.at(-1)
    if (next) this.place = { seq: next[0], priority: next[2], dueAt: next[3] }
  }

  #lists(count: number): Iterable<Row> {
    const { alone, nowMs, after } = this.#reading
    const values = [this.#head.lane, nowMs, count, this.#rowsRead]
    const start = after ? [after.priority, after.dueAt, after.seq] : []
    const sql = alone ? (after ? READ_ALONE_AFTER : READ_ALONE) : after ? READ_AFTER : READ
    return this.#connection.lists(sql, ...values, ...start) as Iterable<unknown> as Iterable<Row>
  }
}

/** Whether a job of the one place is claimed before one of the other. */
export function comesBefore(one: Place, other: Place): boolean {
  return (other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq) < 0
}

/** As `bytesOf` has it. */
function sizeOf(row: Row): number {
  return length(row[4]) + length(row[5]) + length(row[6]) + row[7].length + length(row[14]) + length(row[15])
}

function length(text: string | null): number {
  return text === null ? 0 : text.length
}

/** The job of a row as it will be when it is taken and held. */
function claimed(row: Row, { queue, name }: LaneHead, nowMs: number): ClaimedJob {
  return {
    seq: row[0],
    id: row[1],
    name,
    queue,
    priority: row[2],
    dueAt: row[3],
    key: row[4],
    tags: row[5],
    context: row[6],
    input: row[7],
    retries: row[8],
    timeoutMs: row[9],
    attempt: row[10] + 1,
    epoch: row[11] + 1,
    crashes: row[12],
    care: row[13],
    checkpoint: row[14],
    errors: row[15],
    createdAt: row[16],
    claimedAt: nowMs,
    begun: false,
    expiresAt: row[17],
  }
}
