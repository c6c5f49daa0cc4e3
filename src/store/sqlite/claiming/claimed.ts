import type { Care } from '../../../job/care.ts'
import type { ClaimedJob } from '../../jobs.ts'
import type { LaneHead } from './heads.ts'

/** What a claim reads of a job beside its lane, in the order of `Row`. */
export const COLUMNS = `seq, id, priority, due_at, key, tags, context, input, retries, timeout_ms, attempt, epoch, crashes, care,
  checkpoint, errors, created_at, expires_at, limits, deadline_at, asked_priority, asked_due_at`

export type Row = [
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
  limits: string | null,
  deadlineAt: number | null,
  askedPriority: number | null,
  askedDueAt: number | null,
]

/** Where each stands in a row: a row of names takes three times as long to read (see `Connection.lists`). */
export const AT = {
  seq: 0,
  id: 1,
  priority: 2,
  dueAt: 3,
  key: 4,
  tags: 5,
  context: 6,
  input: 7,
  retries: 8,
  timeoutMs: 9,
  attempt: 10,
  epoch: 11,
  crashes: 12,
  care: 13,
  checkpoint: 14,
  errors: 15,
  createdAt: 16,
  expiresAt: 17,
  limits: 18,
  deadlineAt: 19,
  askedPriority: 20,
  askedDueAt: 21,
} as const

/** As `bytesOf` has it. */
export function sizeOf(row: Row): number {
  const small = length(row[AT.key]) + length(row[AT.tags]) + length(row[AT.context])
  return small + length(row[AT.input]) + length(row[AT.checkpoint]) + length(row[AT.errors])
}

function length(text: string | null): number {
  return text === null ? 0 : text.length
}

/** The job of a row as it will be when it is taken and held. */
export function claimed(row: Row, { queue, name }: LaneHead, nowMs: number): ClaimedJob {
  return {
    seq: row[AT.seq],
    id: row[AT.id],
    name,
    queue,
    priority: row[AT.askedPriority] ?? row[AT.priority],
    dueAt: row[AT.askedDueAt] ?? row[AT.dueAt],
    key: row[AT.key],
    tags: row[AT.tags],
    context: row[AT.context],
    input: row[AT.input],
    retries: row[AT.retries],
    timeoutMs: row[AT.timeoutMs],
    attempt: row[AT.attempt] + 1,
    epoch: row[AT.epoch] + 1,
    crashes: row[AT.crashes],
    care: row[AT.care],
    checkpoint: row[AT.checkpoint],
    errors: row[AT.errors],
    createdAt: row[AT.createdAt],
    claimedAt: nowMs,
    begun: false,
    expiresAt: row[AT.expiresAt],
    limits: row[AT.limits],
    deadlineAt: row[AT.deadlineAt],
    rank: row[AT.askedDueAt] === null ? null : row[AT.priority],
    place: row[AT.askedDueAt] === null ? null : row[AT.dueAt],
  }
}
