import { laneName } from '../../../job/lane-name.ts'
import type { ClaimedJob, Place } from '../../jobs.ts'
import type { Connection } from '../connection.ts'
import { atMost } from '../parameters.ts'
import { READY, READY_ALONE, READY_LIMITED, type ReadyKind, timelyAt } from '../pending.ts'
import { AT, COLUMNS, claimed, type Row, sizeOf } from './claimed.ts'
import { type LaneHead, laneHead } from './heads.ts'

/** Two at least: the second tells how far the first lane may be read before it is another's turn. */
const ROWS_MIN = 2

/** So few rows are read without asking how large they are. */
const ROWS_UNASKED = 8

interface Statements {
  readonly read: string
  /** How large what it reads is: the texts that may be, without reading them. */
  readonly size: string
}

const statements = (ready: string, start = ''): Statements => {
  const rows = `from millhand_jobs
    where ${ready} and lane = ?1 and ${timelyAt('?2')} ${start}
    order by priority desc, due_at, seq ${atMost('?3')} offset ?4 + 0`
  return {
    read: `select ${COLUMNS} ${rows}`,
    size: `select total(octet_length(input)) + total(octet_length(checkpoint)) + total(octet_length(context))
      + total(octet_length(errors)) as bytes from (select input, checkpoint, context, errors ${rows})`,
  }
}

const AFTER = 'and (priority < ?5 or (priority = ?5 and (due_at > ?6 or (due_at = ?6 and seq > ?7))))'

const FROM_TOP = {
  ready: statements(READY),
  alone: statements(READY_ALONE),
  limited: statements(READY_LIMITED),
}
const FROM_PLACE = {
  ready: statements(READY, AFTER),
  alone: statements(READY_ALONE, AFTER),
  limited: statements(READY_LIMITED, AFTER),
}

/** How the lanes of one claim are read. */
interface Reading {
  readonly connection: Connection
  readonly nowMs: number
  readonly after: Place | undefined
  /** Whether jobs may be passed over that another claim takes. */
  readonly leavesSome: boolean
  /** What they may still bring together. Where it is used up, each lane is read row by row. */
  bytesLeft: number
}

/** In which ways the jobs of a lane are ready in their order. */
export type LaneKind = Exclude<ReadyKind, 'turn'>

/** The jobs of one lane in order, read in pieces, as far as they are needed. */
export class LaneReader {
  readonly head: LaneHead
  readonly kind: LaneKind
  readonly #reading: Reading
  /** What is read and not taken, the next one last. */
  #rows: Row[] = []
  #rowsRead = 0
  #atEnd = false
  #last: Row | undefined
  /** No job of the lane that is not taken comes before this place. */
  place: Place

  constructor(head: LaneHead, kind: LaneKind, reading: Reading) {
    this.head = head
    this.kind = kind
    this.#reading = reading
    this.place = head
  }

  /** What the jobs of the lane require of a worker. */
  get requirements(): string {
    return this.head.requirements
  }

  /** Whether the next job is read; if it is not, there may be one. */
  get isRead(): boolean {
    return this.#rows.length > 0
  }

  /** Reads the next piece: `wanted` jobs, or as many as all pieces before it. */
  read(wanted: number): void {
    if (this.#atEnd) return
    const isSpent = this.#reading.bytesLeft <= 0
    const count = isSpent ? 1 : Math.max(ROWS_MIN, wanted, this.#rowsRead)
    const isWhole = this.#fits(count)
    const rows = isWhole ? this.#all(count) : this.#some(count)
    for (const row of rows) this.#reading.bytesLeft -= sizeOf(row)
    this.#rowsRead += rows.length
    this.#atEnd = rows.length < (isWhole ? count : 1)
    this.#rows = rows.reverse()
    this.#turnToNext()
  }

  /** The next job as it will be when it is taken, and how many bytes it brings. */
  take(): { job: ClaimedJob; size: number } {
    const row = this.#rows.pop() as Row
    this.#last = row
    this.#turnToNext()
    return { job: claimed(row, this.head, this.#reading.nowMs), size: sizeOf(row) }
  }

  /** The job that was taken last is not: it stays where it was. */
  leave(): void {
    if (this.#last) this.#rows.push(this.#last)
    this.#turnToNext()
  }

  /** The head of what is left when the taken jobs have gone; `undefined` where nothing is. */
  get rest(): LaneHead | undefined {
    const { leavesSome, after } = this.#reading
    const { lane, queue, name, requirements } = this.head
    if (leavesSome) return this.#rowsRead === 0 && this.#atEnd && !after ? undefined : this.head
    if (this.#atEnd && !this.isRead) return undefined
    const { priority, dueAt, seq } = this.place
    return laneHead([lane, queue, laneName(name, requirements), priority, dueAt, seq])
  }

  #turnToNext(): void {
    const next = this.#rows.at(-1)
    if (next) this.place = { seq: next[AT.seq], priority: next[AT.priority], dueAt: next[AT.dueAt] }
  }

  /** A few rows are as large as they are; of many it is asked first, since they could be hundreds of megabytes. */
  #fits(count: number): boolean {
    if (count <= ROWS_UNASKED) return true
    const { connection, bytesLeft } = this.#reading
    const size = connection.get<{ bytes: number }>(this.#statements.size, ...this.#values(count))
    return (size?.bytes ?? 0) <= bytesLeft
  }

  #all(count: number): Row[] {
    return this.#reading.connection.allLists(this.#statements.read, ...this.#values(count)) as Row[]
  }

  /** As many as the bytes allow, and one more. */
  #some(count: number): Row[] {
    const rows: Row[] = []
    let left = this.#reading.bytesLeft
    for (const row of this.#reading.connection.lists(this.#statements.read, ...this.#values(count))) {
      rows.push(row as Row)
      left -= sizeOf(row as Row)
      if (left < 0) break
    }
    return rows
  }

  get #statements(): Statements {
    return (this.#reading.after ? FROM_PLACE : FROM_TOP)[this.kind]
  }

  #values(count: number): number[] {
    const { nowMs, after } = this.#reading
    const start = after ? [after.priority, after.dueAt, after.seq] : []
    return [this.head.lane, nowMs, count, this.#rowsRead, ...start]
  }
}

/** Whether a job of the one place is claimed before one of the other. */
export function comesBefore(one: Place, other: Place): boolean {
  return (other.priority - one.priority || one.dueAt - other.dueAt || one.seq - other.seq) < 0
}
